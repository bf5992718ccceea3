using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using KnDsl.Samples.Detection.Data;
using KnDsl.Samples.Detection.Detectors;
using KnDsl.Samples.Detection.Settings;
using KnDsl.Training;
using KnDsl.Vision;
using TorchSharp;
using static TorchSharp.torch;

namespace KnDsl.Samples.Detection;

/// <summary>The command <c>train</c>.</summary>
internal static class Train
{
    /// <summary>Height and width of a batch are multiples of the coarsest stride of the backbone.</summary>
    public const int Multiple = 32;

    /// <summary>Trains, in this process or in many.</summary>
    /// <returns>The exit code.</returns>
    public static int Run(TrainingStart<TrainSettings> start) => TrainingProcesses.Run(
        start.Settings.Processes, start.Settings.Device, (device, processes) => Run(start, device, processes));

    private static int Run(TrainingStart<TrainSettings> start, Device device, ProcessGroup processes)
    {
        var settings = start.Settings;
        // Before anything is made: a missing folder should be the first thing that the user sees.
        var bad = settings.SkipDamaged ? BadEntries.Skip : BadEntries.Fatal;
        var training = CocoSplit.Open(settings.Data, "train", bad);
        var categories = training.Annotations.Categories;
        var values = CocoSplit.Open(settings.Data, "val", bad, [.. categories.Select(category => category.Name)]);
        var labels = new LabelMap(categories, settings.Labels, Recipe.HasBackground(settings));
        if (start.Resume is not null)
            RunCategories.Require(start.Resume, categories);

        using var detector = Recipe.Detector(settings, labels.Classes, device, settings.Seed, settings.Microbatch);
        var trainingImages = new CocoImages(
            training.Folder, training.Annotations, Recipe.Augmented(settings), detector.HasMasks, labels.LabelOf);
        var valueImages = new FirstImages(
            new CocoImages(values.Folder, values.Annotations, Recipe.Resized(settings)), settings.Evaluated);
        if (settings.Weights is not null && start.Resume is null)
            InitialWeights.Begin(detector.Network, settings.Weights);
        using var folder = processes.IsMain ? start.OpenRun("Detection", device.ToString(), settings.Runs) : null;
        if (folder is { IsResumed: false })
            RunCategories.Write(folder.FullPath, categories);

        var shared = new DataLoaderOptions
        {
            BatchSize = settings.Batch, Seed = settings.Seed, Rank = processes.Rank, Size = processes.Size,
            Threads = settings.Readers ?? Math.Max(1, Environment.ProcessorCount / settings.Processes - 1),
            Damaged = settings.SkipDamaged ? DamagedItems.Skip : DamagedItems.Fatal,
        };
        var collator = new DetectionCollator(Normalize.ImageNet, Multiple, device);
        using var reader = new DataLoader<DetectionItem, DetectionBatch>(
            trainingImages, collator, shared with { Shuffle = true, DropLast = true });
        using var valueReader = new DataLoader<DetectionItem, DetectionBatch>(
            valueImages, collator, shared with { BatchSize = 1 });

        var perStep = settings.Batch * settings.Accumulate * processes.Size;
        using var trainer = new DetectionTrainer(detector.Network, batch => Loss(detector, batch, device), new TrainerSettings
        {
            Epochs = settings.Epochs,
            LearningRate = settings.LearningRate * perStep / 16,
            Schedule = Recipe.Schedule(settings),
            Optimizer = parameters => settings.Optimizer.Create(parameters, settings.WeightDecay),
            Accumulate = settings.Accumulate,
            ClipNorm = settings.ClipNorm,
            AverageDecay = settings.Average,
            Frozen = Recipe.Frozen(settings, detector.Network),
            Watch = new WatchedMetric("AP", LowerIsBetter: false),
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

        IReadOnlyDictionary<string, double> Evaluate() => Evaluation.Figures(
            Evaluation.Detect(detector, valueImages, valueReader, labels, device, processes), valueImages, detector.HasMasks);
    }

    private static Tensor Loss(Detector detector, DetectionBatch batch, Device device) => detector.Loss(
        batch.Images.to(device, non_blocking: true), batch.Sizes, [.. batch.Targets.Select(target => target.To(device))]);
}
