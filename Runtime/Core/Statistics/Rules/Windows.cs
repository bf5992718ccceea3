using System.Collections.Generic;
using System.Linq;
using static KnDsl.Numbers;

namespace KnDsl;

/// <summary>Windows of pools: how many positions they have.</summary>
internal static class Windows
{
    /// <summary>The positions of a value or window.</summary>
    public static long Count(IEnumerable<long> sizes) => sizes.Aggregate(1L, (product, length) => product * length);

    /// <summary>The number of positions of each of an adaptive pool's windows along a dimension.</summary>
    /// <param name="from">The input's size.</param>
    /// <param name="to">The output's.</param>
    public static IEnumerable<long> AdaptiveLengths(long from, long to)
    {
        for (long i = 0; i < to; i++)
            yield return ((i + 1) * from + to - 1) / to - i * from / to;
    }

    /// <summary>The mean of 1 / k over an adaptive pool's windows of k positions.</summary>
    public static double AdaptiveShare(IReadOnlyList<long> from, IReadOnlyList<long> to) =>
        from.Zip(to).Aggregate(1.0, (product, sizes) =>
            product * AdaptiveLengths(sizes.First, sizes.Second).Average(length => 1.0 / length));

    /// <summary>The share of windows of each number of positions, from the lengths of the windows along each dimension.</summary>
    public static IReadOnlyDictionary<long, double> Shares(IEnumerable<IEnumerable<long>> dimensions)
    {
        var shares = new Dictionary<long, double> { [1] = 1 };
        foreach (var lengths in dimensions.Select(lengths => lengths.ToArray()))
        {
            var next = new Dictionary<long, double>();
            foreach (var (count, share) in shares)
            {
                foreach (var along in lengths.GroupBy(length => length))
                    next[count * along.Key] = next.GetValueOrDefault(count * along.Key) + share * along.Count() / lengths.Length;
            }

            shares = next;
        }

        return shares;
    }

    /// <summary>The moments of the maxima of windows.</summary>
    /// <param name="moments">The moments of a position.</param>
    /// <param name="windows">The share of windows of each number of positions.</param>
    public static Moments Maximum(Moments moments, IReadOnlyDictionary<long, double> windows)
    {
        double mean = 0, square = 0;
        foreach (var (count, share) in windows)
        {
            var maximum = MaximumOfNormals.MeanAndVariance(count);
            mean += share * maximum.Mean;
            square += share * (maximum.Variance + maximum.Mean * maximum.Mean);
        }

        return new(Sum(moments.Mean, moments.Deviation() * Held(mean)), moments.Variance * Held(square - mean * mean));
    }
}
