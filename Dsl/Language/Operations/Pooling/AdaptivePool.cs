using System.Collections.Generic;
using KnDsl.Language.Operations.Contract;
using KnDsl.Language.Values;

namespace KnDsl.Language.Operations;

/// <summary>Maximum or average over as many windows as the output has positions (torch.nn.AdaptiveAvgPool2d).</summary>
internal sealed class AdaptivePool(bool isMax, int dimensions) : Operation
{
    private string Kind => isMax ? "max" : "avg";

    public override string Name => dimensions == 2 ? $"adaptive_{Kind}pool" : $"adaptive_{Kind}pool{dimensions}d";

    public override string Summary =>
        $"{(isMax ? "Maximum" : "Average")} over windows such that the output has the size given "
            + $"(torch.nn.Adaptive{(isMax ? "Max" : "Avg")}Pool{dimensions}d).";

    public override string Example => $"y = x -> {Name}({(dimensions == 2 ? "7" : "4")}) -> flatten";

    private static readonly SpatialParameter OutputSize = new("size", "Size of the output.") { Minimum = 1 };

    public override IReadOnlyList<OperationParameter> Parameters { get; } = [OutputSize];

    public override string ShapeRule => "each spatial size becomes the given one";

    public override string MomentRule => isMax
        ? "the first two moments of the maximum of independent Gaussians, one per position of a window"
        : "mean; variance / positions of a window";

    public override OutputNumbers Numbers(OperationCall call) => isMax ? OutputNumbers.OfInputs : OutputNumbers.Floating;

    public override InputNumbers Takes(OperationCall call) => isMax ? InputNumbers.Any : InputNumbers.Floating;

    public override Shape? Infer(OperationCall call) =>
        call.RequireRank(dimensions + 2, $"{dimensions + 2} dimensions") && call.RequireCounts(dimensions, OutputSize)
            ? new Shape([call.Input[0], call.Input[1], .. call.Get(OutputSize, dimensions)])
            : null;

    public override bool OwnsOutput => true;

    public override ChannelOrder OutputChannels(OperationCall call) => ChannelOrder.Second;

    public override Computation Compute(OperationCall call)
    {
        var size = call.Get(OutputSize, dimensions);
        return Function($"torch.nn.functional.adaptive_{Kind}_pool{dimensions}d", Input(), dimensions == 1 ? size[0] : Sizes(size));
    }

    public override MomentStep Moments(OperationCall call) =>
        Pass($"Adaptive{(isMax ? "Max" : "Avg")}Pool", Sizes(call.Get(OutputSize, dimensions)));
}
