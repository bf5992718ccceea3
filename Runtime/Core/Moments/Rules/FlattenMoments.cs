using System;
using System.Collections.Generic;
using System.Linq;

namespace KnDsl;

/// <summary>Flatten: every position of a channel becomes a channel with that channel's moments.</summary>
internal static class FlattenMoments
{
    public static Moments Of(Moments x, long positionsPerChannel) => positionsPerChannel == 1
        ? x
        : x.Select(tensor => tensor.repeat_interleave(positionsPerChannel, 1));

    /// <summary>What a flatten does to a value's shape.</summary>
    internal readonly record struct Shape(long PositionsPerChannel, IReadOnlyList<long> Size)
    {
        public static Shape Of(IReadOnlyList<long> size, long startDim, long endDim)
        {
            var last = size.Count + 1;
            var start = startDim < 0 ? startDim + last + 1 : startDim;
            var end = endDim < 0 ? endDim + last + 1 : endDim;
            if (start < 1 || start > end || end > last)
                throw Setting.OutOfRange(nameof(startDim), $"{startDim}..{endDim}", "must be a range behind the batch");

            // Spatial dimensions joined among themselves leave every channel as it is.
            var positions = Windows.Count(size.Skip((int)start - 2 < 0 ? 0 : (int)start - 2).Take((int)(end - Math.Max(start, 2) + 1)));
            return start >= 2
                ? new(1, [.. size.Take((int)start - 2), positions, .. size.Skip((int)end - 1)])
                : new(positions, [.. size.Skip((int)end - 1)]);
        }
    }
}
