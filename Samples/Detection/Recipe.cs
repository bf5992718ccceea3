using System.Collections.Generic;
using System.Linq;
using KnDsl.Samples.Detection.Detectors;
using KnDsl.Samples.Detection.Settings;
using KnDsl.Training;
using KnDsl.Vision;
using static TorchSharp.torch;

namespace KnDsl.Samples.Detection;

/// <summary>What settings mean: network, frozen parts, transforms, schedule.</summary>
internal static class Recipe
{
    /// <summary>The backbone's five parts as torchvision counts them, from the last.</summary>
    private static readonly string[] Parts = ["layer4", "layer3", "layer2", "layer1", "conv1"];

    /// <summary>The first part has a norm of its own.</summary>
    private const string FirstNorm = "bn1";

    private const string Body = "backbone.body.";

    /// <summary>Whether label 0 of a network is the background.</summary>
    public static bool HasBackground(NetworkSettings settings) => settings.Network != NetworkKind.RetinaNet;

    /// <summary>A detector with first weights of a seed.</summary>
    public static Detector Detector(
        NetworkSettings settings, int classes, Device device, long seed = 1, int? microbatch = null, double scoreThreshold = 0.05)
    {
        manual_seed(seed);
        var shape = DetectorShape.Of(settings.Backbone);
        var norms = new DetectorNorms(
            settings.Norm.ToPolicy(microbatch, shape.Groups, settings.NormEps),
            settings.HeadNorm?.ToPolicy(microbatch, shape.Groups, settings.NormEps));
        return settings.Network == NetworkKind.RetinaNet
            ? new RetinaNetDetector(shape, classes, norms, device, scoreThreshold)
            : new FasterRcnnDetector(shape, classes, settings.Network == NetworkKind.MaskRcnn, norms, device, scoreThreshold);
    }

    /// <summary>The names of what is not trained: parts of the backbone, and all its norms where they are frozen.</summary>
    public static IReadOnlyList<string> Frozen(TrainSettings settings, nn.Module network)
    {
        var parts = Parts.Skip(settings.TrainedParts).Concat(settings.TrainedParts < Parts.Length ? [FirstNorm] : [])
            .Select(part => Body + part);
        return [.. parts, .. settings.Norm.FrozenIn(network, Body)];
    }

    /// <summary>What is done with an image of the training: a part of it, perhaps reversed, in the size that the network sees.</summary>
    public static IObjectTransform Augmented(TrainSettings settings)
    {
        int[] sides = settings.TrainingSides.Count > 0 ? [.. settings.TrainingSides] : [settings.ShortSide];
        IObjectTransform[] crop = settings.CropScale < 1 ? [new CropObjects(settings.CropScale)] : [];
        return new ComposeObjects([.. crop, new FlipObjects(settings.Flip), new ResizeObjects(settings.LongSide, sides)]);
    }

    /// <summary>What is done with an image that is evaluated.</summary>
    public static IObjectTransform Resized(NetworkSettings settings) => new ResizeObjects(settings.LongSide, settings.ShortSide);

    /// <summary>The course of the learning rate.</summary>
    public static LearningRateSchedule Schedule(TrainSettings settings)
    {
        var schedule = settings.Schedule == ScheduleKind.Cosine
            ? LearningRateSchedule.Cosine()
            : LearningRateSchedule.Step(0.1, settings.Drops);
        return schedule.WarmUp(settings.Steps.WarmUp);
    }
}
