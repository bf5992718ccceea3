namespace KnDsl.Training;

/// <summary>Follows a training: progress on a console, logs, pictures. All calls come from the thread that trains.</summary>
public interface ITrainingObserver
{
    /// <summary>Called before the first step, also of a training that goes on from a checkpoint.</summary>
    /// <param name="plan">The size of the training, and where it begins.</param>
    public void Started(TrainingPlan plan)
    {
    }

    /// <summary>Called after each step of the optimizer whose loss was read: see <see cref="StepReport"/>.</summary>
    /// <param name="report">What the step did.</param>
    public void Stepped(StepReport report)
    {
    }

    /// <summary>Called after the last step of an epoch, before its evaluation.</summary>
    /// <param name="at">The place in the training.</param>
    public void EpochEnded(TrainingPosition at)
    {
    }

    /// <summary>Called after each evaluation.</summary>
    /// <param name="report">What it found.</param>
    public void Evaluated(EvaluationReport report)
    {
    }

    /// <summary>Called after a checkpoint was written.</summary>
    /// <param name="folder">The checkpoint's folder.</param>
    /// <param name="at">The place in the training that it holds.</param>
    public void Saved(string folder, TrainingPosition at)
    {
    }

    /// <summary>Called when the training ends, for whatever reason but a process that dies.</summary>
    /// <param name="end">Why it ended.</param>
    /// <param name="at">The place in the training.</param>
    public void Ended(TrainingEnd end, TrainingPosition at)
    {
    }
}
