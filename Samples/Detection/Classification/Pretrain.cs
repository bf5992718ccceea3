using System.Collections.Generic;
using System.Linq;
using KnDsl.Samples.Detection.Data;
using KnDsl.Samples.Detection.Detectors;
using KnDsl.Samples.Detection.Networks;
using KnDsl.Samples.Detection.Settings;
using KnDsl.Training;
using static KnDsl.Numbers;
using static TorchSharp.torch;

namespace KnDsl.Samples.Detection.Classification;

/// <summary>The command <c>pretrain</c>: trains a backbone as a classifier of objects, whose weights a detector begins with.</summary>
internal static class Pretrain
{
    /// <summary>Trains, in this process or in many.</summary>
    /// <returns>The exit code.</returns>
    public static int Run(TrainingStart<PretrainSettings> start) =>
        TrainingProcesses.Run(start.Settings.Run, (device, processes) => Run(start, device, processes));

    private static int Run(TrainingStart<PretrainSettings> start, Device device, ProcessGroup processes)
    {
        var settings = start.Settings;
        // Before anything is made: a missing folder should be the first thing that the user sees.
        var splits = TrainingSplits.Open(settings.Data, settings.Run, start.Resume);
        var flip = new RandomHorizontalFlip(settings.Flip);
        var jitter = new ColorJitter(settings.Jitter, settings.Jitter, settings.Jitter);
        var trainingObjects = new ObjectCrops(
            splits.Training, settings.Side, (image, random) => jitter.Apply(flip.Apply(image, random), random));
        var valueObjects = new ObjectCrops(splits.Values, settings.Side);
        var shared = settings.Run.Loader(settings.Steps.Batch, processes);
        var (ofTraining, ofValues) = (shared with { Shuffle = true, DropLast = true }, shared with { Remainder = Remainder.Drop });
        splits.Require((ofTraining, trainingObjects.Count), (ofValues, valueObjects.Count));

        manual_seed(settings.Run.Seed);
        var shape = DetectorShape.Of(settings.Backbone);
        using var network = new ResNetClassifier(
            classes: splits.Categories.Count, width: shape.Width, depths: [.. shape.Depths], bottlenecks: shape.HasBottlenecks,
            policy: settings.Norm.ToPolicy(settings.Microbatch, shape.Groups), device: device);
        using var folder = splits.OpenRun(start, "Classification", settings.Run, device, processes);

        var collator = new ImageCollator(settings.Side, settings.Side, Normalize.ImageNet, device);
        using var reader = new DataLoader<LabelledImage, ImageBatch>(trainingObjects, collator, ofTraining);
        using var valueReader = new DataLoader<LabelledImage, ImageBatch>(valueObjects, collator, ofValues);

        var steps = settings.Steps.ForTrainer((settings.LearningRate, 32), settings.Run, device, processes) with
        {
            Schedule = LearningRateSchedule.Cosine().WarmUp(settings.Steps.WarmUp),
            Watch = new WatchedMetric("error"),
        };
        var checkpoints = folder?.Checkpoints ?? start.Checkpoints;
        using var trainer = new Trainer<ImageBatch>(network, Loss, steps, checkpoints, processes);
        var exit = start.Fit(trainer, folder, reader, Evaluate);
        splits.TellLeftOut(reader.Skipped.Concat(valueReader.Skipped), processes);
        return exit;

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
                var labels = batch.Replaced.Without(batch.Labels.to(device));
                var wrong = batch.Replaced.Without(network.call(batch.Images.to(device))).argmax(1).ne(labels);
                counts.add_(stack([wrong.sum(ScalarType.Float64), tensor((double)labels.size(0), device: device)]), One);
            }
        }
        processes.AllReduce(counts, name: "the counts of an evaluation");
        return 100 * counts[0].item<double>() / counts[1].item<double>();
    }
}
