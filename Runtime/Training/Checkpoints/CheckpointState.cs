using System;
using System.Collections.Generic;

namespace KnDsl.Training;

/// <summary>What a checkpoint holds beside tensors; <c>state.json</c>.</summary>
internal sealed record CheckpointState
{
    /// <summary>The form of the checkpoint that this program writes.</summary>
    public const int CurrentFormat = 1;

    /// <summary>The form of the checkpoint.</summary>
    public required int Format { get; init; }

    /// <summary>The name of the network's class.</summary>
    public required string Network { get; init; }

    /// <summary>The numbers of the training.</summary>
    public required Progress Progress { get; init; }

    /// <summary>The kind of the optimizer, <c>SGD</c>; null where an earlier version wrote the checkpoint.</summary>
    public string? Optimizer { get; init; }

    /// <summary>The parameters that were not trained, by name; null where an earlier version wrote the checkpoint.</summary>
    public IReadOnlyList<string>? Frozen { get; init; }

    /// <summary>Updates of the moving average.</summary>
    public long AverageUpdates { get; init; }

    /// <summary>The state of the CPU's random generator; base64.</summary>
    public required string Random { get; init; }

    /// <summary>The files beside this one.</summary>
    public required IReadOnlyList<CheckpointPart> Parts { get; init; }

    /// <summary>When it was written, in universal time.</summary>
    public required DateTime Written { get; init; }
}

/// <summary>A file of a checkpoint.</summary>
/// <param name="File">Its name.</param>
/// <param name="Bytes">Its length.</param>
/// <param name="Sha256">The hash of its content, in hexadecimal.</param>
internal sealed record CheckpointPart(string File, long Bytes, string Sha256);
