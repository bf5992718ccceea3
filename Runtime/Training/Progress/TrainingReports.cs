using System;
using System.Collections.Generic;

namespace KnDsl.Training;

/// <summary>The size of a training.</summary>
/// <param name="Begin">Where it begins: after 0 steps, or where a checkpoint was written.</param>
/// <param name="Epochs">Epochs in all.</param>
/// <param name="BatchesPerEpoch">Batches of an epoch in this process.</param>
/// <param name="Steps">Steps of the optimizer in all.</param>
public sealed record TrainingPlan(TrainingPosition Begin, int Epochs, long BatchesPerEpoch, long Steps);

/// <summary>What a step of the optimizer did.</summary>
/// <param name="Position">The place after the step.</param>
/// <param name="Loss">The mean loss of the step's batches, without weight decay.</param>
/// <param name="LearningRate">The rate that the step was made with.</param>
/// <param name="GradientNorm">The norm of the gradient before clipping; null where it was not needed.</param>
/// <param name="Samples">Samples in this process since the last report: those of steps whose loss was not read are among them.</param>
/// <param name="Elapsed">Time since the training began in this process.</param>
/// <param name="Waited">Of that time, the part that was spent waiting for batches.</param>
public sealed record StepReport(
    TrainingPosition Position, double Loss, double LearningRate, double? GradientNorm, long Samples, TimeSpan Elapsed, TimeSpan Waited);

/// <summary>The result of an evaluation.</summary>
/// <param name="Position">The place in the training.</param>
/// <param name="Metrics">Figures by name, such as <c>error</c>; in the order in which they are shown.</param>
/// <param name="IsBest">Whether the figure that is watched is the best so far.</param>
/// <param name="Elapsed">Time since the training began in this process.</param>
public sealed record EvaluationReport(
    TrainingPosition Position, IReadOnlyDictionary<string, double> Metrics, bool IsBest, TimeSpan Elapsed);

/// <summary>Why a training ended.</summary>
public enum TrainingEnd
{
    /// <summary>All epochs are done.</summary>
    Finished,

    /// <summary>The figure that is watched has not improved for long enough.</summary>
    EarlyStopped,

    /// <summary>Somebody asked for it, by Ctrl-C, a signal or a call; the last checkpoint holds everything.</summary>
    Interrupted,

    /// <summary>A step failed; the exception says how.</summary>
    Failed,
}
