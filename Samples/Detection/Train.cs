using System.Collections.Generic;
using System.Linq;
using KnDsl.Samples.Detection.Data;
using KnDsl.Samples.Detection.Detectors;
using KnDsl.Samples.Detection.Settings;
using KnDsl.Training;
using KnDsl.Vision;
using static TorchSharp.torch;

namespace KnDsl.Samples.Detection;

/// <summary>The command <c>train</c>.</summary>
internal static class Train
{
    /// <summary>Height and width of a batch are multiples of the coarsest stride of the backbone.</summary>
    public const int Multiple = 32;

    /// <summary>Trains, in this process or in many.</summary>
    /// <returns>The exit code.</returns>
    public static int Run(TrainingStart<TrainSettings> start) =>
        TrainingProcesses.Run(start.Settings.Run, (device, processes) => Run(start, device, processes));

    private static int Run(TrainingStart<TrainSettings> start, Device device, ProcessGroup processes)
    {
        var settings = start.Settings;
        // Before anything is made: a missing folder should be the first thing that the user sees.
        var splits = TrainingSplits.Open(settings.Data, settings.Run, start.Resume);
        var labels = new LabelMap(splits.Categories, settings.Labels, Recipe.HasBackground(settings));

        using var detector = Recipe.Detector(settings, labels.Classes, device, settings.Run.Seed, settings.Microbatch);
        var trainingImages = new CocoImages(
            splits.Training.Folder, splits.Training.Annotations, Recipe.Augmented(settings), detector.HasMasks, labels.LabelOf);
        var valueImages = new FirstImages(
            new CocoImages(splits.Values.Folder, splits.Values.Annotations, Recipe.Resized(settings)), settings.Evaluated);
        var shared = settings.Run.Loader(settings.Steps.Batch, processes);
        var (ofTraining, ofValues) = (shared with { Shuffle = true, DropLast = true }, shared with { BatchSize = 1 });
        splits.Require((ofTraining, trainingImages.Count), (ofValues, valueImages.Count));
        if (settings.Weights is not null && start.IsBeginning)
            InitialWeights.Begin(detector.Network, settings.Weights);
        using var folder = splits.OpenRun(start, "Detection", settings.Run, device, processes);

        var collator = new DetectionCollator(Normalize.ImageNet, Multiple, device);
        using var reader = new DataLoader<DetectionItem, DetectionBatch>(trainingImages, collator, ofTraining);
        using var valueReader = new DataLoader<DetectionItem, DetectionBatch>(valueImages, collator, ofValues);

        var steps = settings.Steps.ForTrainer((settings.LearningRate, 16), settings.Run, device, processes) with
        {
            Schedule = Recipe.Schedule(settings),
            AverageDecay = settings.Average,
            Frozen = Recipe.Frozen(settings, detector.Network),
            Watch = new WatchedMetric("AP", LowerIsBetter: false),
        };
        var checkpoints = folder?.Checkpoints ?? start.Checkpoints;
        using var trainer = new DetectionTrainer(detector.Network, batch => Loss(detector, batch, device), steps, checkpoints, processes);
        var exit = start.Fit(trainer, folder, reader, Evaluate);
        splits.TellLeftOut(reader.Skipped.Concat(valueReader.Skipped), processes);
        return exit;

        IReadOnlyDictionary<string, double> Evaluate() => Evaluation.Figures(
            Evaluation.Detect(detector, valueImages, valueReader, labels, device, processes), valueImages.Annotations, detector.HasMasks);
    }

    private static Tensor Loss(Detector detector, DetectionBatch batch, Device device) => detector.Loss(
        batch.Images.to(device, non_blocking: true), batch.Sizes, [.. batch.Targets.Select(target => target.To(device))]);
}
