using System.Collections.Generic;
using System.Linq;
using KnDsl.Language.Diagnostics;
using KnDsl.Language.Operations.Contract;
using KnDsl.Language.Values;

namespace KnDsl.Language.Operations;

/// <summary>Removes a dimension of size 1 (torch.squeeze).</summary>
internal sealed class Squeeze : Operation
{
    public override string Name => "squeeze";

    public override bool KeepsLearned => true;

    public override string Summary => "Removes a dimension of size 1 (torch.squeeze).";

    public override string Example => "y = x -> avgpool(global) -> squeeze(3) -> squeeze(2)";

    private static readonly IntegerParameter Axis =
        new("axis", "The dimension; negative ones count from the end.") { IsKnownInFile = true };

    public override IReadOnlyList<OperationParameter> Parameters { get; } = [Axis];

    public override string ShapeRule => "the dimension is removed";

    public override string MomentRule =>
        "unchanged; if the channels are removed, every position of the next dimension has their moments";

    public override bool PassesState(OperationCall call) =>
        Axes.Resolve(call, Axis) is { } axis && (axis > 1 || axis == 1 && call.Input.Rank > 2);

    public override OutputNumbers Numbers(OperationCall call) => OutputNumbers.OfInputs;

    public override Shape? Infer(OperationCall call)
    {
        if (Axes.Resolve(call, Axis) is not { } axis)
            return null;
        return call.Require(call.Input[axis], 1, () => DiagnosticCatalogue.ArgumentRange(
            call.PlaceOf(Axis), Name, "axis", "a dimension of size 1", $"{call.Input[axis]} in {call.Input}"))
            ? new Shape(call.Input.Sizes.Where((_, i) => i != axis))
            : null;
    }

    public override Computation Compute(OperationCall call) => Method("squeeze", call.Get(Axis));

    public override MomentStep Moments(OperationCall call) => Pass("Squeeze", call.Get(Axis));
}
