using System;
using System.Collections.Generic;
using System.Linq;
using KnDsl.Samples.Detection.Data;
using KnDsl.Samples.Detection.Detectors;
using KnDsl.Samples.Detection.Networks;
using KnDsl.Samples.Detection.Settings;
using KnDsl.Training;
using KnDsl.Vision;
using TorchSharp;
using static TorchSharp.torch;

namespace KnDsl.Samples.Detection.Classification;

/// <summary>The command <c>pretrain</c>: trains a backbone as a classifier of objects, whose weights a detector begins with.</summary>
internal static class Pretrain
{
    /// <summary>Trains, in this process or in many.</summary>
    /// <returns>The exit code.</returns>
    public static int Run(TrainingStart<PretrainSettings> start) => TrainingProcesses.Run(
        start.Settings.Processes, start.Settings.Device, (device, processes) => Run(start, device, processes));

    private static int Run(TrainingStart<PretrainSettings> start, Device device, ProcessGroup processes)
    {
        var settings = start.Settings;
        // Before anything is made: a missing folder should be the first thing that the user sees.
        var bad = settings.SkipDamaged ? BadEntries.Skip : BadEntries.Fatal;
        var training = CocoSplit.Open(settings.Data, "train", bad);
        var categories = training.Annotations.Categories;
        var values = CocoSplit.Open(settings.Data, "val", bad, [.. categories.Select(category => category.Name)]);
        if (start.Resume is not null)
            RunCategories.Require(start.Resume, categories);
        var flip = new RandomHorizontalFlip(settings.Flip);
        var jitter = new ColorJitter(settings.Jitter, settings.Jitter, settings.Jitter);
        var trainingObjects = new ObjectCrops(
            training, settings.Side, (image, random) => jitter.Apply(flip.Apply(image, random), random));
        var valueObjects = new ObjectCrops(values, settings.Side);

        manual_seed(settings.Seed);
        var shape = DetectorShape.Of(settings.Backbone);
        using var network = new ResNetClassifier(
            classes: categories.Count, width: shape.Width, depths: [.. shape.Depths], bottlenecks: shape.HasBottlenecks,
            policy: settings.Norm.ToPolicy(settings.Microbatch, shape.Groups), device: device);
        using var folder = processes.IsMain ? start.OpenRun("Classification", device.ToString(), settings.Runs) : null;
        if (folder is { IsResumed: false })
            RunCategories.Write(folder.FullPath, categories);

        var shared = new DataLoaderOptions
        {
            BatchSize = settings.Batch, Seed = settings.Seed, Rank = processes.Rank, Size = processes.Size,
            Threads = settings.Readers ?? Math.Max(1, Environment.ProcessorCount / settings.Processes - 1),
            Damaged = settings.SkipDamaged ? DamagedItems.Skip : DamagedItems.Fatal,
        };
        var collator = new ImageCollator(settings.Side, settings.Side, Normalize.ImageNet, device);
        using var reader = new DataLoader<LabelledImage, ImageBatch>(
            trainingObjects, collator, shared with { Shuffle = true, DropLast = true });
        using var valueReader = new DataLoader<LabelledImage, ImageBatch>(
            valueObjects, collator, shared with { Remainder = Remainder.Drop });

        var perStep = settings.Batch * processes.Size;
        using var trainer = new Trainer<ImageBatch>(network, Loss, new TrainerSettings
        {
            Epochs = settings.Epochs,
            LearningRate = settings.LearningRate * perStep / 32,
            Schedule = LearningRateSchedule.Cosine().WarmUp(settings.WarmUp),
            Optimizer = parameters => settings.Optimizer.Create(parameters, settings.WeightDecay),
            Watch = new WatchedMetric("error"),
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

        Tensor Loss(ImageBatch batch) => nn.functional.cross_entropy(
            network.call(batch.Images.to(device, non_blocking: true)), batch.Labels.to(device, non_blocking: true));

        Dictionary<string, double> Evaluate() => new() { ["error"] = Error(network, valueReader, device, processes) };
    }

    /// <summary>The share of objects that are taken for another category, in percent, over all processes.</summary>
    private static double Error(
        ResNetClassifier network, DataLoader<LabelledImage, ImageBatch> loader, Device device, ProcessGroup processes)
    {
        using var counts = zeros(2, ScalarType.Float64, device);
        foreach (var batch in loader.Read(epoch: 0))
        {
            using var scope = NewDisposeScope();
            using (batch)
            {
                var labels = batch.Labels.to(device);
                var wrong = network.call(batch.Images.to(device)).argmax(1).ne(labels);
                counts.add_(stack([wrong.sum(ScalarType.Float64), tensor((double)labels.size(0), device: device)]));
            }
        }
        processes.AllReduce(counts, name: "the counts of an evaluation");
        return 100 * counts[0].item<double>() / counts[1].item<double>();
    }
}
