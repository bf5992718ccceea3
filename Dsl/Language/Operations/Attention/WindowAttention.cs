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
        "Attention inside windows of an image, channels last, with a learned bias for each distance (Liu et al. 2021, Swin); it pads to whole windows, and shifts and masks them itself. "
        + "Its parameters are named relative_position_bias_table, qkv and proj, and its buffer relative_position_index, as in torchvision.";

    public override string Example => "y = x -> attn: window_attention(heads: 3, window: 7, shift: 3)";

    public override IReadOnlyList<OperationParameter> Parameters { get; } =
    [
        new("heads", ParameterKind.Integer, "Number of heads; it divides the channels.", Minimum: 1),
        new("window", ParameterKind.Spatial, "Size of a window.", Minimum: 1),
        new("shift", ParameterKind.Spatial, "How far the windows are shifted; a dimension that one window covers is not.", "0", Minimum: 0),
        new("dropout", ParameterKind.Number, "Probability that a weight of the attention is left out while training.", "0.0", Minimum: 0, Below: 1, IncludesBelow: false),
        new("bias", ParameterKind.Flag, "Whether the projections have biases.", "true"),
    ];

    public override string ShapeRule => "[N, H, W, C], unchanged";

    public override string? MomentRule => null;

    public override string ModuleType => "WindowAttentionLayer";

    private static Size Channels(OperationCall call) => call.Input[3];

    private static IReadOnlyList<Size> Window(OperationCall call) => call.Spatial("window", 2, 1);

    private static IReadOnlyList<Size> Shift(OperationCall call) => call.Spatial("shift", 2, 0);

    public override Shape? Infer(OperationCall call)
    {
        if (!call.RequireRank(4, "[N, H, W, C]") || !call.RequireKnown(Channels(call), "channels", areLast: true) || !Attention.RequireDivides(call, Channels(call)))
            return null;
        var (window, shift) = (Window(call), Shift(call));
        for (var i = 0; i < 2; i++)
            if ((window[i] - shift[i]).Maximum() is <= 0)
            {
                call.Report(DiagnosticCatalogue.ArgumentRange(call.PlaceOf("shift"), Name, "shift", $"less than the window of {window[i]}", shift[i].ToString()));
                return null;
            }
        return call.Input;
    }

    public override string Construct(OperationCall call, CodeContext code) =>
        $"new WindowAttentionLayer({code.Of(Channels(call))}, {code.Of(call.Integer("heads"))}, {code.Of(Window(call))}, {code.Of(Shift(call))}, "
        + $"{call.Number("dropout", code, 0)}, {call.Flag("bias", code, true)}, device, dtype)";

    public override string Forward(OperationCall call, CodeContext code, string module, IReadOnlyList<string> inputs) => $"{module}.call({inputs[0]})";

    public override Size ParameterCount(OperationCall call)
    {
        var channels = Channels(call);
        var distances = Window(call).Aggregate(Size.One, (product, size) => product * (2 * size - 1));
        return distances * call.Integer("heads") + 4 * channels * channels + (call.Flag("bias", true) == true ? 4 * channels : Size.Zero);
    }

    /// <summary>Of all positions, those of padding included: four projections, and the products with the positions of a window.</summary>
    public override Size Macs(OperationCall call, Shape output)
    {
        var (window, channels) = (Window(call), Channels(call));
        var positions = window.Select((size, i) => Size.FloorDivide(output[i + 1] + size - 1, size) * size).Aggregate((a, b) => a * b);
        return positions * channels * (4 * channels + 2 * window[0] * window[1]);
    }
}
