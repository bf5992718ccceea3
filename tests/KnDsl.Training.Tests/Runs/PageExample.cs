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

        [Flatten]
        public RunSettings Run { get; init; } = new();    // --seed, --device, --processes, --readers, --runs, ...
    }

    public static int Begin(string[] args) => TrainingCommand.Create<TrainSettings>("Trains a network.", Train).Run(args);

    private static int Train(TrainingStart<TrainSettings> start) => TrainingProcesses.Run(start.Settings.Run, (device, processes) =>
    {
        var settings = start.Settings;
        manual_seed(settings.Run.Seed);
        using var run = processes.IsMain ? start.OpenRun("tiny", device.ToString(), settings.Run.Runs) : null;
        using var network = new Tiny(device: device);
        using var trainer = new Trainer<(Tensor Images, Tensor Labels)>(
            network, batch => nn.functional.cross_entropy(network.call(batch.Images.to(device)), batch.Labels.to(device)),
            new() { Epochs = settings.Epochs, LearningRate = settings.LearningRate, Seed = settings.Run.Seed },
            run?.Checkpoints ?? start.Checkpoints, processes);
        return start.Fit(trainer, run, Read(settings.Data, settings.Run, processes), () => Evaluate(network, device));
    });

    private static TinyBatches Read(string folder, RunSettings run, ProcessGroup processes) =>
        folder.Length > 0 && run.Loader(batchSize: 8, processes).Size == 1
            ? new TinyBatches()
            : throw new DatasetException(folder, "no data");

    private static IReadOnlyDictionary<string, double> Evaluate(Tiny network, Device device) =>
        device.type == TorchSharp.DeviceType.CPU ? TinyTraining.Evaluate(network) : new Dictionary<string, double>();
}
