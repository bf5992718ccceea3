using System;
using System.Globalization;

namespace KnDsl.Training;

/// <summary>What a loader has done so far. The difference of two says what it did between them.</summary>
/// <param name="Items">Items in the batches that it gave.</param>
/// <param name="Skipped">How often an item was damaged and another read in its place.</param>
/// <param name="Waited">How long it was waited for.</param>
/// <param name="Elapsed">How long epochs went on, with what the consumer did between batches.</param>
public readonly record struct DataLoaderStatistics(long Items, long Skipped, TimeSpan Waited, TimeSpan Elapsed)
{
    /// <summary>The part of the time that the loader was waited for, from 0 to 1.</summary>
    public double WaitedShare => Elapsed > TimeSpan.Zero ? Waited / Elapsed : 0;

    /// <summary>What was done between two times.</summary>
    public static DataLoaderStatistics operator -(DataLoaderStatistics later, DataLoaderStatistics earlier) => new(
        later.Items - earlier.Items, later.Skipped - earlier.Skipped, later.Waited - earlier.Waited, later.Elapsed - earlier.Elapsed);

    /// <summary>One line: items, share waited for, and how many were skipped if any were.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Items} items, loader waited for {WaitedShare:P1} of the time{(Skipped > 0 ? $", {Skipped} damaged items skipped" : "")}");
}
