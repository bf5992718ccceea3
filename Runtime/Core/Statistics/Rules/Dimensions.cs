using System.Collections.Generic;

namespace KnDsl;

/// <summary>Dimensions of a value, [N, C, ...], that a rule's arguments name.</summary>
internal static class Dimensions
{
    /// <summary>A dimension after the batch: 1 is the channels, 2 the first spatial one.</summary>
    /// <param name="dim">The dimension; negative ones count from the end.</param>
    /// <param name="size">The value's spatial size.</param>
    /// <exception cref="System.ArgumentOutOfRangeException">The value has no such dimension, or it is the batch.</exception>
    public static int Resolve(long dim, IReadOnlyList<long> size)
    {
        var rank = size.Count + 2;
        var dimension = dim < 0 ? dim + rank : dim;
        if (dimension < 1 || dimension >= rank)
            throw Setting.OutOfRange(nameof(dim), dim, $"must be a dimension after the batch of a value of rank {rank}");
        return (int)dimension;
    }
}
