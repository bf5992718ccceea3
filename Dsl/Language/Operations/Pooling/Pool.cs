using System.Collections.Generic;
using System.Linq;
using KnDsl.Language.Diagnostics;
using KnDsl.Language.Operations.Contract;
using KnDsl.Language.Values;

namespace KnDsl.Language.Operations;

/// <summary>
/// Maximum or average over a window in 1, 2 or 3 spatial dimensions (torch.nn.MaxPool2d, AvgPool2d), over everything
/// (<c>maxpool(global)</c>), as torch.nn.AdaptiveMaxPool2d(1) and AdaptiveAvgPool2d(1) do.
/// </summary>
internal sealed class Pool(bool isMax, int dimensions) : Operation
{
    private string Kind => isMax ? "max" : "avg";

    private string TorchName => isMax ? "MaxPool" : "AvgPool";

    public override string Name => dimensions == 2 ? $"{Kind}pool" : $"{Kind}pool{dimensions}d";

    public override string Summary =>
        $"{(isMax ? "Maximum" : "Average")} over a window of {DiagnosticCatalogue.Count(dimensions, "spatial dimension")} "
            + $"(torch.nn.{TorchName}{dimensions}d), "
        + $"or over all positions with 'global', which leaves {(dimensions == 2 ? "1x1" : "size 1")}.";

    public override string Example => isMax ? $"y = x -> {Name}(3, stride: 2, padding: 1)" : $"y = x -> {Name}(global) -> flatten";

    private static readonly SpatialParameter Kernel = new("kernel", "Size of the window, or 'global'.") { Words = ["global"], Minimum = 1 };
    private static readonly SpatialParameter Stride = new("stride", "Step of the window.") { DefaultText = "the kernel", Minimum = 1 };
    private static readonly SpatialParameter Dilation = new("dilation", "Step between the window's positions.", 1) { Minimum = 1 };
    private static readonly FlagParameter CountPadding = new("count_padding", "Whether padding counts in the average.", true);
    private static readonly FlagParameter Ceil = new("ceil", "Whether the output's size is rounded up.", false);

    private readonly SpatialParameter _padding =
        new("padding", (isMax ? "Positions added around the input, which are never the maximum" : "Zeros around the input")
            + "; at most half the kernel.", 0)
        {
            Minimum = 0,
        };

    public override IReadOnlyList<OperationParameter> Parameters => [Kernel, Stride, _padding, isMax ? Dilation : CountPadding, Ceil];

    public override string ShapeRule =>
        $"[N, C{string.Concat(Enumerable.Repeat(", S", dimensions))}] -> each S becomes floor((S + 2 padding - "
            + $"{(isMax ? "dilation (kernel - 1) - 1" : "kernel")}) / stride) + 1, or 1 with 'global'"
            + "; with 'ceil' rounded up, but no window begins after the input"
            + (IsBounded ? "; the kernel is at most S" : "");

    public override string MomentRule => isMax
        ? "the first two moments of the maximum of independent Gaussians, one per position of the window, without the padding"
        : "mean; variance / positions of the window; padding counts as zeros, by its share of the windows";

    /// <summary>Whether the kernel must fit into the input without padding: torch demands it of averages over three dimensions.</summary>
    private bool IsBounded => !isMax && dimensions == 3;

    private static bool IsGlobal(OperationCall call) => call.Word(Kernel) == "global";

    private Window WindowOf(OperationCall call)
    {
        var kernel = call.Get(Kernel, dimensions);
        return new Window(
            kernel,
            call.Has(Stride) ? call.Get(Stride, dimensions) : kernel,
            call.Get(_padding, dimensions),
            call.Get(Dilation, dimensions))
        {
            Ceil = call.Get(Ceil),
        };
    }

    public override OutputNumbers Numbers(OperationCall call) => isMax ? OutputNumbers.OfInputs : OutputNumbers.Floating;

    public override InputNumbers Takes(OperationCall call) => isMax ? InputNumbers.Any : InputNumbers.Floating;

    public override Shape? Infer(OperationCall call)
    {
        var names = string.Concat(Enumerable.Range(2, dimensions).Select(axis => ", " + Shape.AxisName(axis, dimensions + 2)));
        if (!call.RequireRank(dimensions + 2, $"[N, C{names}]"))
            return null;
        if (IsGlobal(call))
            return Parameters.Skip(1).All(parameter => call.RequireEffect(parameter, false, "'global' takes all positions at once"))
                ? new Shape([call.Input[0], call.Input[1], .. OperationCall.Repeat(1, dimensions)])
                : null;
        if (!call.RequireCounts(dimensions, Kernel, Stride, _padding, Dilation)
            || !call.RequireEffect(CountPadding, !Window.IsAll(call.Get(_padding, dimensions), 0), "nothing is padded"))
            return null;
        var window = WindowOf(call);
        for (var i = 0; i < dimensions; i++)
        {
            var (padding, kernel, size, axis) = (window.Padding[i], window.Kernel[i], call.Input[i + 2], i + 2);
            var half = Size.FloorDivide(kernel, 2);
            if (call.Has(_padding) && !call.RequireAtMost(padding, () => DiagnosticCatalogue.Padding(
                    call.PlaceOf(_padding), Name, padding.ToString(), kernel.ToString(), half.ToString()), half)
                || IsBounded && !call.RequireAtMost(kernel, () => DiagnosticCatalogue.ArgumentRange(call.PlaceOf(Kernel),
                    Name, Kernel.Name, $"at most the {call.Input.NameOf(axis)} of {size}", kernel.ToString()), size))
                return null;
        }
        return window.Slide(call) is { } spatial ? new Shape([call.Input[0], call.Input[1], .. spatial]) : null;
    }

    public override bool OwnsOutput => true;

    public override ChannelOrder OutputChannels(OperationCall call) => ChannelOrder.Second;

    public override string? ForChannelsLast(OperationCall call) => "Write mean(1) for the mean of tokens, or permute before the pool.";

    public override Computation Compute(OperationCall call)
    {
        // Functions of one dimension take numbers, the others lists.
        Operand Of(IReadOnlyList<Size> sizes) => dimensions == 1 ? sizes[0] : Sizes(sizes);
        if (IsGlobal(call))
            return Function($"torch.nn.functional.adaptive_{Kind}_pool{dimensions}d", Input(), Of(OperationCall.Repeat(1, dimensions)));
        var window = WindowOf(call);
        var arguments = new List<NamedOperand> { Input(), Of(window.Kernel), Of(window.Stride), Of(window.Padding) };
        if (isMax && !Window.IsAll(window.Dilation, 1))
            arguments.Add(Named("dilation", Of(window.Dilation)));
        if (window.Ceil.Value != false)
            arguments.Add(Named("ceil_mode", window.Ceil));
        if (!isMax && call.Get(CountPadding) is { Value: not true } counts)
            arguments.Add(Named("count_include_pad", counts));
        return Function($"torch.nn.functional.{Kind}_pool{dimensions}d", [.. arguments]);
    }

    public override MomentStep Moments(OperationCall call)
    {
        var kind = isMax ? "Max" : "Avg";
        if (IsGlobal(call))
            return Pass($"Adaptive{kind}Pool", Sizes(OperationCall.Repeat(1, dimensions)));
        var window = WindowOf(call);
        var arguments = new List<NamedOperand> { Sizes(window.Kernel), Sizes(window.Stride), Sizes(window.Padding) };
        if (isMax && !Window.IsAll(window.Dilation, 1))
            arguments.Add(Sizes(window.Dilation));
        if (window.Ceil.Value != false)
            arguments.Add(Named("ceilMode", window.Ceil));
        if (!isMax && call.Get(CountPadding) is { Value: not true } counts)
            arguments.Add(Named("countIncludePad", counts));
        return Pass($"{kind}Pool", [.. arguments]);
    }
}
