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

    public override bool KeepsLearned => true;

    public override string Summary =>
        "Takes one position of a dimension and removes the dimension (torch.select; x[:, 0] is select(0)): for example a class token.";

    public override string Example => "y = tokens -> select(0) -> head: linear(1000)";

    private static readonly IntegerParameter Index = new("index", "The position; negative ones count from the end.");
    private static readonly IntegerParameter Axis = new("axis", "The dimension.", 1) { IsKnownInFile = true };

    public override IReadOnlyList<OperationParameter> Parameters { get; } = [Index, Axis];

    public override string ShapeRule => "the dimension is removed";

    public override string MomentRule =>
        "unchanged; of a channel, its moments for all positions of the dimension that takes the channels' place, and none where there is "
        + "none";

    public override bool PassesState(OperationCall call) => Axes.Resolve(call, Axis) is > 1 || call.Input.Rank > 2;

    public override OutputNumbers Numbers(OperationCall call) => OutputNumbers.OfInputs;

    public override Shape? Infer(OperationCall call)
    {
        if (Axes.Resolve(call, Axis) is not { } axis)
            return null;
        var isLearned = call.Inputs[0].IsLearned;
        if (axis == 0 && !(isLearned && call.Input.Rank > 1))
        {
            call.Report(DiagnosticCatalogue.ArgumentRange(call.PlaceOf(Axis), Name, "axis", "a dimension after the batch", "0")
                .WithHint(isLearned ? "No tensor is without dimensions: write slice(0, 1, axis: 0) for the first number." : null));
            return null;
        }
        var (index, size) = (call.Get(Index), call.Input[axis]);
        Diagnostic Outside() => DiagnosticCatalogue.Position(call.PlaceOf(Index), Name, index.ToString(), size.ToString());
        if (!(index.Value < 0 ? call.RequireAtMost(-size, Outside, index) : call.RequireAtMost(index, Outside, size - 1)))
            return null;
        // An index that is not known may be negative, and counts from the end then.
        if (!index.IsConstant)
            call.RequireAtLeast(index, -size, Outside);
        return new Shape(call.Input.Sizes.Where((_, i) => i != axis));
    }

    public override Computation Compute(OperationCall call) => Function("kndsl.select", Input(), call.Get(Axis), call.Get(Index));

    public override MomentStep Moments(OperationCall call) => Pass("Select", call.Get(Axis), call.Get(Index));
}
