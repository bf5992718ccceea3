using System.Collections.Generic;
using KnDsl.Language.Diagnostics;
using KnDsl.Language.Operations.Contract;
using KnDsl.Language.Values;

namespace KnDsl.Language.Operations;

/// <summary>Takes a range of a dimension (a slice of torch, x[:, 0:64]).</summary>
internal sealed class Slice : Operation
{
    public override string Name => "slice";

    public override string Summary => "Takes a range of a dimension, by default of the channels (x[:, start:end:step] in torch).";

    public override string Example => "half = x -> slice(0, x.channels / 2)";

    public override IReadOnlyList<OperationParameter> Parameters { get; } =
    [
        new("start", ParameterKind.Integer, "First position taken.", Minimum: 0),
        new("end", ParameterKind.Integer, "Position behind the last one taken.", Minimum: 0),
        new("axis", ParameterKind.Integer, "The dimension.", "1"),
        new("step", ParameterKind.Integer, "From one position taken to the next.", "1", Minimum: 1),
    ];

    public override string ShapeRule => "the dimension becomes end - start, divided by step and rounded up";

    public override string MomentRule => "the moments of the channels taken; of positions taken unchanged; of samples it cuts the chain";

    public override bool PassesState(OperationCall call) => Axes.Resolve(call, "axis", call.Integer("axis")) is > 0;

    public override Shape? Infer(OperationCall call)
    {
        if (Axes.Resolve(call, "axis", call.Integer("axis")) is not { } axis)
            return null;
        var (start, end) = (call.Integer("start"), call.Integer("end"));
        if ((end - start).Maximum() is > 0 or null && (call.Input[axis] - end).Maximum() is >= 0 or null)
            return call.Input.With(axis, Size.FloorDivide(end - start + call.Integer("step") - 1, call.Integer("step")));
        call.Report(DiagnosticCatalogue.Range(call.Place, Name, $"{start} to {end}", call.Input[axis].ToString()));
        return null;
    }

    public override string Forward(OperationCall call, CodeContext code, string module, IReadOnlyList<string> inputs) =>
        $"{inputs[0]}.slice({code.Of(call.Integer("axis"))}, {code.Of(call.Integer("start"))}, {code.Of(call.Integer("end"))}, {code.Of(call.Integer("step"))})";

    public override string Propagate(OperationCall call, CodeContext code, string module, IReadOnlyList<string> states, string output) =>
        $"{states[0]}?.Pass(new SliceRule({code.Of(call.Integer("axis"))}, {code.Of(call.Integer("start"))}, {code.Of(call.Integer("end"))}, {code.Of(call.Integer("step"))}), {output})";
}
