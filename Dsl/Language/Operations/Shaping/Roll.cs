using System.Collections.Generic;
using System.Linq;
using KnDsl.Language.Diagnostics;
using KnDsl.Language.Operations.Contract;
using KnDsl.Language.Values;

namespace KnDsl.Language.Operations;

/// <summary>Moves elements along dimensions, those that leave at one end coming in at the other (torch.roll).</summary>
internal sealed class Roll : Operation
{
    public override string Name => "roll";

    public override string Summary => "Moves elements along dimensions; what leaves at one end comes in at the other (torch.roll).";

    public override string Example => "y = x -> roll([-3, -3], axes: [2, 3])";

    public override IReadOnlyList<OperationParameter> Parameters { get; } =
    [
        new("shifts", ParameterKind.Amounts, "How far, for each of the dimensions."),
        new("axes", ParameterKind.Amounts, "The dimensions; negative ones count from the end."),
    ];

    public override string ShapeRule => "any shape, unchanged";

    public override string? MomentRule => "unchanged, unless channels move: that cuts the chain";

    private static IReadOnlyList<Size> Numbers(OperationCall call, string name) => call.Argument(name) is SizeValue one ? [one.Size] : call.List(name);

    public override bool PassesState(OperationCall call) => Numbers(call, "axes").All(axis => axis.Value is { } value && (value < 0 ? value + call.Input.Rank : value) > 1);

    public override Shape? Infer(OperationCall call)
    {
        var (shifts, axes) = (Numbers(call, "shifts"), Numbers(call, "axes"));
        if (shifts.Count != axes.Count)
        {
            call.Report(DiagnosticCatalogue.ArgumentType(call.PlaceOf("axes"), Name, "axes",
                $"as many as shifts, {shifts.Count}", axes.Count.ToString()));
            return null;
        }
        return axes.All(axis => Axes.Resolve(call, "axes", axis) is not null) ? call.Input : null;
    }

    public override string Forward(OperationCall call, CodeContext code, string module, IReadOnlyList<string> inputs) =>
        $"{inputs[0]}.roll([{string.Join(", ", Numbers(call, "shifts").Select(code.Of))}], [{string.Join(", ", Numbers(call, "axes").Select(code.Of))}])";
}
