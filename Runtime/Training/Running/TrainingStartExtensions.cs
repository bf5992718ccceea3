using System;
using System.Collections.Generic;

namespace KnDsl.Training;

/// <summary>A training as the whole work of a command.</summary>
public static class TrainingStartExtensions
{
    /// <summary>The exit code of a program that Ctrl-C ended.</summary>
    private const int Interrupted = 130;

    /// <summary>
    /// Trains to the end, or until Ctrl-C or SIGTERM: from the beginning, or from the last checkpoint of the run that <c>--resume</c>
    /// names. Reports go to the folder of the run and to the console.
    /// </summary>
    /// <param name="start">What the command line says of the training.</param>
    /// <param name="trainer">The trainer, whose folder of checkpoints is that of the run.</param>
    /// <param name="run">The folder of the run; null in a process that is not the first of several, which reports nothing.</param>
    /// <param name="batches">The batches of each epoch.</param>
    /// <param name="evaluate">Figures of the network after an epoch: see <see cref="Trainer{TBatch}.Fit"/>.</param>
    /// <returns>The exit code: 0, or 130 for a training that was interrupted.</returns>
    /// <exception cref="TrainingException">A loss or gradient is not finite.</exception>
    /// <exception cref="CheckpointException">A checkpoint cannot be read, is of another training, or cannot be written.</exception>
    public static int Fit<T, TBatch>(
        this TrainingStart<T> start, Trainer<TBatch> trainer, RunFolder? run, IBatches<TBatch> batches,
        Func<IReadOnlyDictionary<string, double>>? evaluate = null)
        where T : class
    {
        ArgumentNullException.ThrowIfNull(start);
        ArgumentNullException.ThrowIfNull(trainer);
        if (start.Resume is { } folder && !trainer.Resume() && run is not null)
            Console.Error.WriteLine($"{folder} has no checkpoint: the training begins anew.");
        if (run is not null)
            trainer.Observers.Add(run.Observers(new ConsoleProgress()));
        using var interruption = new Interruption();
        return trainer.Fit(batches, evaluate, interruption.Token) == TrainingEnd.Interrupted ? Interrupted : 0;
    }
}
