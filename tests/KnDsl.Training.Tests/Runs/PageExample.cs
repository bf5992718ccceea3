using System.Collections.Generic;
using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using KnDsl.Training.Tests.Running;
using static TorchSharp.torch;

namespace KnDsl.Training.Tests.Runs;

/// <summary>The program of docs/training.md.</summary>
internal static class PageExample
{
    public sealed record TrainSettings
    {
        [Description("Passes through the images"), Range(1, 10_000)]
        public int Epochs { get; init; } = 10;

        [Range(0, double.PositiveInfinity, MinimumIsExclusive = true)]
        public double LearningRate { get; init; } = 0.1;

        [MayChange]
        public string Data { get; init; } = "data";
    }

    public static int Begin(string[] args) => TrainingCommand.Create<TrainSettings>("Trains a network.", Train).Run(args);

    private static int Train(TrainingStart<TrainSettings> start)
    {
        using var run = start.OpenRun("tiny", device: "cpu");
        using var network = new Tiny();
        using var trainer = new Trainer<(Tensor Images, Tensor Labels)>(
            network, batch => nn.functional.cross_entropy(network.call(batch.Images), batch.Labels),
            new() { Epochs = start.Settings.Epochs, LearningRate = start.Settings.LearningRate }, run.Checkpoints);
        trainer.Observers.Add(run.Observers(new ConsoleProgress()));
        trainer.Resume();    // where --resume was given; a new run has no checkpoint
        using var interruption = new Interruption();
        var end = trainer.Fit(Read(start.Settings.Data), () => Evaluate(network), interruption.Token);
        return end == TrainingEnd.Interrupted ? 130 : 0;
    }

    private static TinyBatches Read(string folder) => folder.Length > 0 ? new TinyBatches() : throw new DatasetException(folder, "no data");

    private static IReadOnlyDictionary<string, double> Evaluate(Tiny network) => TinyTraining.Evaluate(network);
}
