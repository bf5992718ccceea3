using System.Collections.Generic;
using System.Linq;
using KnDsl.Language.Diagnostics;
using KnDsl.Language.Operations.Contract;
using KnDsl.Language.Values;

namespace KnDsl.Language.Operations;

/// <summary>Joins dimensions into one (torch.nn.Flatten).</summary>
internal sealed class Flatten : Operation
{
    public override string Name => "flatten";

    public override string Summary => "Joins dimensions into one, by default all but the batch (torch.nn.Flatten).";

    public override string Example => "y = x -> avgpool(global) -> flatten -> linear(10)";

    public override IReadOnlyList<OperationParameter> Parameters { get; } =
    [
        new("start", ParameterKind.Integer, "First dimension joined; negative ones count from the end.", "1"),
        new("end", ParameterKind.Integer, "Last dimension joined; negative ones count from the end.", "-1"),
    ];

    public override string ShapeRule => "[N, C, H, W] -> [N, C H W]";

    public override string MomentRule => "each position keeps its channel's moments";

    public override Shape? Infer(OperationCall call)
    {
        if (Axis(call, "start", 1) is not { } start || Axis(call, "end", -1) is not { } end)
            return null;
        if (start > end)
        {
            call.Report(DiagnosticCatalogue.ArgumentRange(call.PlaceOf("start"), Name, "start", $"at most the end, {end}", start.ToString()));
            return null;
        }
        var joined = call.Input.Sizes.Skip(start).Take(end - start + 1).Aggregate((a, b) => a * b);
        return new Shape([.. call.Input.Sizes.Take(start), joined, .. call.Input.Sizes.Skip(end + 1)]);
    }

    private static int? Axis(OperationCall call, string name, int otherwise) => Axes.Resolve(call, name, call.Integer(name, Size.Of(otherwise)));

    private static string Arguments(OperationCall call, CodeContext code) =>
        $"{code.Of(call.Integer("start"))}{(call.Has("end") ? ", " + code.Of(call.Integer("end")) : "")}";

    public override string Forward(OperationCall call, CodeContext code, string module, IReadOnlyList<string> inputs) =>
        $"{inputs[0]}.flatten({Arguments(call, code)})";

    public override string Propagate(OperationCall call, CodeContext code, string module, IReadOnlyList<string> states, string output) =>
        $"{states[0]}?.Pass(new FlattenRule({Arguments(call, code)}), {output})";
}
