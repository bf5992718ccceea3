using System;
using System.Collections.Generic;
using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using KnDsl.Samples.Detection.Settings;
using KnDsl.Training;

namespace KnDsl.Samples.Detection.Classification;

/// <summary>The settings of the training of a classifier. The defaults are for the small backbone.</summary>
internal sealed record PretrainSettings : IValidatableObject
{
    [Description("The folder of the set: annotations/instances_train.json, train, and the same with val; or with COCO's names")]
    public required string Data { get; init; }

    [Description("The backbone of a detector")]
    public BackboneKind Backbone { get; init; } = BackboneKind.Small;

    [Description("Its normalization")]
    public NormKind Norm { get; init; } = NormKind.Kalman;

    [Description("Objects in each statistic; without it, all of a process's batch")]
    [Range(1, 4096)]
    public int? Microbatch { get; init; }

    [Description("Pixels of a side of what is cut out for each object")]
    [Range(32, 4096)]
    public int Side { get; init; } = 64;

    [Description("Objects per step in each process")]
    [Range(1, 4096)]
    public int Batch { get; init; } = 32;

    [Description("Passes through the objects")]
    [Range(1, 10_000)]
    public int Epochs { get; init; } = 12;

    [Description("The optimizer: sgd with momentum 0.9, or adamw")]
    public OptimizerKind Optimizer { get; init; } = OptimizerKind.AdamW;

    [Description("The highest learning rate for 32 objects a step; that of a step of other size is in proportion")]
    [Range(0, 1000.0)]
    public double LearningRate { get; init; } = 0.002;

    [Description("Steps of warm-up, after which the rate falls along a cosine")]
    [Range(0, int.MaxValue)]
    public int WarmUp { get; init; } = 100;

    [Description("Weight decay, of weights only")]
    [Range(0, 1.0)]
    public double WeightDecay { get; init; } = 0.05;

    [Description("The probability that a part is reversed")]
    [Range(0, 1.0)]
    public double Flip { get; init; } = 0.5;

    [Description("How far brightness, contrast and saturation are changed: the factors lie between 1 - x and 1 + x")]
    [Range(0, 1.0)]
    public double Jitter { get; init; } = 0.2;

    [Description("Determines first weights, order and augmentation")]
    public long Seed { get; init; } = 1;

    [Description("cpu, cuda, or auto: cuda where there is one"), MayChange]
    [AllowedValues("cpu", "cuda", "auto")]
    public string Device { get; init; } = "auto";

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
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Norm == NormKind.FrozenBatch)
        {
            yield return new ValidationResult(
                "What is frozen is not trained: choose batch, whose weights a detector may freeze.", [nameof(Norm)]);
        }
        if (Microbatch is not null && Norm is not (NormKind.Kalman or NormKind.Batch))
            yield return new ValidationResult($"The statistics of {Norm} are not of micro-batches.", [nameof(Microbatch)]);
    }
}
