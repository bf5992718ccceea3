using System.Collections.Generic;
using System.Linq;
using KnDsl.Language.Diagnostics;
using KnDsl.Language.Operations.Contract;
using KnDsl.Language.Values;

namespace KnDsl.Language.Operations;

/// <summary>Takes one position of a dimension, which is left out then (torch.select, x[:, 0]).</summary>
internal sealed class Select : Operation
{
    public override string Name => "select";

    public override string Summary => "Takes one position of a dimension, which is left out then (torch.select; x[:, 0] is select(0)): a class token, say.";

    public override string Example => "y = tokens -> select(0) -> head: linear(1000)";

    public override IReadOnlyList<OperationParameter> Parameters { get; } =
    [
        new("index", ParameterKind.Integer, "The position; negative ones count from the end."),
        new("axis", ParameterKind.Integer, "The dimension.", "1"),
    ];

    public override string ShapeRule => "the dimension is left out";

    public override string? MomentRule => "unchanged where the channels stay in their place; else the chain is cut";

    public override bool PassesState(OperationCall call) => call.Integer("axis").Value is { } axis && (axis < 0 ? axis + call.Input.Rank : axis) > 1;

    public override Shape? Infer(OperationCall call)
    {
        if (Axes.Resolve(call, "axis", call.Integer("axis")) is not { } axis)
            return null;
        if (axis == 0)
        {
            call.Report(DiagnosticCatalogue.ArgumentRange(call.PlaceOf("axis"), Name, "axis", "a dimension behind the batch", "0"));
            return null;
        }
        var (index, size) = (call.Integer("index"), call.Input[axis]);
        var room = index.Value < 0 ? size + index : size - index - 1;
        if (room.Maximum() is < 0)
        {
            call.Report(DiagnosticCatalogue.Position(call.PlaceOf("index"), Name, index.ToString(), size.ToString()));
            return null;
        }
        return new Shape(call.Input.Sizes.Where((_, i) => i != axis));
    }

    public override string Forward(OperationCall call, CodeContext code, string module, IReadOnlyList<string> inputs) =>
        $"{inputs[0]}.select({code.Of(call.Integer("axis"))}, {code.Of(call.Integer("index"))})";

    public override string Propagate(OperationCall call, CodeContext code, string module, IReadOnlyList<string> states, string output) =>
        $"{states[0]}?.Pass(new SelectRule({code.Of(call.Integer("axis"))}, {code.Of(call.Integer("index"))}), {output})";
}
