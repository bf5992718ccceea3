using System;
using System.Collections.Generic;
using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Linq;
using KnDsl.Training;

namespace KnDsl.Samples.ImageNet;

/// <summary>The networks of the sample.</summary>
internal enum NetworkKind
{
    [SettingName("resnet50")]
    ResNet50,

    [SettingName("mobilenet-v2")]
    MobileNetV2,
}

/// <summary>The normalizations of the sample.</summary>
internal enum NormKind
{
    Kalman,
    Batch,
    Group,
    GroupKalman,
    Instance,
    InstanceKalman,
    Layer,
    LayerKalman,
}

/// <summary>The courses of the learning rate.</summary>
internal enum ScheduleKind
{
    Drops,
    Cosine,
}

/// <summary>The settings of a training. The defaults are those of the paper's batches of 32.</summary>
internal sealed record TrainSettings : IValidatableObject
{
    [Description("A folder with train/CLASS/*.jpg and val/CLASS/*.jpg, or with tar archives in the folders train and val")]
    public required string Data { get; init; }

    [Description("The network")]
    public NetworkKind Network { get; init; } = NetworkKind.ResNet50;

    [Description("Its normalization")]
    public NormKind Norm { get; init; } = NormKind.Kalman;

    [Description("Images in each statistic; without it, all of a process's batch")]
    [Range(1, 4096)]
    public int? Microbatch { get; init; }

    [Description("Images per step in each process")]
    [Range(1, 4096)]
    public int Batch { get; init; } = 32;

    [Description("Batches whose gradients are averaged for one step")]
    [Range(1, 4096)]
    public int Accumulate { get; init; } = 1;

    [Description("Passes through the images")]
    [Range(1, 10_000)]
    public int Epochs { get; init; } = 100;

    [Description("The highest learning rate for 256 images a step; that of a step of other size is in proportion")]
    [Range(0, 1000.0)]
    public double LearningRate { get; init; } = 0.1;

    [Description("How the rate falls: divided by 10 at the drops, or along a cosine")]
    public ScheduleKind Schedule { get; init; } = ScheduleKind.Drops;

    [Description("Where the rate is divided by 10, as shares of the training")]
    [Range(0, 1.0, MinimumIsExclusive = true, MaximumIsExclusive = true)]
    public IReadOnlyList<double> Drops { get; init; } = [0.3, 0.6, 0.9];

    [Description("Steps of warm-up")]
    [Range(0, int.MaxValue)]
    public int WarmUp { get; init; } = 500;

    [Description("Weight decay, of weights only")]
    [Range(0, 1.0)]
    public double WeightDecay { get; init; } = 1e-4;

    [Description("Share of the target that all classes have in common")]
    [Range(0, 1.0)]
    public double LabelSmoothing { get; init; }

    [Description("mixup's alpha; 0 is off")]
    [Range(0, 10.0)]
    public double Mixup { get; init; }

    [Description("CutMix's alpha; 0 is off")]
    [Range(0, 10.0)]
    [SettingName("cutmix")]
    public double CutMix { get; init; }

    [Description("Change of brightness, contrast and saturation, as torchvision's ColorJitter; 0 is off")]
    [Range(0, 1.0)]
    public double Jitter { get; init; }

    [Description("Decay of a moving average of the weights; without it there is none")]
    [Range(0, 1.0, MinimumIsExclusive = true, MaximumIsExclusive = true)]
    public double? Average { get; init; }

    [Description("The greatest norm of the gradient; without it there is no bound")]
    [Range(0, double.MaxValue, MinimumIsExclusive = true)]
    public double? ClipNorm { get; init; }

    [Description("Side of the crops")]
    [Range(32, 1024)]
    [MultipleOf(32)]
    public int Size { get; init; } = 224;

    [Description("The least share of an image that a crop covers")]
    [Range(0.01, 1.0)]
    public double CropScale { get; init; } = 0.08;

    [Description("Computes in bfloat16, with 32-bit copies of the weights")]
    [SettingName("bfloat16")]
    public bool BFloat16 { get; init; }

    /// <summary>How it runs.</summary>
    [Flatten]
    public RunSettings Run { get; init; } = new();

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Drops.Zip(Drops.Skip(1)).Any(pair => pair.First >= pair.Second))
            yield return new ValidationResult("They must ascend.", [nameof(Drops)]);
    }
}
