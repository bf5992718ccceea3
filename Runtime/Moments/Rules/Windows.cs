using System;
using System.Collections.Generic;
using System.Linq;

namespace KnDsl;

/// <summary>Sizes of pools and of their windows.</summary>
internal static class Windows
{
    /// <summary>Positions of a window.</summary>
    public static long Count(IEnumerable<long> kernel) => kernel.Aggregate(1L, (product, length) => product * length);

    /// <summary>The spatial size behind a pool.</summary>
    public static IReadOnlyList<long> OutputSize(
        IReadOnlyList<long> size, long[] kernel, long[] stride, long[] padding, long[]? dilation, bool ceilMode)
    {
        var result = new long[size.Count];
        for (var i = 0; i < result.Length; i++)
        {
            var free = size[i] + 2 * padding[i] - (dilation?[i] ?? 1) * (kernel[i] - 1) - 1;
            result[i] = free / stride[i] + 1;
            if (!ceilMode || free % stride[i] == 0) continue;

            // Rounding up must not begin a window beyond the value and its left padding.
            if (result[i] * stride[i] < size[i] + padding[i]) result[i]++;
        }

        return result;
    }

    /// <summary>The mean of 1 / k over an adaptive pool's windows of k positions.</summary>
    public static double AdaptiveShare(IReadOnlyList<long> from, long[] to) =>
        from.Zip(to).Aggregate(1.0, (product, sizes) =>
            product * Lengths(sizes.First, sizes.Second).Average(length => 1.0 / length));

    /// <summary>Positions of an adaptive pool's windows; of their mean length where it varies.</summary>
    public static long AdaptiveCount(IReadOnlyList<long> from, long[] to) =>
        (long)Math.Round(from.Zip(to).Aggregate(1.0, (product, sizes) =>
            product * Lengths(sizes.First, sizes.Second).Average()));

    private static IEnumerable<long> Lengths(long from, long to)
    {
        for (long i = 0; i < to; i++) yield return ((i + 1) * from + to - 1) / to - i * from / to;
    }
}
