using System.Collections.Generic;
using System.Linq;
using static TorchSharp.torch;

namespace KnDsl;

/// <summary>
/// Concatenation. Along the channels the moments are concatenated; along positions every channel has the mixture of the
/// values' moments, by their shares of the positions.
/// </summary>
internal static class ConcatMoments
{
    public static Moments OfPositions(Moments[] parts, double[] shares)
    {
        var mean = Sum(parts.Zip(shares, (part, share) => part.Mean * share));
        return new(mean, Sum(parts.Zip(shares, (part, share) => (part.Variance + (part.Mean - mean).square()) * share)));
    }

    private static Tensor Sum(IEnumerable<Tensor> terms) => terms.Aggregate((sum, term) => sum + term);

    public static Moments Of(params Moments[] parts)
    {
        // One row stands for all micro-batches: beside states of many rows it is repeated for each.
        var groups = parts.Max(part => part.Mean.size(0));
        return new(
            cat([.. parts.Select(part => part.Mean.expand(groups, -1))], 1),
            cat([.. parts.Select(part => part.Variance.expand(groups, -1))], 1));
    }
}
