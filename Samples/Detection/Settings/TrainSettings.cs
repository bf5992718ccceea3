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

    /// <summary>Its steps.</summary>
    [Flatten]
    public StepSettings Steps { get; init; } = new() { WarmUp = 500 };

    [Description("The highest learning rate for 16 images a step; that of a step of other size is in proportion")]
    [Range(0, 1000.0)]
    public double LearningRate { get; init; } = 0.02;

    [Description("How the rate falls: divided by 10 at the drops, or along a cosine")]
    public ScheduleKind Schedule { get; init; } = ScheduleKind.Drops;

    [Description("Where the rate is divided by 10, as shares of the training")]
    [Range(0, 1.0, MinimumIsExclusive = true, MaximumIsExclusive = true)]
    public IReadOnlyList<double> Drops { get; init; } = [6.0 / 9, 8.0 / 9];

    [Description("Decay of a moving average of the weights; without it there is none")]
    [Range(0, 1.0, MinimumIsExclusive = true, MaximumIsExclusive = true)]
    public double? Average { get; init; }

    [Description("Shorter sides that a training draws from; without them, short-side")]
    [Range(32, 4096)]
    public IReadOnlyList<int> TrainingSides { get; init; } = [];

    [Description("The probability that an image is reversed")]
    [Range(0, 1.0)]
    public double Flip { get; init; } = 0.5;

    [Description("The least share of height and width that a random crop keeps; 1 crops nothing")]
    [Range(0, 1.0, MinimumIsExclusive = true)]
    public double CropScale { get; init; } = 1;

    [Description("Images that are evaluated after an epoch, the first of val; without it, all"), MayChange]
    [Range(1, int.MaxValue)]
    public int? Evaluated { get; init; }

    /// <summary>How it runs.</summary>
    [Flatten]
    public RunSettings Run { get; init; } = new();

    /// <inheritdoc/>
    public override IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        foreach (var problem in base.Validate(validationContext).Concat(Norm.ProblemsInTraining(Microbatch, Weights is not null)))
            yield return problem;
        if (Drops.Zip(Drops.Skip(1)).Any(pair => pair.First >= pair.Second))
            yield return new ValidationResult("They must ascend.", [nameof(Drops)]);
        if (TrainedParts < 5 && Weights is null)
            yield return new ValidationResult("What is not trained has to come from somewhere: give --weights.", [nameof(TrainedParts)]);
    }
}
