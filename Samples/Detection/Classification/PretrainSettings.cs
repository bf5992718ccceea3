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

    /// <summary>Its steps.</summary>
    [Flatten]
    public StepSettings Steps { get; init; } = new() { Batch = 32, Optimizer = OptimizerKind.AdamW, WarmUp = 100, WeightDecay = 0.05 };

    [Description("The highest learning rate for 32 objects a step, in proportion for others; it falls along a cosine")]
    [Range(0, 1000.0)]
    public double LearningRate { get; init; } = 0.002;

    [Description("The probability that a part is reversed")]
    [Range(0, 1.0)]
    public double Flip { get; init; } = 0.5;

    [Description("How far brightness, contrast and saturation are changed: the factors lie between 1 - x and 1 + x")]
    [Range(0, 1.0)]
    public double Jitter { get; init; } = 0.2;

    /// <summary>How it runs.</summary>
    [Flatten]
    public RunSettings Run { get; init; } = new();

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Norm == NormKind.FrozenBatch)
        {
            yield return new ValidationResult(
                "What is frozen is not trained: choose batch, whose weights a detector may freeze.", [nameof(Norm)]);
        }
        foreach (var problem in Norm.ProblemsInTraining(Microbatch, hasWeights: true))
            yield return problem;
    }
}
