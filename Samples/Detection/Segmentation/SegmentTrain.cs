using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using KnDsl.Samples.Detection.Data;
using KnDsl.Samples.Detection.Settings;
using KnDsl.Training;
using KnDsl.Vision;
using TorchSharp;
using static TorchSharp.torch;

namespace KnDsl.Samples.Detection.Segmentation;

/// <summary>The command <c>segment train</c>.</summary>
internal static class SegmentTrain
{
    /// <summary>Trains, in this process or in many.</summary>
    /// <returns>The exit code.</returns>
    public static int Run(TrainingStart<SegmentTrainSettings> start) => TrainingProcesses.Run(
        start.Settings.Processes, start.Settings.Device, (device, processes) => Run(start, device, processes));

    private static int Run(TrainingStart<SegmentTrainSettings> start, Device device, ProcessGroup processes)
    {
        var settings = start.Settings;
        // Before anything is made: a missing folder should be the first thing that the user sees.
        var bad = settings.SkipDamaged ? BadEntries.Skip : BadEntries.Fatal;
        var training = CocoSplit.Open(settings.Data, "train", bad);
        var categories = training.Annotations.Categories;
        var values = CocoSplit.Open(settings.Data, "val", bad, [.. categories.Select(category => category.Name)]);
        var classes = new SegmentationClasses(categories, settings.Classes);
        if (start.Resume is not null)
            RunCategories.Require(start.Resume, categories);
        var trainingImages = new SegmentationImages(training, classes, SegmentationRecipe.Augmented(settings));
        var valueImages = new SegmentationImages(values, classes, SegmentationRecipe.Resized(settings));

        using var network = SegmentationRecipe.Network(settings, classes.Names.Count, device, settings.Seed, settings.Microbatch);
        if (settings.Weights is not null && start.Resume is null)
            SegmentationWeights.Begin(network.Module, settings.Weights);
        using var folder = processes.IsMain ? start.OpenRun("Segmentation", device.ToString(), settings.Runs) : null;
        if (folder is { IsResumed: false })
            RunCategories.Write(folder.FullPath, categories);

        var shared = new DataLoaderOptions
        {
            BatchSize = settings.Batch, Seed = settings.Seed, Rank = processes.Rank, Size = processes.Size,
            Threads = settings.Readers ?? Math.Max(1, Environment.ProcessorCount / settings.Processes - 1),
            Damaged = settings.SkipDamaged ? DamagedItems.Skip : DamagedItems.Fatal,
        };
        var collator = new SegmentationCollator(device);
        using var reader = new DataLoader<SegmentationItem, SegmentationBatch>(
            trainingImages, collator, shared with { Shuffle = true, DropLast = true });
        using var valueReader = new DataLoader<SegmentationItem, SegmentationBatch>(
            valueImages, collator, shared with { BatchSize = 1, Remainder = Remainder.Drop });

        var perStep = settings.Batch * settings.Accumulate * processes.Size;
        // torchvision's reference has SGD, and this with it.
        var auxiliaryRate = settings.Optimizer == OptimizerKind.Sgd ? 10.0 : 1;
        using var trainer = new SegmentationTrainer(network, device, auxiliaryRate, new TrainerSettings
        {
            Epochs = settings.Epochs,
            LearningRate = settings.LearningRate * perStep / 32,
            Schedule = LearningRateSchedule.Polynomial(settings.Power).WarmUp(settings.WarmUp),
            Optimizer = parameters => settings.Optimizer.Create(parameters, settings.WeightDecay),
            Accumulate = settings.Accumulate,
            ClipNorm = settings.ClipNorm,
            Frozen = SegmentationRecipe.Frozen(settings, network.Module),
            Watch = new WatchedMetric("mIoU", LowerIsBetter: false),
            Seed = settings.Seed,
            ReportEvery = device.type == DeviceType.CUDA ? 20 : 1,
            CheckpointEvery = settings.CheckpointEvery,
        }, folder?.Checkpoints ?? start.Checkpoints, processes);
        if (start.Resume is not null)
            trainer.Resume();
        if (folder is not null)
            trainer.Observers.Add(folder.Observers(new ConsoleProgress()));

        using var interruption = new Interruption();
        var end = trainer.Fit(reader, Evaluate, interruption.Token);
        if (processes.IsMain)
        {
            LeftOut.Tell(
                [.. training.Annotations.Skipped, .. values.Annotations.Skipped], reader.Skipped.Concat(valueReader.Skipped), Console.Out);
        }

        return end == TrainingEnd.Interrupted ? 130 : 0;

        IReadOnlyDictionary<string, double> Evaluate()
        {
            var figures = SegmentationEvaluation.Run(network, valueReader, classes.Names.Count, device, processes);
            return new Dictionary<string, double> { ["mIoU"] = figures.MeanIoU, ["pixel-accuracy"] = figures.PixelAccuracy };
        }
    }
}
