using System.Collections.Generic;
using System.Linq;
using KnDsl.Language.Diagnostics;
using KnDsl.Language.Operations.Contract;
using KnDsl.Language.Values;

namespace KnDsl.Language.Operations;

/// <summary>A tensor's dimensions taken together: mean, sum, maximum (torch.mean, torch.sum, torch.amax).</summary>
/// <param name="torch">The tensor's method.</param>
/// <param name="rule">The moment rule.</param>
internal sealed class Reduction(string name, string title, string torch, string rule, string momentRule) : Operation
{
    // Before the operations themselves, which take them while they are made.
    private static readonly AmountsParameter Axes =
        new("axes", "Dimensions; negative ones count from the end.") { IsVariadic = true, IsKnownInFile = true, Each = "dimension" };
    private static readonly FlagParameter Keep = new("keep", "Whether they are kept, with size 1.", false) { IsKnownInFile = true };

    public static readonly Reduction Mean = new(
        "mean", "Mean", "mean", "MeanReduction", "mean; variance / positions; over channels, those of their average");
    public static readonly Reduction Sum = new(
        "sum", "Sum", "sum", "SumReduction", "mean and variance times positions; over channels, those of their average");
    public static readonly Reduction Max = new(
        "max", "Maximum", "amax", "MaxReduction",
        "the first two moments of the maximum of independent Gaussians, one per position; over channels, of their mixture");

    public override string Name => name;

    public override string Summary => $"{title} over dimensions (torch.{torch}), which are removed by default.";

    public override string Example => $"y = x -> {Name}(2, 3)";

    public override IReadOnlyList<OperationParameter> Parameters { get; } = [Axes, Keep];

    public override string ShapeRule => "the given dimensions are removed, or become 1";

    public override string MomentRule => momentRule + "; if no channels are left, or over the batch, the chain is cut";

    private static IReadOnlyList<int>? AxesOf(OperationCall call)
    {
        var axes = new List<int>();
        foreach (var axis in call.Get(Axes).Sizes)
        {
            if (Contract.Axes.Resolve(call, Axes, axis) is not { } index)
                return null;
            axes.Add(index);
        }
        if (axes.Count > 0 && axes.Distinct().Count() == axes.Count)
            return axes;
        call.Report(DiagnosticCatalogue.ArgumentType(call.PlaceOf(Axes), call.Operation.Name, Axes.Name,
            $"{(axes.Count > 0 ? "" : "one or more ")}dimensions of {call.Input}, each once",
            $"[{string.Join(", ", call.Get(Axes).Sizes)}]"));
        return null;
    }

    /// <summary>Where the channels are left out the next dimension takes their place, if there is one.</summary>
    public override bool PassesState(OperationCall call) =>
        AxesOf(call) is { } axes && !axes.Contains(0) && (call.Get(Keep).Value == true || axes.Distinct().Count() < call.Input.Rank - 1);

    public override OutputNumbers Numbers(OperationCall call) => this != Mean ? OutputNumbers.OfInputs : OutputNumbers.Floating;

    public override InputNumbers Takes(OperationCall call) => this != Mean ? InputNumbers.Any : InputNumbers.Floating;

    public override Shape? Infer(OperationCall call)
    {
        if (AxesOf(call) is not { } axes)
            return null;
        var keep = call.Get(Keep).Value == true;
        return new Shape(call.Input.Sizes.Select((size, i) => (size, i)).Where(pair => keep || !axes.Contains(pair.i))
            .Select(pair => axes.Contains(pair.i) ? Size.One : pair.size));
    }

    private static NamedOperand[] Arguments(OperationCall call)
    {
        var axes = Sizes(call.Get(Axes).Sizes);
        return call.Get(Keep).Value == true ? [axes, Named("keepdim", Condition.True)] : [axes];
    }

    public override Computation Compute(OperationCall call) => Method(torch, Arguments(call));

    public override MomentStep Moments(OperationCall call) => Pass(rule, Arguments(call));
}
