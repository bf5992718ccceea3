using System;

namespace KnDsl.Training;

/// <summary>A step of a training failed; the message says which, where in the network, and what was found.</summary>
/// <param name="message">The message.</param>
/// <param name="at">The place in the training, before the step.</param>
/// <param name="layer">The name of the layer or parameter, where it is known.</param>
/// <param name="cause">What lies beneath it.</param>
public sealed class TrainingException(string message, TrainingPosition at, string? layer = null, Exception? cause = null)
    : Exception(message, cause), IReportedProblem
{
    /// <summary>The place in the training, before the step.</summary>
    public TrainingPosition At { get; } = at;

    /// <summary>The name of the layer or parameter, where it is known.</summary>
    public string? Layer { get; } = layer;
}
