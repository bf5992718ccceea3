using System;
using System.Collections.Generic;
using System.Runtime.ExceptionServices;
using System.Threading;

namespace KnDsl.Training;

/// <summary>A batch that threads fill, place by place.</summary>
/// <param name="batch">The batch.</param>
/// <param name="items">The item of each place.</param>
/// <param name="epoch">The epoch.</param>
internal sealed class BatchInWork<TBatch>(TBatch batch, ArraySegment<long> items, int epoch) : IDisposable
    where TBatch : class, IDisposable
{
    private readonly ManualResetEventSlim done = new(initialState: items.Count == 0);
    private readonly List<SkippedItem> skipped = [];
    private int left = items.Count;
    private (int Place, Exception Error)? failure;
    private volatile bool isCancelled;

    public TBatch Batch => batch;

    public ArraySegment<long> Items => items;

    public int Epoch => epoch;

    /// <summary>The items that others were read for, in any order; complete once all places are.</summary>
    public IReadOnlyList<SkippedItem> Skipped => skipped;

    /// <summary>Runs the work on a place, unless the batch is not wanted any more.</summary>
    public void Work(int place, Action<BatchInWork<TBatch>, int> fill)
    {
        try
        {
            if (!isCancelled)
                fill(this, place);
        }
        catch (Exception error)
        {
            lock (skipped)
            {
                // The first place's, so that the same error comes out whatever the number of threads.
                if (failure is not { } earlier || place < earlier.Place)
                    failure = (place, error);
            }
        }
        finally
        {
            if (Interlocked.Decrement(ref left) == 0)
                done.Set();
        }
    }

    public void Skip(SkippedItem item)
    {
        lock (skipped)
            skipped.Add(item);
    }

    /// <summary>Lets threads pass over the places that are not begun.</summary>
    public void Cancel() => isCancelled = true;

    /// <summary>Waits until no thread works on the batch.</summary>
    public void Wait() => done.Wait();

    /// <summary>Throws what was thrown for the first place that failed.</summary>
    public void ThrowFailure()
    {
        if (failure is { } found)
            ExceptionDispatchInfo.Throw(found.Error);
    }

    /// <summary>Cancels the rest, waits for what is begun, and frees the batch: threads write into its memory until then.</summary>
    public void Dispose()
    {
        Cancel();
        Wait();
        done.Dispose();
        batch.Dispose();
    }
}
