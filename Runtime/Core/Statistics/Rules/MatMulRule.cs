using System;
using System.Collections.Generic;
using static KnDsl.Numbers;

namespace KnDsl;

/// <summary>
/// A matrix product of two independent values of one rank over their last two dimensions: over the inner dimension the moments
/// of products add up.
/// </summary>
public sealed class MatMulRule : JoinRule
{
    internal override Moments Join(
        IReadOnlyList<Moments> parts, IReadOnlyList<IReadOnlyList<long>> from, IReadOnlyList<long> to)
    {
        if (from[0].Count != from[1].Count || to.Count == 0)
        {
            throw new ArgumentException(
                "A matrix product has moments for two values of one rank, at least 3, and got spatial sizes " +
                $"[{string.Join(", ", from[0])}] and [{string.Join(", ", from[1])}].");
        }

        return to.Count == 1
            ? OverChannels(parts[0], parts[1])
            : ProductRule.Multiply(parts[0], parts[1]).Select(tensor => tensor * Held(from[0][^1]));
    }

    /// <summary>[N, A, B] by [N, B, C]: the channels are the rows, and those of the second factor are summed over.</summary>
    private static Moments OverChannels(Moments x, Moments y)
    {
        var (means, squares) = (y.Mean.sum([1], keepdim: true), Sum(y.Variance, Square(y.Mean)).sum([1], keepdim: true));
        return new(x.Mean * means, Sum(x.Variance * squares, Square(x.Mean) * y.Variance.sum([1], keepdim: true)));
    }
}
