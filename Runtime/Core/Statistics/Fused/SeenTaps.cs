using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Linq;
using System.Runtime.InteropServices;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace KnDsl;

/// <summary>
/// At which of a convolution's output positions each tap of its kernel meets the input. Elsewhere it meets zeros: padding,
/// or those that a transposed convolution puts between the positions. Positions of a channel differ by that alone, so it is all
/// that the channel's moments need.
/// </summary>
internal sealed class SeenTaps
{
    // A network asks for the same few in every pass.
    private static readonly ConcurrentDictionary<string, SeenTaps> Known = [];

    private const int MostKnown = 1000;

    private readonly ConcurrentDictionary<(DeviceType, int), (Tensor Shares, Tensor Covariance)> _sent = [];

    private SeenTaps(double[] shares, double[,] covariance)
    {
        Shares = shares;
        Covariance = covariance;
    }

    /// <summary>For every tap the share of positions where it meets the input.</summary>
    public double[] Shares { get; }

    /// <summary>For every two taps the covariance, over the positions, of whether they meet it.</summary>
    public double[,] Covariance { get; }

    /// <summary>The covariance of a tap with all taps, each times a number.</summary>
    public double CovarianceWith(int tap, ReadOnlySpan<double> numbers)
    {
        var row = MemoryMarshal.CreateReadOnlySpan(ref Covariance[tap, 0], numbers.Length);
        var sum = 0.0;
        for (var i = 0; i < row.Length; i++)
            sum += row[i] * numbers[i];
        return sum;
    }

    /// <summary>
    /// Shares and covariance where a device works, [taps] and [taps, taps] in 64 bits: not to be disposed. They live as long as this.
    /// </summary>
    public (Tensor Shares, Tensor Covariance) On(Device device) => _sent.GetOrAdd(
        (device.type, device.index), _ => (DeviceConstants.Of(Shares, device), DeviceConstants.Of(Covariance, device)));

    /// <summary>The taps of a convolution; null where every tap meets the input everywhere.</summary>
    /// <param name="size">The input's spatial size.</param>
    /// <param name="convolution">The convolution; one that pads with anything but zeros counts as unpadded.</param>
    public static SeenTaps? Find(IReadOnlyList<long> size, Convolution convolution)
    {
        if (convolution is not ConvolutionTranspose && !PadsWithZeros(convolution))
            return null;

        var key = string.Join(' ', [
            .. size, -1, .. convolution.kernel_size, .. convolution.stride, .. convolution.padding ?? [], -1, .. convolution.dilation,
            convolution.padding_type is { } type ? (long)type : -1,
            .. convolution is ConvolutionTranspose transposed ? transposed.output_padding : [],
        ]);
        if (Known.TryGetValue(key, out var known))
            return known;
        if (Known.Count >= MostKnown)
            Known.Clear();
        return Known[key] = Make(size, convolution);
    }

    private static SeenTaps Make(IReadOnlyList<long> size, Convolution convolution)
    {
        // A kernel's tap meets the input where it does so in every dimension, and positions are all combinations.
        var output = ConvolutionSize.After(size, convolution);
        var together = new double[,] { { 1 } };
        for (var i = 0; i < size.Count; i++)
            together = Combine(together, Dimension(i, size[i], output[i], convolution));

        var shares = Enumerable.Range(0, together.GetLength(0)).Select(tap => together[tap, tap]).ToArray();
        for (var a = 0; a < shares.Length; a++)
        {
            for (var b = 0; b < shares.Length; b++)
                together[a, b] -= shares[a] * shares[b];
        }

        return new(shares, together);
    }

    private static bool PadsWithZeros(Convolution convolution) =>
        convolution.padding_mode == PaddingModes.Zeros &&
        (convolution.padding_type == Padding.Same
            ? convolution.kernel_size.Any(length => length > 1)
            : convolution.padding?.Any(padding => padding > 0) == true);

    /// <summary>The share of positions along a dimension where two taps both meet the input.</summary>
    private static double[,] Dimension(int i, long input, long output, Convolution convolution)
    {
        var (taps, stride, dilation) = (convolution.kernel_size[i], convolution.stride[i], convolution.dilation[i]);
        var padding = convolution.padding_type == Padding.Same
            ? dilation * (taps - 1) / 2
            : convolution.padding?[i] ?? 0;
        var together = new double[taps, taps];
        var seen = new List<long>();
        for (long position = 0; position < output; position++)
        {
            seen.Clear();
            for (long tap = 0; tap < taps; tap++)
            {
                if (Meets(position, tap))
                    seen.Add(tap);
            }

            foreach (var a in seen)
            {
                foreach (var b in seen)
                    together[a, b] += 1.0 / output;
            }
        }

        return together;

        bool Meets(long position, long tap)
        {
            if (convolution is not ConvolutionTranspose)
                return position * stride - padding + tap * dilation is var at && at >= 0 && at < input;
            var (from, rest) = Math.DivRem(position + padding - tap * dilation, stride);
            return rest == 0 && from >= 0 && from < input;
        }
    }

    /// <summary>The taps of two dimensions together, the second's counting fastest.</summary>
    private static double[,] Combine(double[,] first, double[,] second)
    {
        var (rows, taps) = (first.GetLength(0), second.GetLength(0));
        var result = new double[rows * taps, rows * taps];
        for (var a = 0; a < rows * taps; a++)
        {
            for (var b = 0; b < rows * taps; b++)
                result[a, b] = first[a / taps, b / taps] * second[a % taps, b % taps];
        }

        return result;
    }
}
