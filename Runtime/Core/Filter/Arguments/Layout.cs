using System;

namespace KnDsl;

/// <summary>
/// A contiguous value [samples, channels, positions] and its micro-batches: sample j*S + s belongs to micro-batch s of the S
/// full ones, samples that are left over to a last one. A statistic is of a micro-batch and a group of neighbouring channels.
/// </summary>
internal readonly record struct Layout(long Channels, long Positions, long GroupSize, MicroBatches Batches)
{
    /// <summary>Groups of channels.</summary>
    public long Groups { get; } = Channels / GroupSize;

    /// <summary>All statistics: micro-batches times groups.</summary>
    public int Statistics { get; } = checked((int)(Batches.Count * (Channels / GroupSize)));

    /// <summary>Neighbouring values of a sample that are in one statistic.</summary>
    public long RowLength => GroupSize * Positions;

    /// <summary>Values in a statistic of a micro-batch.</summary>
    public double Values(long microBatch) => (double)SamplesOf(microBatch) * RowLength;

    /// <summary>The first channel of a statistic's group.</summary>
    public long FirstChannel(long statistic) => statistic % Groups * GroupSize;

    /// <summary>Samples of a micro-batch.</summary>
    public long SamplesOf(long microBatch) => microBatch < Batches.Full ? Batches.Size : Batches.Rest;

    /// <summary>Where in memory a statistic's row of its first sample begins, and how far apart its rows are.</summary>
    public (long First, long Step, long Rows) Rows(long statistic)
    {
        var (microBatch, group) = Math.DivRem(statistic, Groups);
        var (first, step) = microBatch < Batches.Full ? (microBatch, Batches.Full) : (Batches.Full * Batches.Size, 1L);
        return (first * Channels * Positions + group * RowLength, step * Channels * Positions, SamplesOf(microBatch));
    }
}
