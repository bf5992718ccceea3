using System;
using System.Collections.Generic;
using TorchSharp.Modules;

namespace KnDsl.Training;

/// <summary>How a network is trained.</summary>
public sealed record TrainerSettings
{
    /// <summary>Passes through the batches, at least 1.</summary>
    public required int Epochs { get; init; }

    /// <summary>The highest learning rate.</summary>
    public required double LearningRate { get; init; }

    /// <summary>The course of the rate.</summary>
    public LearningRateSchedule Schedule { get; init; } = LearningRateSchedule.Cosine();

    /// <summary>Creates the optimizer over the parameters; those that are frozen have <c>requires_grad</c> false.</summary>
    public Func<IReadOnlyList<NamedParameter>, OptimizerHelper> Optimizer { get; init; } = parameters => Optimizers.Sgd(parameters);

    /// <summary>Batches whose gradients are averaged for one step of the optimizer. The last step of an epoch may have fewer.</summary>
    public int Accumulate { get; init; } = 1;

    /// <summary>The greatest norm of the gradient; one above it is scaled down. Null leaves it.</summary>
    public double? ClipNorm { get; init; }

    /// <summary>The decay of the moving average of the weights, with which the network is evaluated; null keeps none.</summary>
    public double? AverageDecay { get; init; }

    /// <summary>Names of modules that are not trained, such as <c>layer1</c>: a frozen norm stays in inference mode.</summary>
    public IReadOnlyList<string> Frozen { get; init; } = [];

    /// <summary>The figure of an evaluation by which the best checkpoint is kept; null keeps no best one.</summary>
    public WatchedMetric? Watch { get; init; }

    /// <summary>Determines whatever the network draws in training (dropout, a sampled transition).</summary>
    public long Seed { get; init; } = 1;

    /// <summary>
    /// Steps between two readings of the loss. A reading waits for the device; on a CPU 1 costs nothing. A loss that is not finite is
    /// noticed when it is read.
    /// </summary>
    public int ReportEvery { get; init; } = 1;

    /// <summary>Steps between two checkpoints within an epoch; null for none. At the end of an epoch there always is one.</summary>
    public long? CheckpointEverySteps { get; init; }

    /// <summary>Time between two checkpoints within an epoch; null for none.</summary>
    public TimeSpan? CheckpointEvery { get; init; }

    /// <summary>Steps between two comparisons of the parameters of several processes; null makes none.</summary>
    public long? CompareEverySteps { get; init; } = 1000;

    /// <summary>How many of the last checkpoints are kept, at least 1; the best one is kept beside them.</summary>
    public int KeepLast { get; init; } = 2;

    internal void Check()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(Epochs, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(LearningRate);
        ArgumentOutOfRangeException.ThrowIfLessThan(Accumulate, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(ReportEvery, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(KeepLast, 1);
        if (ClipNorm is { } norm)
            ArgumentOutOfRangeException.ThrowIfNegativeOrZero(norm, nameof(ClipNorm));
        if (CompareEverySteps is { } compared)
            ArgumentOutOfRangeException.ThrowIfLessThan(compared, 1, nameof(CompareEverySteps));
        if (CheckpointEverySteps is { } steps)
            ArgumentOutOfRangeException.ThrowIfLessThan(steps, 1, nameof(CheckpointEverySteps));
        if (CheckpointEvery is { } time)
            ArgumentOutOfRangeException.ThrowIfLessThan(time, TimeSpan.Zero, nameof(CheckpointEvery));
        if (Watch?.Patience is { } patience)
            ArgumentOutOfRangeException.ThrowIfLessThan(patience, 1, nameof(Watch.Patience));
    }
}

/// <summary>A figure of the evaluations that is watched.</summary>
/// <param name="Name">Its name among the figures.</param>
/// <param name="LowerIsBetter">Whether less of it is better, as of an error.</param>
/// <param name="Patience">Evaluations without a better one after which the training ends, at least 1; null never ends it.</param>
public sealed record WatchedMetric(string Name, bool LowerIsBetter = true, int? Patience = null);
