using System;
using System.Collections.Generic;
using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using KnDsl.Samples.Detection.Settings;
using KnDsl.Training;

namespace KnDsl.Samples.Detection.Segmentation;

/// <summary>The settings of a training. The defaults are those of torchvision's reference.</summary>
internal sealed record SegmentTrainSettings : SegmentationSettings
{
    [Description("The folder of the set: annotations/instances_train.json, train, and the same with val; or with COCO's names")]
    public required string Data { get; init; }

    [Description("Weights to begin with, as safetensors: of a classifier for the backbone, or of such a network")]
    public string? Weights { get; init; }

    [Description("Images in each statistic; without it, all of a process's batch")]
    [Range(1, 4096)]
    public int? Microbatch { get; init; }

    [Description("Images per step in each process")]
    [Range(1, 4096)]
    public int Batch { get; init; } = 4;

    [Description("Batches whose gradients are averaged for one step")]
    [Range(1, 4096)]
    public int Accumulate { get; init; } = 1;

    [Description("Passes through the images")]
    [Range(1, 10_000)]
    public int Epochs { get; init; } = 30;

    [Description("The optimizer: sgd with momentum 0.9, or adamw")]
    public OptimizerKind Optimizer { get; init; } = OptimizerKind.Sgd;

    [Description("The first learning rate for 32 images a step; that of a step of other size is in proportion")]
    [Range(0, 1000.0)]
    public double LearningRate { get; init; } = 0.02;

    [Description("The rate falls as the share of the training that is left, to this power")]
    [Range(0, 10.0, MinimumIsExclusive = true)]
    public double Power { get; init; } = 0.9;

    [Description("Steps of warm-up")]
    [Range(0, int.MaxValue)]
    public int WarmUp { get; init; }

    [Description("Weight decay, of weights only")]
    [Range(0, 1.0)]
    public double WeightDecay { get; init; } = 1e-4;

    [Description("The greatest norm of the gradient; without it there is no bound")]
    public double? ClipNorm { get; init; }

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

    [Description("Determines first weights, order and augmentation")]
    public long Seed { get; init; } = 1;

    [Description("Processes on this machine, each with its own batch"), MayChange]
    [Range(1, 1024)]
    public int Processes { get; init; } = 1;

    [Description("Threads that read images, in each process; without it, its share of the cores but one"), MayChange]
    [Range(1, 256)]
    public int? Readers { get; init; }

    [Description("Leaves out damaged images and bad entries of the json, and lists them"), MayChange]
    public bool SkipDamaged { get; init; }

    [Description("The folder of all runs"), MayChange]
    public string Runs { get; init; } = "runs";

    [Description("Time between two checkpoints within an epoch"), MayChange]
    public TimeSpan CheckpointEvery { get; init; } = TimeSpan.FromMinutes(15);

    /// <inheritdoc/>
    public override IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        foreach (var problem in base.Validate(validationContext))
            yield return problem;
        if (Network == SegmentationKind.DeepLabV3 && Norm == NormKind.Batch && (Microbatch ?? Batch) == 1)
        {
            yield return new ValidationResult(
                "DeepLab-v3 normalizes the means of images; the statistic of a single one is no statistic.",
                [Microbatch is null ? nameof(Batch) : nameof(Microbatch)]);
        }
        if (Crop % SegmentationNetwork.Stride != 0)
            yield return new ValidationResult($"It must be a multiple of {SegmentationNetwork.Stride}.", [nameof(Crop)]);
        if (MostScale < LeastScale)
            yield return new ValidationResult("It must be at least least-scale.", [nameof(MostScale)]);
        if (Norm == NormKind.FrozenBatch && Weights is null)
            yield return new ValidationResult("What is frozen has to come from somewhere: give --weights.", [nameof(Norm)]);
        if (Microbatch is not null && Norm is not (NormKind.Kalman or NormKind.Batch))
            yield return new ValidationResult($"The statistics of {Norm} are not of micro-batches.", [nameof(Microbatch)]);
    }
}
