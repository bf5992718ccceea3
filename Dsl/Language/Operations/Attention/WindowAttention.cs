using System.Collections.Generic;
using System.Linq;
using KnDsl.Language.Diagnostics;
using KnDsl.Language.Operations.Contract;
using KnDsl.Language.Values;

namespace KnDsl.Language.Operations;

/// <summary>
/// Attention inside windows of an image, shifted or not, with a learned bias for each distance (Liu et al. 2021, "Swin
/// Transformer"; torchvision's ShiftedWindowAttention). Padding to whole windows, the cyclic shift and its mask are part of it.
/// </summary>
internal sealed class WindowAttention : Operation
{
    public override string Name => "window_attention";

    public override string Summary =>
        "Attention inside windows of an image, channels last, with a learned bias for each distance (Liu et al. 2021, Swin); it pads to "
            + "whole windows, and shifts and masks them itself. "
        + "Its parameters are named relative_position_bias_table, qkv and proj, and its buffer relative_position_index, as in torchvision.";

    public override string Example => "y = x -> attn: window_attention(heads: 3, window: 7, shift: 3)";

    private static readonly IntegerParameter Heads = new("heads", "Number of heads; it divides the channels.") { Minimum = 1 };
    private static readonly SpatialParameter WindowSize = new("window", "Size of a window.") { Minimum = 1 };

    private static readonly SpatialParameter Shift =
        new("shift", "How far the windows are shifted; a dimension that fits into one window is not shifted.", 0) { Minimum = 0 };

    private static readonly NumberParameter Dropout =
        new("dropout", "Probability that an attention weight is dropped during training.", "0.0")
        {
            Minimum = 0, Maximum = 1, ExcludesMaximum = true,
        };

    private static readonly FlagParameter Bias = new("bias", "Whether the projections have biases.", true);

    public override IReadOnlyList<OperationParameter> Parameters { get; } = [Heads, WindowSize, Shift, Dropout, Bias];

    public override string ShapeRule => "[N, H, W, C], unchanged";

    public override string? MomentRule => null;

    public override ModuleType Module { get; } = ModuleType.KnDsl("WindowAttentionLayer");

    private static Size Channels(OperationCall call) => call.Input[3];

    public override Shape? Infer(OperationCall call)
    {
        if (!call.RequireRank(4, "[N, H, W, C]")
            || !call.RequireKnown(Channels(call), "channels", areLast: true)
            || !Attention.RequireDivides(call, Heads, Channels(call))
            || !call.RequireCounts(2, WindowSize, Shift))
            return null;
        var (window, shift) = (call.Get(WindowSize, 2), call.Get(Shift, 2));
        for (var i = 0; i < 2; i++)
        {
            var (size, distance) = (window[i], shift[i]);
            if (!call.RequireAtMost(distance, () => DiagnosticCatalogue.ArgumentRange(
                    call.PlaceOf(Shift), Name, Shift.Name, $"less than the window of {size}", distance.ToString()), size - 1))
                return null;
        }
        return call.Input;
    }

    public override Construction Construct(OperationCall call) => new ModuleConstruction(Module,
        [Channels(call), call.Get(Heads), Sizes(call.Get(WindowSize, 2)), Sizes(call.Get(Shift, 2)), call.Get(Dropout), call.Get(Bias)]);

    public override InputNumbers Takes(OperationCall call) => InputNumbers.Floating;

    public override ChannelOrder OutputChannels(OperationCall call) => ChannelOrder.Last;

    public override Computation Compute(OperationCall call) => Apply();

    public override Size ParameterCount(OperationCall call)
    {
        var channels = Channels(call);
        var distances = call.Get(WindowSize, 2).Aggregate(Size.One, (product, size) => product * (2 * size - 1));
        return distances * call.Get(Heads) + 4 * channels * channels + Size.Choose(call.Get(Bias), 4 * channels, Size.Zero);
    }

    /// <summary>Of all positions, those of padding included: four projections, and the products with the positions of a window.</summary>
    public override Size Macs(OperationCall call, Shape output)
    {
        var (window, channels) = (call.Get(WindowSize, 2), Channels(call));
        var positions = window.Select((size, i) => Size.FloorDivide(output[i + 1] + size - 1, size) * size).Aggregate((a, b) => a * b);
        return positions * channels * (4 * channels + 2 * window[0] * window[1]);
    }
}
