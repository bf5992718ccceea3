using System;
using System.Collections.Generic;
using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Linq;
using KnDsl.Training;

namespace KnDsl.Samples.Detection.Settings;

/// <summary>The settings of a training. The defaults are those of Mask R-CNN on COCO with two images a process.</summary>
internal sealed record TrainSettings : NetworkSettings
{
    [Description("The folder of the set: annotations/instances_train.json, train, and the same with val; or with COCO's names")]
    public required string Data { get; init; }

    [Description("Weights to begin with, as safetensors: of a classifier for the backbone, or of a detector")]
    public string? Weights { get; init; }

    [Description("So many of the backbone's five parts are trained, from the last; the others keep their weights")]
    [Range(0, 5)]
    public int TrainedParts { get; init; } = 5;

    [Description("Images in each statistic; without it, all of a process's batch")]
    [Range(1, 4096)]
    public int? Microbatch { get; init; }

    [Description("Images per step in each process")]
    [Range(1, 4096)]
    public int Batch { get; init; } = 2;

    [Description("Batches whose gradients are averaged for one step")]
    [Range(1, 4096)]
    public int Accumulate { get; init; } = 1;

    [Description("Passes through the images")]
    [Range(1, 10_000)]
    public int Epochs { get; init; } = 12;

    [Description("The optimizer: sgd with momentum 0.9, or adamw")]
    public OptimizerKind Optimizer { get; init; } = OptimizerKind.Sgd;

    [Description("The highest learning rate for 16 images a step; that of a step of other size is in proportion")]
    [Range(0, 1000.0)]
    public double LearningRate { get; init; } = 0.02;

    [Description("How the rate falls: divided by 10 at the drops, or along a cosine")]
    public ScheduleKind Schedule { get; init; } = ScheduleKind.Drops;

    [Description("Where the rate is divided by 10, as shares of the training")]
    [Range(0, 1.0, MinimumIsExclusive = true, MaximumIsExclusive = true)]
    public IReadOnlyList<double> Drops { get; init; } = [6.0 / 9, 8.0 / 9];

    [Description("Steps of warm-up")]
    [Range(0, int.MaxValue)]
    public int WarmUp { get; init; } = 500;

    [Description("Weight decay, of weights only")]
    [Range(0, 1.0)]
    public double WeightDecay { get; init; } = 1e-4;

    [Description("Decay of a moving average of the weights; without it there is none")]
    [Range(0, 1.0)]
    public double? Average { get; init; }

    [Description("The greatest norm of the gradient; without it there is no bound")]
    public double? ClipNorm { get; init; }

    [Description("Shorter sides that a training draws from; without them, short-side")]
    [Range(32, 4096)]
    public IReadOnlyList<int> TrainingSides { get; init; } = [];

    [Description("The probability that an image is reversed")]
    [Range(0, 1.0)]
    public double Flip { get; init; } = 0.5;

    [Description("The least share of height and width that a random crop keeps; 1 crops nothing")]
    [Range(0, 1.0, MinimumIsExclusive = true)]
    public double CropScale { get; init; } = 1;

    [Description("Determines first weights, order and augmentation")]
    public long Seed { get; init; } = 1;

    [Description("Images that are evaluated after an epoch, the first of val; without it, all"), MayChange]
    [Range(1, int.MaxValue)]
    public int? Evaluated { get; init; }

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
        if (Drops.Zip(Drops.Skip(1)).Any(pair => pair.First >= pair.Second))
            yield return new ValidationResult("They must ascend.", [nameof(Drops)]);
        if (Norm == NormKind.FrozenBatch && Weights is null)
            yield return new ValidationResult("What is frozen has to come from somewhere: give --weights.", [nameof(Norm)]);
        if (TrainedParts < 5 && Weights is null)
            yield return new ValidationResult("What is not trained has to come from somewhere: give --weights.", [nameof(TrainedParts)]);
        if (Microbatch is not null && Norm is not (NormKind.Kalman or NormKind.Batch))
            yield return new ValidationResult($"The statistics of {Norm} are not of micro-batches.", [nameof(Microbatch)]);
    }
}
