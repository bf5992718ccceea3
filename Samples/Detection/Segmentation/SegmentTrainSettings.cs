using System;
using System.Collections.Generic;
using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Linq;
using KnDsl.Samples.Detection.Settings;
using KnDsl.Training;

namespace KnDsl.Samples.Detection.Segmentation;

/// <summary>The settings of a training. The defaults are those of torchvision's reference.</summary>
internal sealed record SegmentTrainSettings : SegmentationSettings
{
    /// <summary>Why DeepLab-v3 needs more than an image.</summary>
    public const string SingleImage = "DeepLab-v3 normalizes the means of images; the statistic of a single one is no statistic.";

    [Description("The folder of the set: annotations/instances_train.json, train, and the same with val; or with COCO's names")]
    public required string Data { get; init; }

    [Description("Weights to begin with, as safetensors: of a classifier for the backbone, or of such a network")]
    public string? Weights { get; init; }

    [Description("Images in each statistic; without it, all of a process's batch")]
    [Range(1, 4096)]
    public int? Microbatch { get; init; }

    /// <summary>Its steps.</summary>
    [Flatten]
    public StepSettings Steps { get; init; } = new() { Batch = 4, Epochs = 30 };

    [Description("The first learning rate for 32 images a step; that of a step of other size is in proportion")]
    [Range(0, 1000.0)]
    public double LearningRate { get; init; } = 0.02;

    [Description("The rate falls as the share of the training that is left, to this power")]
    [Range(0, 10.0, MinimumIsExclusive = true)]
    public double Power { get; init; } = 0.9;

    [Description("Side of the parts of images that a training sees, a multiple of 8")]
    [Range(8, 4096)]
    public int Crop { get; init; } = 480;

    [Description("The least shorter side before the crop, to short-side")]
    [Range(0, 10.0, MinimumIsExclusive = true)]
    public double LeastScale { get; init; } = 0.5;

    [Description("The greatest shorter side before the crop, to short-side")]
    [Range(0, 10.0, MinimumIsExclusive = true)]
    public double MostScale { get; init; } = 2;

    [Description("The probability that an image is reversed")]
    [Range(0, 1.0)]
    public double Flip { get; init; } = 0.5;

    /// <summary>How it runs.</summary>
    [Flatten]
    public RunSettings Run { get; init; } = new();

    /// <summary>The images of the smallest statistic: what a micro-batch leaves of a batch has one of its own.</summary>
    private int LeastStatistic => Microbatch is { } size && size < Steps.Batch
        ? Steps.Batch % size is > 0 and var rest ? rest : size
        : Steps.Batch;

    /// <inheritdoc/>
    public override IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        foreach (var problem in base.Validate(validationContext).Concat(Norm.ProblemsInTraining(Microbatch, Weights is not null)))
            yield return problem;
        if (Network == SegmentationKind.DeepLabV3 && Norm is NormKind.Batch or NormKind.FrozenBatch && LeastStatistic == 1)
        {
            yield return new ValidationResult(
                SingleImage, [Microbatch is null ? nameof(StepSettings.Batch) : nameof(Microbatch)]);
        }
        if (Crop % SegmentationNetwork.Stride != 0)
            yield return new ValidationResult($"It must be a multiple of {SegmentationNetwork.Stride}.", [nameof(Crop)]);
        if (MostScale < LeastScale)
            yield return new ValidationResult("It must be at least least-scale.", [nameof(MostScale)]);
    }
}
