using System.Collections.Generic;
using System.Diagnostics;
using KnDsl.Training;

namespace KnDsl.Samples.FashionMnist.Training;

/// <summary>Follows the training of a method: its epochs, by a clock that does not count tests.</summary>
internal class Course(Method method) : ITrainingObserver
{
    /// <summary>The name of the test error, in percent, among the figures of an evaluation.</summary>
    public const string ErrorMetric = "error";

    private readonly List<Epoch> epochs = [];
    private readonly Stopwatch clock = new();

    /// <summary>The method.</summary>
    public Method Method { get; } = method;

    /// <summary>The epochs that were tested, and the last one if it diverged.</summary>
    public IReadOnlyList<Epoch> Epochs => epochs;

    public virtual void Started(TrainingPlan plan) => clock.Start();

    public virtual void Stepped(StepReport report) => clock.Start();

    public void EpochEnded(TrainingPosition at) => clock.Stop();

    public void Evaluated(EvaluationReport report)
    {
        if (report.Metrics.TryGetValue(ErrorMetric, out var error))
            Add(new Epoch(report.Position.Epoch + 1, report.Metrics["train_loss"], error, clock.Elapsed));
    }

    /// <summary>Called where a loss is no longer finite, which ends the training.</summary>
    public void Diverged(TrainingPosition at) => Add(Epoch.Diverged(at.Epoch + 1, clock.Elapsed));

    /// <summary>Called with each epoch.</summary>
    protected virtual void Tested(Epoch epoch)
    {
    }

    private void Add(Epoch epoch)
    {
        epochs.Add(epoch);
        Tested(epoch);
    }
}
