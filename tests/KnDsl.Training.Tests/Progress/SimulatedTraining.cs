using System;
using System.Collections.Generic;

namespace KnDsl.Training.Tests.Progress;

/// <summary>Tells observers what a trainer would: epochs of 5 batches, a step each half second, an evaluation after each epoch.</summary>
internal static class SimulatedTraining
{
    public const int Batches = 5, Epochs = 4, Steps = Batches * Epochs;

    public static TrainingPlan Plan(long begin = 0) => new(At(begin), Epochs, Batches, Steps);

    public static TrainingPosition At(long step) => new(step, (int)(step / Batches), step % Batches);

    public static StepReport Step(long step, long begin = 0, double? norm = 1.5) => new(
        At(step), 2.0 / step, 0.1 * (Steps - step) / Steps, norm, 32, TimeSpan.FromSeconds(0.5 * (step - begin)),
        TimeSpan.FromSeconds(0.05 * (step - begin)));

    public static EvaluationReport Evaluation(long step, long begin = 0) => new(
        At(step), new Dictionary<string, double> { ["error"] = 100.0 / step, ["loss"] = 3.0 / step }, true,
        TimeSpan.FromSeconds(0.5 * (step - begin)));

    /// <summary>Trains from a place to another, with no word about an end: the process dies.</summary>
    public static void Run(ITrainingObserver observer, long begin, long end, bool evaluatesAtBegin = false)
    {
        observer.Started(Plan(begin));
        if (evaluatesAtBegin)
            observer.Evaluated(Evaluation(begin, begin));
        for (var step = begin + 1; step <= end; step++)
        {
            observer.Stepped(Step(step, begin));
            if (step % Batches == 0)
                observer.Evaluated(Evaluation(step, begin));
        }
    }
}
