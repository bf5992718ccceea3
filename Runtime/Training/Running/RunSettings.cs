using System;
using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace KnDsl.Training;

/// <summary>
/// The settings that every training has: how it runs, not what is learned. A property of this type with <see cref="FlattenAttribute"/>
/// gives a record of settings <c>--seed</c>, <c>--processes</c>, <c>--readers</c>, <c>--device</c> and the others.
/// </summary>
public sealed record RunSettings : DeviceSettings
{
    /// <summary>Determines whatever is random.</summary>
    [Description("Determines first weights, order and augmentation")]
    public long Seed { get; init; } = 1;

    /// <summary>Processes on this machine.</summary>
    [Description("Processes on this machine, each with its own batch"), MayChange]
    [Range(1, 1024)]
    public int Processes { get; init; } = 1;

    /// <summary>Threads that read items, in each process; null is its share of the processors but one.</summary>
    [Description("Threads that read images, in each process; without it, its share of the cores but one"), MayChange]
    [Range(1, 256)]
    public int? Readers { get; init; }

    /// <summary>Whether damaged items are left out.</summary>
    [Description("Leaves out damaged images and entries"), MayChange]
    public bool SkipDamaged { get; init; }

    /// <summary>The folder of all runs.</summary>
    [Description("The folder of all runs"), MayChange]
    public string Runs { get; init; } = "runs";

    /// <summary>Time between two checkpoints within an epoch.</summary>
    [Description("Time between two checkpoints within an epoch"), MayChange]
    [Range(typeof(TimeSpan), "00:00:00", "10675199.02:48:05.4775807")]
    public TimeSpan CheckpointEvery { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>How a loader of the run reads: in the order of the data set, each process its share.</summary>
    /// <param name="batchSize">Items in a batch of a process.</param>
    /// <param name="processes">The processes that train together.</param>
    public DataLoaderOptions Loader(int batchSize, ProcessGroup processes)
    {
        ArgumentNullException.ThrowIfNull(processes);
        return new DataLoaderOptions
        {
            BatchSize = batchSize,
            Seed = Seed,
            Rank = processes.Rank,
            Size = processes.Size,
            Threads = Readers ?? Math.Max(1, Environment.ProcessorCount / Processes - 1),
            Damaged = SkipDamaged ? DamagedItems.Skip : DamagedItems.Fatal,
        };
    }
}
