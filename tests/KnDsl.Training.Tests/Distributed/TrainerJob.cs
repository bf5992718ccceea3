using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Threading;
using static TorchSharp.torch;

namespace KnDsl.Training.Tests;

/// <summary>The trainer's training of a network without dropout, of whose batches each process takes its share.</summary>
internal static class TrainerJob
{
    private const long Batch = 8;

    /// <summary>Trains, or goes on from the folder's last checkpoint.</summary>
    /// <param name="group">The processes.</param>
    /// <param name="checkpoints">The folder of checkpoints, for all.</param>
    /// <param name="file">Where rank 0 writes the values at the end.</param>
    /// <param name="interruptedAfter">The step after which the last rank asks for the end; 0 is never.</param>
    public static void Run(ProcessGroup group, string checkpoints, string file, int interruptedAfter)
    {
        using var network = new SmallNetwork(seed: 100 + group.Rank, NormPolicy.Group(4));
        using var trainer = new Trainer<(Tensor Images, Tensor Labels)>(
            network, batch => nn.functional.cross_entropy(network.call(batch.Images), batch.Labels), new TrainerSettings
            {
                Epochs = 3, LearningRate = 0.1, ClipNorm = 1, AverageDecay = 0.9, CompareEverySteps = 4, Watch = new("loss"),
                // Where it will be interrupted, it is time by the clock of the last rank, and of no other.
                CheckpointEvery = interruptedAfter > 0 && group.Rank == group.Size - 1 ? TimeSpan.Zero : TimeSpan.FromHours(1),
            }, group.IsMain || Directory.Exists(checkpoints) ? checkpoints : null, group);
        // A new training has a folder in rank 0 alone.
        if (Directory.Exists(checkpoints) && Directory.GetDirectories(checkpoints).Length > 0)
            trainer.Resume();
        var (operations, losses) = (new Operations(group), new Losses());
        trainer.Observers.Add(losses);
        trainer.Observers.Add(operations);
        using var source = new CancellationTokenSource();
        if (group.Rank == group.Size - 1)
            trainer.Observers.Add(new Ending(source, interruptedAfter));
        var end = trainer.Fit(new Shares(group), () => new Dictionary<string, double> { ["loss"] = 1 }, source.Token);
        Console.WriteLine($"{operations.OfAStep} operations");
        Console.WriteLine(FormattableString.Invariant($"losses {string.Join(' ', losses.OfEpochs.Select(loss => $"{loss:0.000000}"))}"));
        if (group.IsMain)
        {
            File.WriteAllLines(
                file, Training.ValuesOf(network).Select(value => value.ToString("R", CultureInfo.InvariantCulture)).Prepend($"{end}"));
        }
    }

    private sealed class Ending(CancellationTokenSource source, int after) : ITrainingObserver
    {
        public void Stepped(StepReport report)
        {
            if (report.Position.Step == after)
                source.Cancel();
        }
    }

    /// <summary>The mean losses of the epochs.</summary>
    private sealed class Losses : ITrainingObserver
    {
        public List<double> OfEpochs { get; } = [];

        public void Evaluated(EvaluationReport report) => OfEpochs.Add(report.Metrics["train_loss"]);
    }

    /// <summary>Counts the operations from a step to the next.</summary>
    private sealed class Operations(ProcessGroup group) : ITrainingObserver
    {
        private long _before;

        public long OfAStep { get; private set; } = long.MaxValue;

        public void Stepped(StepReport report)
        {
            // Without a comparison of parameters, and without what a checkpoint needs, there are the fewest.
            OfAStep = Math.Min(OfAStep, group.Operations - _before);
            _before = group.Operations;
        }
    }

    /// <summary>Eight batches of an epoch in one process; of two, each has eight halves.</summary>
    private sealed class Shares(ProcessGroup group) : IBatches<(Tensor Images, Tensor Labels)>
    {
        public long Count => 8;

        public IEnumerable<(Tensor Images, Tensor Labels)> Read(int epoch, long first = 0)
        {
            for (var batch = first; batch < Count; batch++)
            {
                using var generator = new Generator((ulong)(epoch * Count + batch), CPU);
                var share = Batch / group.Size;
                var images = randn([Batch, 1, 10, 10], ScalarType.Float64, generator: generator);
                var labels = randint(4, [Batch], ScalarType.Int64, generator: generator);
                yield return (images.narrow(0, group.Rank * share, share), labels.narrow(0, group.Rank * share, share));
            }
        }
    }
}
