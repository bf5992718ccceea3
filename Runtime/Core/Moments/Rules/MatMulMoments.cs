using System;
using System.Collections.Generic;
using System.Linq;

namespace KnDsl;

/// <summary>Matrix product of independent values: over the inner dimension the moments of products add up.</summary>
internal static class MatMulMoments
{
    /// <summary>[N, A, B] by [N, B, C]: the channels are the rows, and those of the second factor are summed over.</summary>
    public static Moments OverChannels(Moments x, Moments y)
    {
        var (means, squares) = (y.Mean.sum([1], keepdim: true), (y.Variance + y.Mean.square()).sum([1], keepdim: true));
        return new(x.Mean * means, x.Variance * squares + x.Mean.square() * y.Variance.sum([1], keepdim: true));
    }

    /// <summary>[N, C, ..., A, B] by [N, C, ..., B, D]: so many positions of a channel are summed over.</summary>
    public static Moments OverPositions(Moments x, Moments y, long inner) => ProductMoments.Of(x, y).Select(tensor => tensor * inner);

    /// <summary>The spatial size of the product.</summary>
    public static IReadOnlyList<long> Size(IReadOnlyList<long> left, IReadOnlyList<long> right)
    {
        if (left.Count != right.Count || left.Count == 0)
            throw new ArgumentException(
                $"A matrix product has moments for two values of one rank, at least 3, and got spatial sizes [{string.Join(", ", left)}] " +
                $"and [{string.Join(", ", right)}].");
        return [.. left.SkipLast(1), right[^1]];
    }
}
