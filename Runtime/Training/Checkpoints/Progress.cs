using System;
using System.Collections.Generic;

namespace KnDsl.Training;

/// <summary>The numbers of a training that go on from step to step.</summary>
internal sealed record Progress
{
    public TrainingPosition Position { get; init; }

    /// <summary>Batches of an epoch, in each process.</summary>
    public long BatchesPerEpoch { get; init; }

    /// <summary>The processes that train together.</summary>
    public int Processes { get; init; }

    /// <summary>
    /// The sum of the losses of the epoch's batches that were read: by this process since the last checkpoint, and in rank 0 those that all
    /// had read until then.
    /// </summary>
    public double LossSum { get; init; }

    /// <summary>The number of these batches.</summary>
    public long LossCount { get; init; }

    /// <summary>What a process goes on from whose losses another one has: they count once.</summary>
    public Progress WithoutLosses() => this with { LossSum = 0, LossCount = 0 };

    /// <summary>The best value of the figure that is watched.</summary>
    public double? Best { get; init; }

    /// <summary>The step at which it was reached.</summary>
    public long? BestStep { get; init; }

    /// <summary>Evaluations since then.</summary>
    public int SinceBest { get; init; }

    /// <summary>
    /// The same in a training whose epoch has so many batches. Where other numbers of processes share them, the place is as far from the
    /// epoch's beginning.
    /// </summary>
    /// <param name="batches">The batches.</param>
    /// <param name="processes">The processes.</param>
    /// <param name="checkpoint">Where the checkpoint is that it comes from.</param>
    /// <exception cref="CheckpointException">As many processes have other batches.</exception>
    public Progress In(long batches, int processes, string checkpoint)
    {
        var at = Position;
        if (at != default && BatchesPerEpoch != batches)
        {
            if (Processes == processes)
            {
                throw new CheckpointException(
                    checkpoint, $"an epoch of the checkpoint has {BatchesPerEpoch} batches, and of this training {batches}: go on with the "
                    + "same data and batches, or begin anew");
            }

            at = at with { Batch = at.Batch * batches / BatchesPerEpoch };
        }

        return this with { Position = at, BatchesPerEpoch = batches, Processes = processes };
    }

    /// <summary>The same after an evaluation. A figure that is not a number is never the best.</summary>
    /// <param name="name">The figure that is watched.</param>
    /// <param name="lowerIsBetter">Whether less of it is better.</param>
    /// <param name="metrics">The figures.</param>
    /// <exception cref="InvalidOperationException">The figure is not among them.</exception>
    public Progress Judged(string name, bool lowerIsBetter, IReadOnlyDictionary<string, double> metrics)
    {
        if (!metrics.TryGetValue(name, out var value))
        {
            throw new InvalidOperationException(
                $"the figure '{name}' is to be watched, and the evaluation gives {string.Join(", ", metrics.Keys)}");
        }

        var isBetter = !double.IsNaN(value)
            && (Best is not { } best || double.IsNaN(best) || (lowerIsBetter ? value < best : value > best));
        return isBetter
            ? this with { Best = value, BestStep = Position.Step, SinceBest = 0 }
            : this with { SinceBest = SinceBest + 1 };
    }
}
