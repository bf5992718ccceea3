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

    // The covariances of a large kernel take megabytes.
    private const long MostBytesKnown = 64 << 20;

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
        (device.type, device.index), _ => (DeviceConstants.Send(Shares, device), DeviceConstants.Send(Covariance, device)));

    /// <summary>The bytes of its numbers, here and on every device.</summary>
    private long Bytes => (Shares.LongLength + Covariance.LongLength) * sizeof(double) * (1 + _sent.Count);

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
        var made = Make(size, convolution);
        if (Known.Count >= MostKnown || Known.Values.Sum(taps => taps.Bytes) + made.Bytes > MostBytesKnown)
            Known.Clear();
        return Known[key] = made;
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
        var met = new Run[taps];
        for (long tap = 0; tap < taps; tap++)
        {
            met[tap] = convolution is ConvolutionTranspose
                ? Transposed(tap * dilation - padding)
                : new(0, Math.Max(0, Up(padding - tap * dilation)), Math.Min(output - 1, Down(input - 1 + padding - tap * dilation)));
        }

        var together = new double[taps, taps];
        for (var a = 0; a < taps; a++)
        {
            for (var b = 0; b < taps; b++)
                together[a, b] = met[a].CountWith(met[b]) is var count && count > 0 ? (double)count / output : 0;
        }

        return together;

        // The input's positions come to every so many of the output's, from this one on.
        Run Transposed(long first)
        {
            var turn = Down(first);
            return new(first - turn * stride, Math.Max(0, turn), Math.Min(turn + input - 1, Down(output - 1 - (first - turn * stride))));
        }

        long Down(long number) => number >= 0 ? number / stride : -Up(-number);

        long Up(long number) => number > 0 ? (number + stride - 1) / stride : -(-number / stride);
    }

    /// <summary>
    /// The positions of the output where a tap meets the input, which follow each other: all of them, or every so many from an offset on,
    /// counted from the first to the last.
    /// </summary>
    private readonly record struct Run(long Offset, long First, long Last)
    {
        /// <summary>How many positions are in both; not above 0 where there are none.</summary>
        public long CountWith(Run other) => Offset == other.Offset ? Math.Min(Last, other.Last) - Math.Max(First, other.First) + 1 : 0;
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
