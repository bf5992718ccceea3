using System.Collections.Generic;
using System.Linq;
using KnDsl.Samples.Detection.Data;
using KnDsl.Samples.Detection.Settings;
using KnDsl.Training;
using static TorchSharp.torch;

namespace KnDsl.Samples.Detection.Segmentation;

/// <summary>The command <c>segment train</c>.</summary>
internal static class SegmentTrain
{
    /// <summary>Trains, in this process or in many.</summary>
    /// <returns>The exit code.</returns>
    public static int Run(TrainingStart<SegmentTrainSettings> start) =>
        TrainingProcesses.Run(start.Settings.Run, (device, processes) => Run(start, device, processes));

    private static int Run(TrainingStart<SegmentTrainSettings> start, Device device, ProcessGroup processes)
    {
        var settings = start.Settings;
        var isSynchronized = settings is { Network: SegmentationKind.DeepLabV3, Norm: NormKind.SynchronizedBatch };
        if (isSynchronized && settings.Steps.Batch * processes.Size == 1)
            throw new SettingsException($"--batch is 1 in a single process: {SegmentTrainSettings.SingleImage}");
        // Before anything is made: a missing folder should be the first thing that the user sees.
        var splits = TrainingSplits.Open(settings.Data, settings.Run, start.Resume);
        var classes = new SegmentationClasses(splits.Categories, settings.Classes);
        var trainingImages = new SegmentationImages(splits.Training, classes, SegmentationRecipe.Augmented(settings));
        var valueImages = new SegmentationImages(splits.Values, classes, SegmentationRecipe.Resized(settings));
        var shared = settings.Run.Loader(settings.Steps.Batch, processes);
        var ofTraining = shared with { Shuffle = true, DropLast = true };
        var ofValues = shared with { BatchSize = 1, Remainder = Remainder.Drop };
        splits.Require((ofTraining, trainingImages.Count), (ofValues, valueImages.Count));

        using var network = SegmentationRecipe.Network(settings, classes.Names.Count, device, settings.Run.Seed, settings.Microbatch);
        if (settings.Weights is not null && start.IsBeginning)
            SegmentationWeights.Begin(network.Module, settings.Weights);
        using var folder = splits.OpenRun(start, "Segmentation", settings.Run, device, processes);

        var collator = new SegmentationCollator(device);
        using var reader = new DataLoader<SegmentationItem, SegmentationBatch>(trainingImages, collator, ofTraining);
        using var valueReader = new DataLoader<SegmentationItem, SegmentationBatch>(valueImages, collator, ofValues);

        // torchvision's reference has SGD, and this with it.
        var auxiliaryRate = settings.Steps.Optimizer == OptimizerKind.Sgd ? 10.0 : 1;
        var steps = settings.Steps.ForTrainer((settings.LearningRate, 32), settings.Run, device, processes) with
        {
            Schedule = LearningRateSchedule.Polynomial(settings.Power).WarmUp(settings.Steps.WarmUp),
            Frozen = SegmentationRecipe.Frozen(settings, network.Module),
            Watch = new WatchedMetric("mIoU", LowerIsBetter: false),
        };
        var checkpoints = folder?.Checkpoints ?? start.Checkpoints;
        using var trainer = new SegmentationTrainer(network, device, auxiliaryRate, steps, checkpoints, processes);
        var exit = start.Fit(trainer, folder, reader, Evaluate);
        splits.TellLeftOut(reader.Skipped.Concat(valueReader.Skipped), processes);
        return exit;

        IReadOnlyDictionary<string, double> Evaluate()
        {
            var figures = SegmentationEvaluation.Run(network, valueReader, classes.Names.Count, device, processes);
            return new Dictionary<string, double> { ["mIoU"] = figures.MeanIoU, ["pixel-accuracy"] = figures.PixelAccuracy };
        }
    }
}
