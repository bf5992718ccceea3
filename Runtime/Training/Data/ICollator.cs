using System;

namespace KnDsl.Training;

/// <summary>
/// Makes batches of items. Only <see cref="Begin"/> and <see cref="Complete"/> may make tensors: the thread that takes batches calls
/// them. Reading threads call <see cref="Put"/>, which works on memory that is there already.
/// </summary>
/// <typeparam name="TItem">One item.</typeparam>
/// <typeparam name="TBatch">A batch of them.</typeparam>
public interface ICollator<in TItem, TBatch> where TBatch : class, IDisposable
{
    /// <summary>A batch whose items are still to be put in.</summary>
    /// <param name="count">The number of its items.</param>
    public TBatch Begin(int count);

    /// <summary>
    /// Puts an item in, which then belongs to the batch. Several threads call this at a time, for different places of a batch.
    /// </summary>
    /// <param name="batch">The batch.</param>
    /// <param name="place">The place of the item, from 0.</param>
    /// <param name="item">The item.</param>
    public void Put(TBatch batch, int place, TItem item);

    /// <summary>Called once all items are in, before the batch is given out.</summary>
    /// <param name="batch">The batch.</param>
    public void Complete(TBatch batch);
}
