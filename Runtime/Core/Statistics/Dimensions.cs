using System.Collections.Generic;
using System.Linq;

namespace KnDsl;

/// <summary>Dimensions of a value, [N, C, ...], that a rule's arguments name.</summary>
internal static class Dimensions
{
    /// <summary>A dimension after the batch: 1 is the channels, 2 the first spatial one.</summary>
    /// <param name="dim">The dimension; negative ones count from the end.</param>
    /// <param name="size">The value's spatial size.</param>
    /// <exception cref="System.ArgumentOutOfRangeException">The value has no such dimension, or it is the batch.</exception>
    public static int Resolve(long dim, IReadOnlyList<long> size) => OfRank(dim, size.Count + 2);

    /// <inheritdoc cref="Resolve"/>
    /// <param name="dim">The dimension; negative ones count from the end.</param>
    /// <param name="shape">The lengths of the value's dimensions after the batch.</param>
    public static int ResolveIn(long dim, IReadOnlyList<long> shape) => OfRank(dim, shape.Count + 1);

    private static int OfRank(long dim, int rank)
    {
        var dimension = dim < 0 ? dim + rank : dim;
        if (dimension < 1 || dimension >= rank)
            throw Setting.OutOfRange(nameof(dim), dim, $"must be a dimension after the batch of a value of rank {rank}");
        return (int)dimension;
    }

    /// <summary>The lengths of the dimensions after the batch, after one of them was moved to another place.</summary>
    /// <param name="shape">The lengths before.</param>
    /// <param name="from">The dimension, at least 1.</param>
    /// <param name="to">Its place after that.</param>
    public static long[] Move(IReadOnlyList<long> shape, int from, int to)
    {
        var moved = new List<long>(shape);
        moved.RemoveAt(from - 1);
        moved.Insert(to - 1, shape[from - 1]);
        return [.. moved];
    }

    /// <summary>A dimension after that of the channels was moved to the second place.</summary>
    /// <param name="dim">The dimension before; negative ones count from the end.</param>
    /// <param name="channels">The dimension of the channels before.</param>
    /// <param name="shape">The lengths of the value's dimensions after the batch.</param>
    /// <exception cref="System.ArgumentOutOfRangeException">The value has no such dimension, or it is the batch.</exception>
    public static int WithChannelsSecond(long dim, int channels, IReadOnlyList<long> shape)
    {
        var before = ResolveIn(dim, shape);
        return before == channels ? 1 : before < channels ? before + 1 : before;
    }

    /// <summary>The dimension of the channels after dimensions were left out; 1 where the channels are among them.</summary>
    /// <param name="channels">The dimension of the channels before.</param>
    /// <param name="left">The dimensions that are left out.</param>
    public static int After(int channels, IReadOnlyCollection<int> left) =>
        left.Contains(channels) ? 1 : channels - left.Count(dim => dim < channels);
}
