using System;

namespace KnDsl.Training;

/// <summary>The steps of a training.</summary>
/// <param name="Settings">Its settings.</param>
/// <param name="Batches">Batches of an epoch.</param>
internal readonly record struct StepCount(TrainerSettings Settings, long Batches)
{
    /// <summary>Steps of an epoch; the last may be of fewer batches.</summary>
    public long PerEpoch => (Batches + Settings.Accumulate - 1) / Settings.Accumulate;

    /// <summary>Steps in all.</summary>
    public long Total => Settings.Epochs * PerEpoch;

    /// <summary>The number of the last step, from a place on: its own, and those that are left.</summary>
    public long Last(TrainingPosition at) => at.Step + Math.Max(0, Total - Before(at));

    /// <summary>Steps that lie before a place: not those that were made, where the number of processes has changed.</summary>
    public long Before(TrainingPosition at) => at.Epoch * PerEpoch + at.Batch / Settings.Accumulate;
}
