using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using KnDsl.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace KnDsl.Samples.ImageNet;

/// <summary>The command <c>train</c>.</summary>
internal static class Train
{
    /// <summary>Trains, in this process or in many.</summary>
    /// <returns>The exit code.</returns>
    public static int Run(TrainingStart<TrainSettings> start) =>
        TrainingProcesses.Run(start.Settings.Run, (device, processes) => Run(start, device, processes));

    private static int Run(TrainingStart<TrainSettings> start, Device device, ProcessGroup processes)
    {
        var settings = start.Settings;
        // Before anything is made: a missing folder should be the first thing that the user sees.
        using var trainingImages = ImageData.Open(settings.Data, "train", Recipe.Augmented(settings));
        using var valueImages = ImageData.Open(settings.Data, "val", Recipe.Middle(settings.Size), trainingImages.Classes);
        var shared = settings.Run.Loader(settings.Batch, processes);
        var (ofTraining, ofValues) = (shared with { Shuffle = true, DropLast = true }, shared with { Remainder = Remainder.Drop });
        ofTraining.Require(Path.Combine(settings.Data, "train"), trainingImages.Count);
        ofValues.Require(Path.Combine(settings.Data, "val"), valueImages.Count);
        using var folder = processes.IsMain ? start.OpenRun("ImageNet", device.ToString(), settings.Run.Runs) : null;

        using var network = Recipe.Network(
            settings.Network, Recipe.Policy(settings.Norm, settings.Microbatch, settings.Network), trainingImages.Classes.Count, device,
            settings.Run.Seed);
        var type = settings.BFloat16 ? ScalarType.BFloat16 : ScalarType.Float32;
        if (settings.BFloat16)
            network.ToBFloat16();

        using var training = ImageData.Load(trainingImages, settings.Size, device, ofTraining);
        using var values = ImageData.Load(valueImages, settings.Size, device, ofValues);

        var perStep = settings.Batch * settings.Accumulate * processes.Size;
        using var trainer = new Trainer<ImageBatch>(network, batch => Loss(network, batch, device, type, settings), new TrainerSettings
        {
            Epochs = settings.Epochs,
            LearningRate = settings.LearningRate * perStep / 256,
            Schedule = Recipe.Schedule(settings),
            Optimizer = parameters => Optimizers.Sgd(parameters, momentum: 0.9, weightDecay: settings.WeightDecay),
            Accumulate = settings.Accumulate,
            ClipNorm = settings.ClipNorm,
            AverageDecay = settings.Average,
            Watch = new WatchedMetric("top1"),
            Seed = settings.Run.Seed,
            ReportEvery = device.type == DeviceType.CUDA ? 20 : 1,
            CheckpointEvery = settings.Run.CheckpointEvery,
        }, folder?.Checkpoints ?? start.Checkpoints, processes);
        var exit = start.Fit(trainer, folder, training, () => Evaluation.Run(network, values, device, type, processes));
        Tell(training.Skipped.Concat(values.Skipped));
        return exit;
    }

    private static Tensor Loss(nn.Module<Tensor, Tensor> network, ImageBatch batch, Device device, ScalarType type, TrainSettings settings)
    {
        var images = batch.Images.to(device, non_blocking: true);
        var labels = batch.Labels.to(device, non_blocking: true);
        if (settings.Mixup > 0)
            (images, labels) = Mixing.Mixup(images, labels, Classes(), settings.Mixup);
        if (settings.CutMix > 0)
            (images, labels) = Mixing.CutMix(images, labels, Classes(), settings.CutMix);
        return nn.functional.cross_entropy(network.call(images.to(type)).@float(), labels, label_smoothing: settings.LabelSmoothing);

        // The last linear layer has a bias for each class.
        long Classes() => network.named_parameters().Last().parameter.size(0);
    }

    private static void Tell(IEnumerable<SkippedItem> skipped)
    {
        foreach (var item in skipped)
            Console.WriteLine($"skipped: {item.Message}");
    }
}
