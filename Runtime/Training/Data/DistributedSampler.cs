using System;

namespace KnDsl.Training;

/// <summary>
/// Which items a rank reads in an epoch, and in which order. Each rank takes every size-th item of one order, so the batches of all
/// ranks together hold the items of one larger batch of a single process, and every rank has the same number of items.
/// </summary>
public sealed class DistributedSampler
{
    private readonly long items;
    private readonly bool shuffle;
    private readonly long seed;
    private readonly int rank;
    private readonly int size;

    /// <summary>Shares items among ranks.</summary>
    /// <param name="items">The number of items of the data set.</param>
    /// <param name="shuffle">Whether each epoch has an order of its own, or that of the data set.</param>
    /// <param name="seed">The seed of the orders. It must be the same on every rank.</param>
    /// <param name="rank">This process, from 0.</param>
    /// <param name="size">The number of processes.</param>
    /// <param name="remainder">What becomes of the items that are left where the number does not divide.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of range, or a rank would have no item.</exception>
    public DistributedSampler(long items, bool shuffle, long seed = 0, int rank = 0, int size = 1, Remainder remainder = Remainder.Wrap)
    {
        this.items = Setting.AtLeastOne(items);
        if (items > Array.MaxLength)
            throw Setting.OutOfRange(nameof(items), items, $"must be at most {Array.MaxLength}");
        this.size = (int)Setting.AtLeastOne(size);
        if (rank < 0 || rank >= size)
            throw Setting.OutOfRange(nameof(rank), rank, $"must be at least 0 and less than the number of processes, {size}");
        this.shuffle = shuffle;
        this.seed = seed;
        this.rank = rank;
        Count = remainder == Remainder.Wrap ? (items + size - 1) / size : items / size;
        if (Count == 0)
            throw Setting.OutOfRange(nameof(items), items, $"must be at least {size}, or some of the {size} processes have none");
    }

    /// <summary>The number of items of each rank.</summary>
    public long Count { get; }

    /// <summary>The items of this rank in their order. It depends on seed and epoch only.</summary>
    /// <param name="epoch">The epoch.</param>
    public long[] Order(long epoch)
    {
        var all = new long[items];
        for (var index = 0L; index < items; index++)
            all[index] = index;
        // Item -1 there is none: these numbers are no item's.
        if (shuffle)
            new ItemRandom(seed, epoch, -1).Shuffle<long>(all);
        if (size == 1)
            return all;
        var own = new long[Count];
        for (var place = 0L; place < Count; place++)
            own[place] = all[(rank + place * size) % items];
        return own;
    }
}
