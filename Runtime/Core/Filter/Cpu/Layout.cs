using System;

namespace KnDsl;

/// <summary>
/// A contiguous value [samples, channels, positions] and its micro-batches: sample j*S + s belongs to micro-batch s of the S
/// full ones, samples that are left over to a last one.
/// </summary>
internal readonly record struct Layout(long Samples, long Channels, long Positions, MicroBatches Batches)
{
    /// <summary>All statistics: micro-batches times channels.</summary>
    public int Statistics => checked((int)(Batches.Count * Channels));

    /// <summary>Values in a statistic of a micro-batch.</summary>
    public double Values(long microBatch) => (double)SamplesOf(microBatch) * Positions;

    /// <summary>Samples of a micro-batch.</summary>
    public long SamplesOf(long microBatch) => microBatch < Batches.Full ? Batches.Size : Batches.Rest;

    /// <summary>Where in memory a statistic's row of its first sample begins, and how far apart its rows are.</summary>
    public (long First, long Step, long Rows) Rows(long statistic)
    {
        var (microBatch, channel) = Math.DivRem(statistic, Channels);
        var (first, step) = microBatch < Batches.Full ? (microBatch, Batches.Full) : (Batches.Full * Batches.Size, 1L);
        return ((first * Channels + channel) * Positions, step * Channels * Positions, SamplesOf(microBatch));
    }
}
