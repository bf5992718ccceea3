using System;
using KnDsl.Samples.ImageNet.Networks;
using KnDsl.Training;
using static TorchSharp.torch;

namespace KnDsl.Samples.ImageNet;

/// <summary>What settings mean: network, transforms, data sets, schedule.</summary>
internal static class Recipe
{
    /// <summary>The network with first weights of a seed.</summary>
    public static nn.Module<Tensor, Tensor> Network(NetworkKind kind, NormPolicy policy, int classes, Device device, long seed)
    {
        manual_seed(seed);
        return kind == NetworkKind.ResNet50
            ? new ResNet50(classes: classes, policy: policy, device: device)
            : new MobileNetV2(classes: classes, policy: policy, device: device);
    }

    /// <summary>The policy. MobileNet-v2's layers have 16 channels and more, of which 8 groups are made.</summary>
    public static NormPolicy Policy(NormKind kind, int? microbatch, NetworkKind network) => kind switch
    {
        NormKind.Kalman => NormPolicy.Kalman(microbatch: microbatch),
        NormKind.Batch => NormPolicy.Batch(microbatch: microbatch),
        NormKind.Group => NormPolicy.Group(Groups(network)),
        NormKind.GroupKalman => NormPolicy.GroupKalman(Groups(network)),
        NormKind.Instance => NormPolicy.Instance(),
        NormKind.InstanceKalman => NormPolicy.InstanceKalman(),
        NormKind.Layer => NormPolicy.Layer(),
        NormKind.LayerKalman => NormPolicy.LayerKalman(),
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, null),
    };

    /// <summary>Random crops, flips and colors for training; the middle for evaluation, as torchvision's reference does.</summary>
    public static IImageTransform Augmented(TrainSettings settings) => new Compose(
        new RandomResizedCrop(settings.Size, (settings.CropScale, 1)),
        new RandomHorizontalFlip(),
        new ColorJitter(settings.Jitter, settings.Jitter, settings.Jitter));

    /// <inheritdoc cref="Augmented"/>
    public static IImageTransform Middle(int size) => new ResizeCenterCrop(size * 256 / 224, size);

    /// <summary>The course of the learning rate.</summary>
    public static LearningRateSchedule Schedule(TrainSettings settings)
    {
        var schedule = settings.Schedule == ScheduleKind.Cosine
            ? LearningRateSchedule.Cosine()
            : LearningRateSchedule.Step(0.1, settings.Drops);
        return schedule.WarmUp(settings.WarmUp);
    }

    private static int Groups(NetworkKind network) => network == NetworkKind.ResNet50 ? 32 : 8;
}
