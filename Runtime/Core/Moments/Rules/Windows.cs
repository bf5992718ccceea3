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

    /// <summary>The share of a pool's windows that see each number of positions; padding is none.</summary>
    public static IReadOnlyDictionary<long, double> Seen(
        IReadOnlyList<long> size, IReadOnlyList<long> outputSize, long[] kernel, long[] stride, long[] padding, long[]? dilation) =>
        Shares(Enumerable.Range(0, kernel.Length).Select(i => Enumerable.Range(0, (int)outputSize[i]).Select(window =>
        {
            var start = window * stride[i] - padding[i];
            return (long)Enumerable.Range(0, (int)kernel[i]).Count(tap => start + tap * (dilation?[i] ?? 1) is var at && at >= 0 && at < size[i]);
        })));

    /// <summary>The share of an adaptive pool's windows that have each number of positions.</summary>
    public static IReadOnlyDictionary<long, double> Adaptive(IReadOnlyList<long> from, long[] to) =>
        Shares(from.Zip(to, Lengths));

    /// <summary>From the lengths of the windows along each dimension to the shares of their products.</summary>
    private static Dictionary<long, double> Shares(IEnumerable<IEnumerable<long>> dimensions)
    {
        var shares = new Dictionary<long, double> { [1] = 1 };
        foreach (var lengths in dimensions.Select(lengths => lengths.ToArray()))
        {
            var next = new Dictionary<long, double>();
            foreach (var (count, share) in shares)
                foreach (var along in lengths.GroupBy(length => length))
                    next[count * along.Key] = next.GetValueOrDefault(count * along.Key) + share * along.Count() / lengths.Length;
            shares = next;
        }

        return shares;
    }

    private static IEnumerable<long> Lengths(long from, long to)
    {
        for (long i = 0; i < to; i++) yield return ((i + 1) * from + to - 1) / to - i * from / to;
    }
}
