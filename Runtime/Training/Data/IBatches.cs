using System.Collections.Generic;

namespace KnDsl.Training;

/// <summary>The batches of a training in their order.</summary>
/// <typeparam name="TBatch">A batch; the trainer disposes it after use where it can be disposed.</typeparam>
public interface IBatches<out TBatch>
{
    /// <summary>Batches of an epoch, at least 1; the same for all.</summary>
    public long Count { get; }

    /// <summary>
    /// The batches of an epoch. They depend on the epoch alone: a training that goes on from a checkpoint reads the same ones.
    /// </summary>
    /// <param name="epoch">The epoch, from 0.</param>
    /// <param name="first">The first batch to read, from 0; those before it were used already.</param>
    public IEnumerable<TBatch> Read(int epoch, long first = 0);
}
