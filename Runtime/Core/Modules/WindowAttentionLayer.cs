using System;
using System.Diagnostics.CodeAnalysis;
using TorchSharp;
using TorchSharp.Modules;
using static KnDsl.Numbers;
using static TorchSharp.torch;

namespace KnDsl;

/// <summary>
/// Attention inside windows of an image, shifted or not, with a learned bias for each distance (Liu et al. 2021, "Swin
/// Transformer: Hierarchical vision transformer using shifted windows"). Names and arithmetic are those of torchvision's
/// ShiftedWindowAttention: the image is padded to whole windows, and a dimension that one window covers is not shifted.
/// </summary>
public sealed class WindowAttentionLayer : nn.Module<Tensor, Tensor>
{
    /// <summary>Added to the attention between positions that only the cyclic shift made neighbours.</summary>
    private const double Masked = -100;

    private readonly long _heads;
    private readonly double _dropout;
    private readonly long[] _window;
    private readonly long[] _shift;

    /// <summary>Makes the projections, the table of biases and the indices into it.</summary>
    /// <param name="channels">The number of channels, C.</param>
    /// <param name="heads">Heads; they divide the channels.</param>
    /// <param name="window">Height and width of a window.</param>
    /// <param name="shift">How far the windows are shifted, less than a window.</param>
    /// <param name="dropout">The probability that a weight of the attention is left out while training.</param>
    /// <param name="bias">Whether the projections have biases.</param>
    /// <param name="device">Where its parameters are made.</param>
    /// <param name="dtype">Their type.</param>
    /// <exception cref="ArgumentException">The heads do not divide the channels, or window and shift are not two numbers each.</exception>
    /// <exception cref="ArgumentOutOfRangeException">
    /// There are no channels, the window is empty, the shift is negative, or the probability is outside [0, 1).
    /// </exception>
    [DynamicDependency(Components.Reflected, typeof(WindowAttentionLayer))]
    public WindowAttentionLayer(
        long channels, long heads, long[] window, long[] shift, double dropout = 0, bool bias = true,
        Device? device = null, ScalarType? dtype = null)
        : base(nameof(WindowAttentionLayer))
    {
        Setting.AtLeastOne(channels);
        if (heads < 1 || channels % heads != 0)
            throw new ArgumentException($"{heads} heads do not divide {channels} channels.", nameof(heads));
        if (window.Length != 2 || shift.Length != 2)
            throw new ArgumentException("A window and its shift have a height and a width.", nameof(window));
        foreach (var size in window)
            Setting.AtLeastOne(size, nameof(window));
        foreach (var distance in shift)
            Setting.NotNegative(distance, nameof(shift));
        (_heads, _dropout, _window, _shift) = (heads, Setting.ShareBelowOne(dropout), window, shift);
        relative_position_bias_table = Operations.learned([(2 * window[0] - 1) * (2 * window[1] - 1), heads], 0, 0.02, device, dtype);
        relative_position_index = Distances(window, device ?? get_default_device()).DetachFromDisposeScope();
        qkv = nn.Linear(channels, 3 * channels, bias, device, dtype);
        proj = nn.Linear(channels, channels, bias, device, dtype);
        register_parameter(nameof(relative_position_bias_table), relative_position_bias_table);
        register_buffer(nameof(relative_position_index), relative_position_index);
        register_module(nameof(qkv), qkv);
        register_module(nameof(proj), proj);
    }

    /// <summary>The biases, [(2 h - 1) (2 w - 1), heads] for windows of h times w.</summary>
    public readonly Parameter relative_position_bias_table;

    /// <summary>For each pair of positions of a window the bias of their distance, [(h w)^2], int64.</summary>
    public readonly Tensor relative_position_index;

    /// <summary>The projection to queries, keys and values.</summary>
    public readonly Linear qkv;

    /// <summary>The projection of all heads together.</summary>
    public readonly Linear proj;

    private static Tensor Distances(long[] window, Device device)
    {
        using var scope = NewDisposeScope();
        var rows = Range(window[0], device: device).repeat_interleave(window[1]);
        var columns = Range(window[1], device: device).repeat(window[0]);
        var down = Sum(rows.unsqueeze(1) - rows.unsqueeze(0), window[0] - 1);
        var right = Sum(columns.unsqueeze(1) - columns.unsqueeze(0), window[1] - 1);
        return scope.MoveToOuter(Sum(down * Held(2 * window[1] - 1), right).flatten());
    }

    /// <inheritdoc/>
    /// <param name="input">[N, H, W, C].</param>
    /// <returns>[N, H, W, C].</returns>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        long height = input.shape[1], width = input.shape[2];
        long right = Missing(width, _window[1]), below = Missing(height, _window[0]);
        var padded = right + below > 0 ? nn.functional.pad(input, [0, 0, 0, right, 0, below]) : input;
        long[] size = [padded.shape[1], padded.shape[2]];
        long[] shift = [_window[0] >= size[0] ? 0 : _shift[0], _window[1] >= size[1] ? 0 : _shift[1]];
        var isShifted = shift[0] + shift[1] > 0;

        var windows = Windowed(isShifted ? padded.roll([-shift[0], -shift[1]], [1, 2]) : padded);
        var mixed = Attend(scope, windows, isShifted ? Sum(Bias(), Mask(size, shift, input)) : Bias());
        var image = Unwindowed(mixed, size);
        if (isShifted)
            image = image.roll([shift[0], shift[1]], [1, 2]);
        return scope.MoveToOuter(image.slice(1, 0, height, 1).slice(2, 0, width, 1).contiguous());
    }

    private static long Missing(long size, long window) => (window - size % window) % window;

    /// <summary>[N, H, W, C] as [N, windows, positions, C].</summary>
    private Tensor Windowed(Tensor image)
    {
        var shape = image.shape;
        // Torch counts nothing in place of a -1 where there are no images.
        var (rows, columns) = (shape[1] / _window[0], shape[2] / _window[1]);
        return image.reshape(shape[0], rows, _window[0], columns, _window[1], shape[3])
            .permute(0, 1, 3, 2, 4, 5).reshape(shape[0], rows * columns, _window[0] * _window[1], shape[3]);
    }

    /// <summary>[N, windows, positions, C] as [N, H, W, C].</summary>
    private Tensor Unwindowed(Tensor windows, long[] size) => windows
        .reshape(windows.shape[0], size[0] / _window[0], size[1] / _window[1], _window[0], _window[1], windows.shape[3])
        .permute(0, 1, 3, 2, 4, 5).reshape(windows.shape[0], size[0], size[1], windows.shape[3]);

    private Tensor Attend(DisposeScope scope, Tensor windows, Tensor bias)
    {
        // [3, N, windows, heads, positions, C / heads]
        var parts = qkv.call(windows).unflatten(3, [3, _heads, windows.shape[3] / _heads]).permute(3, 0, 1, 4, 2, 5).unbind(0);
        var mixed = nn.functional.scaled_dot_product_attention(parts[0], parts[1], parts[2], bias, p: training ? _dropout : 0);
        var joined = mixed.transpose(2, 3).flatten(3);
        var output = Handles.Own(proj.call(joined), joined);
        foreach (var value in (Tensor[])[windows, .. parts, mixed, joined])
            scope.Free(value);
        return output;
    }

    /// <summary>The bias of each pair of positions, [heads, positions, positions].</summary>
    private Tensor Bias()
    {
        var positions = _window[0] * _window[1];
        return relative_position_bias_table.index_select(0, relative_position_index).view(positions, positions, -1).permute(2, 0, 1);
    }

    /// <summary>
    /// The mask between positions of a window that came from different ends of the image, [windows, 1, positions, positions].
    /// </summary>
    private Tensor Mask(long[] size, long[] shift, Tensor like)
    {
        var rows = Region(size[0], _window[0], shift[0], like.device).unsqueeze(1);
        var columns = Region(size[1], _window[1], shift[1], like.device).unsqueeze(0);
        var regions = Windowed(Sum(rows * Held(3), columns).unsqueeze(0).unsqueeze(3)).squeeze(3).squeeze(0);
        var differ = regions.unsqueeze(1).ne(regions.unsqueeze(2));
        return differ.to(like.dtype).mul_(Held(Masked)).unsqueeze(1);
    }

    /// <summary>The part that a row or column belongs to: 0 before the last window, 1 in it, 2 in the part that was shifted in.</summary>
    private static Tensor Region(long size, long window, long shift, Device device)
    {
        var at = Range(size, device: device);
        return Sum(at.ge(Held(size - window)).to(int64), at.ge(Held(size - shift)).to(int64));
    }
}
