using System.Collections.Generic;
using System.Linq;
using static KnDsl.Numbers;
using static TorchSharp.torch;

namespace KnDsl;

/// <summary>
/// Concatenation. Along the channels the moments are concatenated; along positions every channel has the mixture of the
/// values' moments, by their shares of the positions.
/// </summary>
/// <param name="axis">The dimension, at least 1, or negative from the end; 1 is the channels.</param>
public sealed class ConcatRule(long axis = 1) : JoinRule
{
    internal override JoinRule WithChannelsSecond(int dim, IReadOnlyList<long> to) =>
        new ConcatRule(Dimensions.WithChannelsSecond(axis, dim, to));

    internal override Moments Join(
        IReadOnlyList<Moments> parts, IReadOnlyList<IReadOnlyList<long>> from, IReadOnlyList<long> to)
    {
        var dimension = Dimensions.Resolve(axis, to);
        return dimension == 1
            ? OfChannels(parts)
            : OfPositions(parts, [.. from.Select(size => (double)size[dimension - 2] / to[dimension - 2])]);
    }

    private static Moments OfChannels(IReadOnlyList<Moments> parts)
    {
        // One row applies to all micro-batches: beside states of many rows it is repeated for each.
        var rows = parts.Max(part => part.Rows);
        return new(
            cat([.. parts.Select(part => part.Mean.expand(rows, -1))], 1),
            cat([.. parts.Select(part => part.Variance.expand(rows, -1))], 1));
    }

    private static Moments OfPositions(IReadOnlyList<Moments> parts, double[] shares)
    {
        var mean = Total(parts.Zip(shares, (part, share) => part.Mean * Held(share)));
        return new(mean, Total(parts.Zip(shares, (part, share) => Sum(part.Variance, Square(part.Mean - mean)) * Held(share))));
    }

    private static Tensor Total(IEnumerable<Tensor> terms) => terms.Aggregate((sum, term) => Sum(sum, term));
}
