namespace KnDsl.Training;

/// <summary>The numbers of a training that go on from step to step.</summary>
internal sealed record Progress
{
    public TrainingPosition Position { get; init; }

    /// <summary>Batches of an epoch, in each process.</summary>
    public long BatchesPerEpoch { get; init; }

    /// <summary>The processes that train together.</summary>
    public int Processes { get; init; }

    /// <summary>The sum of the losses of the epoch's batches that were read.</summary>
    public double LossSum { get; init; }

    /// <summary>The number of these batches.</summary>
    public long LossCount { get; init; }

    /// <summary>The best value of the figure that is watched.</summary>
    public double? Best { get; init; }

    /// <summary>The step at which it was reached.</summary>
    public long? BestStep { get; init; }

    /// <summary>Evaluations since then.</summary>
    public int SinceBest { get; init; }
}
