using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Diagnostics;
using System.Linq;
using System.Threading;

namespace KnDsl.Training;

/// <summary>
/// Reads batches ahead of the training step, on its own threads. What is in a batch depends on the data, the seed, the epoch and the
/// number of the batch; not on the number of threads, nor on what was read before.
/// </summary>
/// <typeparam name="TItem">An item of the data set.</typeparam>
/// <typeparam name="TBatch">A batch of items.</typeparam>
public sealed class DataLoader<TItem, TBatch> : IBatches<TBatch>, IDisposable where TBatch : class, IDisposable
{
    /// <summary>Where so many items in a row are damaged, it is the data set that is.</summary>
    private const int MaxSkippedInRow = 100;

    private readonly IDataset<TItem> data;
    private readonly ICollator<TItem, TBatch> collator;
    private readonly DataLoaderOptions options;
    private readonly DistributedSampler sampler;
    private readonly BlockingCollection<(BatchInWork<TBatch> Batch, int Place)> places = [];
    private readonly Thread[] threads;
    private readonly Lock counting = new();
    private readonly Dictionary<long, SkippedItem> skipped = [];
    private DataLoaderStatistics statistics;
    private volatile bool isDisposed;

    /// <summary>Starts the threads. They read once an epoch begins.</summary>
    /// <param name="data">The data set. It stays the caller's, who disposes it after the loader.</param>
    /// <param name="collator">What makes batches of items.</param>
    /// <param name="options">How to read.</param>
    /// <exception cref="ArgumentOutOfRangeException">
    /// The data set is empty, rank and size do not fit, or with <see cref="DataLoaderOptions.DropLast"/> there would be no batch.
    /// </exception>
    public DataLoader(IDataset<TItem> data, ICollator<TItem, TBatch> collator, DataLoaderOptions options)
    {
        this.data = data;
        this.collator = collator;
        this.options = options;
        sampler = new(data.Count, options.Shuffle, options.Seed, options.Rank, options.Size, options.Remainder);
        var size = options.BatchSize;
        Count = options.DropLast ? sampler.Count / size : (sampler.Count + size - 1) / size;
        if (Count == 0)
        {
            throw Setting.OutOfRange(nameof(options.BatchSize), size,
                $"must be at most {sampler.Count}, the items of a process, where a smaller last batch is left out");
        }
        threads = [.. Enumerable.Range(1, options.Threads).Select(number => new Thread(Work)
        {
            Name = $"KnDsl data loader {number}",
            IsBackground = true,
        })];
        foreach (var thread in threads)
            thread.Start();
    }

    /// <summary>The number of batches of an epoch.</summary>
    public long Count { get; }

    /// <summary>What was done so far: batches that were given out, not those that are read ahead.</summary>
    public DataLoaderStatistics Statistics
    {
        get
        {
            lock (counting)
                return statistics;
        }
    }

    /// <summary>The items that were skipped so far, each once, in the order of the data set.</summary>
    public IReadOnlyList<SkippedItem> Skipped
    {
        get
        {
            lock (counting)
                return [.. skipped.Values.OrderBy(item => item.Index)];
        }
    }

    /// <summary>The batches of an epoch, which are read ahead while one is in use.</summary>
    /// <param name="epoch">The epoch.</param>
    /// <param name="first">The batch to begin with, from 0: a run that resumes has the batches that it would have had.</param>
    /// <returns>
    /// The batches, each to be disposed by who takes it. Enumerating throws <see cref="DamagedFileException"/> for a damaged file that is
    /// not to be skipped, <see cref="DatasetException"/> where 100 items in a row are damaged, and
    /// <see cref="InvalidOperationException"/> with the name of the item for any other exception of data set, transform or collator.
    /// </returns>
    /// <exception cref="ArgumentOutOfRangeException">
    /// The epoch is negative, or <paramref name="first"/> is negative or above <see cref="Count"/>.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The loader was disposed.</exception>
    public IEnumerable<TBatch> Read(int epoch, long first = 0)
    {
        ObjectDisposedException.ThrowIf(isDisposed, this);
        ArgumentOutOfRangeException.ThrowIfNegative(epoch);
        return first >= 0 && first <= Count ? Enumerate(epoch, first)
            : throw Setting.OutOfRange(nameof(first), first, $"must be at least 0 and at most {Count}, the batches of an epoch");
    }

    /// <summary>Stops the threads once they have read the items that they are at, and waits for them.</summary>
    public void Dispose()
    {
        if (isDisposed)
            return;
        isDisposed = true;
        places.CompleteAdding();
        foreach (var thread in threads)
            thread.Join();
        places.Dispose();
    }

    private IEnumerable<TBatch> Enumerate(int epoch, long first)
    {
        var ahead = new Queue<BatchInWork<TBatch>>();
        try
        {
            var order = sampler.Order(epoch);
            var next = first;
            var begun = Stopwatch.GetTimestamp();
            while (true)
            {
                var waiting = Stopwatch.GetTimestamp();
                while (next < Count && ahead.Count <= options.Prefetch)
                    ahead.Enqueue(Schedule(order, epoch, next++));
                var batch = ahead.Count > 0 ? Take(ahead) : null;
                Add(batch, waiting, ref begun);
                if (batch is null)
                    yield break;
                yield return batch.Batch;
            }
        }
        finally
        {
            foreach (var batch in ahead)
                batch.Cancel();
            foreach (var batch in ahead)
                batch.Dispose();
        }
    }

    private BatchInWork<TBatch> Schedule(long[] order, int epoch, long number)
    {
        ObjectDisposedException.ThrowIf(isDisposed, this);
        var first = (int)(number * options.BatchSize);
        var items = new ArraySegment<long>(order, first, Math.Min(options.BatchSize, order.Length - first));
        var batch = new BatchInWork<TBatch>(collator.Begin(items.Count), items, epoch);
        for (var place = 0; place < items.Count; place++)
            places.Add((batch, place));
        return batch;
    }

    /// <summary>The next batch once it is complete. It leaves the queue only then: what fails is freed with the rest.</summary>
    private BatchInWork<TBatch> Take(Queue<BatchInWork<TBatch>> ahead)
    {
        var batch = ahead.Peek();
        batch.Wait();
        ObjectDisposedException.ThrowIf(isDisposed, this);
        batch.ThrowFailure();
        collator.Complete(batch.Batch);
        return ahead.Dequeue();
    }

    private void Add(BatchInWork<TBatch>? batch, long waiting, ref long begun)
    {
        var now = Stopwatch.GetTimestamp();
        lock (counting)
        {
            foreach (var item in batch?.Skipped ?? [])
                skipped.TryAdd(item.Index, item);
            statistics = new(
                statistics.Items + (batch?.Items.Count ?? 0),
                statistics.Skipped + (batch?.Skipped.Count ?? 0),
                statistics.Waited + Stopwatch.GetElapsedTime(waiting, now),
                statistics.Elapsed + Stopwatch.GetElapsedTime(begun, now));
        }
        begun = now;
    }

    /// <summary>What a thread does.</summary>
    private void Work()
    {
        foreach (var (batch, place) in places.GetConsumingEnumerable())
        {
            if (isDisposed)
                batch.Cancel();
            batch.Work(place, Fill);
        }
    }

    private void Fill(BatchInWork<TBatch> batch, int place)
    {
        var wanted = batch.Items[place];
        var item = wanted;
        try
        {
            for (var tries = 1; ; tries++)
            {
                try
                {
                    collator.Put(batch.Batch, place, data.Get(item, new(options.Seed, batch.Epoch, wanted)));
                    if (tries > 1)
                        (batch.Batch as IReplacedItems)?.Replaced.Add(place);
                    return;
                }
                catch (DamagedFileException error) when (options.Damaged == DamagedItems.Skip)
                {
                    if (tries == Math.Min(MaxSkippedInRow, data.Count))
                        throw new DatasetException(error.Path, $"{tries} items in a row are damaged; the last: {error.Message}", error);
                    batch.Skip(new(item, error.Message));
                    item = (item + 1) % data.Count;
                }
            }
        }
        catch (Exception error) when (error is not (DamagedFileException or DatasetException))
        {
            var name = data is IItemNames names ? names.NameOf(item) : $"item {item}";
            throw new InvalidOperationException($"{name}: reading it for epoch {batch.Epoch} failed: {error.Message}", error);
        }
    }
}
