using System.Linq;
using static TorchSharp.torch;

namespace KnDsl;

/// <summary>Concatenation along the channels: the moments are concatenated.</summary>
internal static class ConcatMoments
{
    public static Moments Of(params Moments[] parts)
    {
        // One row stands for all micro-batches: beside states of many rows it is repeated for each.
        var groups = parts.Max(part => part.Mean.size(0));
        return new(
            cat([.. parts.Select(part => part.Mean.expand(groups, -1))], 1),
            cat([.. parts.Select(part => part.Variance.expand(groups, -1))], 1));
    }
}
