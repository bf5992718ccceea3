using System;

namespace KnDsl.Training;

/// <summary>How a <see cref="DataLoader{TItem, TBatch}"/> reads.</summary>
public sealed record DataLoaderOptions
{
    private readonly int batchSize = 1;
    private readonly int threads = Environment.ProcessorCount;
    private readonly int prefetch = 2;

    /// <summary>Items in a batch of this process. 1 if not set.</summary>
    public int BatchSize { get => batchSize; init => batchSize = (int)Setting.AtLeastOne(value, nameof(BatchSize)); }

    /// <summary>Whether each epoch has an order of its own. False if not set.</summary>
    public bool Shuffle { get; init; }

    /// <summary>The seed of order and augmentation. It must be the same on every rank.</summary>
    public long Seed { get; init; }

    /// <summary>This process among those that share the data set, from 0.</summary>
    public int Rank { get; init; }

    /// <summary>The number of processes that share the data set. 1 if not set.</summary>
    public int Size { get; init; } = 1;

    /// <summary>What becomes of the items that are left where the number of items does not divide by that of processes.</summary>
    public Remainder Remainder { get; init; }

    /// <summary>Whether the last batch of an epoch is left out where it would be smaller than the others.</summary>
    public bool DropLast { get; init; }

    /// <summary>Threads that read. The number of processors if not set. What is read does not depend on it.</summary>
    public int Threads { get => threads; init => threads = (int)Setting.AtLeastOne(value, nameof(Threads)); }

    /// <summary>Batches that are read ahead of the one in use. 2 if not set; each takes the memory of a batch.</summary>
    public int Prefetch { get => prefetch; init => prefetch = (int)Setting.AtLeastOne(value, nameof(Prefetch)); }

    /// <summary>What is done with an item whose file is damaged or missing.</summary>
    public DamagedItems Damaged { get; init; }

    /// <summary>Demands that a data set has a batch for each process, before anything is made of it.</summary>
    /// <param name="data">The folder or file of the data set, for the message.</param>
    /// <param name="items">How many items it has.</param>
    /// <exception cref="DatasetException">It has too few.</exception>
    public void Require(string data, long items)
    {
        var ofEach = Remainder == Remainder.Drop ? items / Size : (items + Size - 1) / Size;
        long most = DropLast ? BatchSize : 1;
        if (ofEach >= most)
            return;
        var needed = Remainder == Remainder.Drop ? most * Size : (most - 1) * Size + 1;
        var (wants, helps) = DropLast ? ($"a batch has {BatchSize}", "smaller batches") : ("each needs one", "fewer processes");
        throw new DatasetException(
            data, $"has {items} items{(Size > 1 ? $" for {Size} processes" : "")}, and {wants}: expected at least {needed}, or {helps}");
    }
}
