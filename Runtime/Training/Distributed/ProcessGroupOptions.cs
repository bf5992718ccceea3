using System;
using static TorchSharp.torch;

namespace KnDsl.Training;

/// <summary>How processes find each other, and for how long they wait.</summary>
public sealed record ProcessGroupOptions
{
    /// <summary>What carries tensors from process to process.</summary>
    public ProcessEngine Engine { get; init; } = ProcessEngine.Automatic;

    /// <summary>Where the tensors are; null is the CPU. It decides which engine is the automatic one.</summary>
    public Device? Device { get; init; }

    /// <summary>How long a process waits until all others have come.</summary>
    public TimeSpan RendezvousTimeout { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>
    /// How long one operation waits for the others before it fails. A process that ends is noticed at once; this is for one that hangs,
    /// and for a machine that is cut off. It must be longer than what one process does alone: writing a checkpoint, for example.
    /// </summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Which process this is and where the first one is; null reads it from the environment.</summary>
    public ProcessEnvironment? Environment { get; init; }
}
