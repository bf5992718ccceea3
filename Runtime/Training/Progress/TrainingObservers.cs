using System;
using System.Collections.Generic;
using System.IO;
using System.Runtime.ExceptionServices;

namespace KnDsl.Training;

/// <summary>
/// Several observers as one. A report that cannot be written does not end a training: after the training has begun, a full disk, a folder
/// without permission or a native library that is missing is said once for each message, and the training goes on.
/// </summary>
/// <remarks>
/// What an observer throws when the training begins is thrown: nothing is lost yet. When the training ends every observer is told, whatever
/// the others throw, and nothing is thrown if it failed: its own exception is what matters.
/// </remarks>
/// <param name="all">The observers; each is told in this order.</param>
/// <param name="notices">Where problems are said; null is the console's error stream.</param>
public sealed class TrainingObservers(IReadOnlyList<ITrainingObserver> all, TextWriter? notices = null) : ITrainingObserver
{
    private readonly Notices _notices = new(notices);

    /// <inheritdoc />
    public void Started(TrainingPlan plan)
    {
        foreach (var observer in all)
            observer.Started(plan);
    }

    /// <inheritdoc />
    public void Stepped(StepReport report) => ForEach(observer => observer.Stepped(report));

    /// <inheritdoc />
    public void EpochEnded(TrainingPosition at) => ForEach(observer => observer.EpochEnded(at));

    /// <inheritdoc />
    public void Evaluated(EvaluationReport report) => ForEach(observer => observer.Evaluated(report));

    /// <inheritdoc />
    public void Saved(string folder, TrainingPosition at) => ForEach(observer => observer.Saved(folder, at));

    /// <inheritdoc />
    public void Ended(TrainingEnd end, TrainingPosition at)
    {
        Exception? first = null;
        foreach (var observer in all)
        {
            try
            {
                observer.Ended(end, at);
            }
            catch (Exception e)
            {
                if (IsOfReport(e) || end == TrainingEnd.Failed)
                    _notices.Say(e.Message);
                else
                    first ??= e;
            }
        }
        if (first is not null)
            ExceptionDispatchInfo.Throw(first);
    }

    private void ForEach(Action<ITrainingObserver> tell)
    {
        foreach (var observer in all)
        {
            try
            {
                tell(observer);
            }
            catch (Exception e) when (IsOfReport(e))
            {
                _notices.Say(e.Message, " The training goes on.");
            }
        }
    }

    private static bool IsOfReport(Exception e) =>
        e is IOException or UnauthorizedAccessException or DllNotFoundException or TypeInitializationException;
}
