using System;
using System.Collections.Generic;
using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace KnDsl.Training.Tests.Settings;

public enum Schedule
{
    Constant,
    CosineWithWarmUp,
    [SettingName("poly")]
    Polynomial,
}

/// <summary>A record with a setting of each kind.</summary>
public sealed record ExampleSettings : IValidatableObject
{
    [Description("The highest rate")]
    [Range(0, double.PositiveInfinity, MinimumIsExclusive = true)]
    public double LearningRate { get; init; } = 0.1;

    [Range(1, int.MaxValue)]
    public int Batch { get; init; } = 64;

    [Range(0, 1000)]
    public int? Microbatch { get; init; } = 2;

    public long Seed { get; init; } = 1;

    [MayChange]
    public string Data { get; init; } = "data";

    public string? Weights { get; init; }

    public bool Full { get; init; }

    public bool? Pinned { get; init; }

    public TimeSpan? CheckpointEvery { get; init; } = TimeSpan.FromMinutes(15);

    public Schedule Schedule { get; init; } = Schedule.CosineWithWarmUp;

    [AllowedValues("cpu", "cuda")]
    [SettingName("on")]
    public string Device { get; init; } = "cpu";

    [Range(0.0, 1.0)]
    [MaxLength(4)]
    public IReadOnlyList<double> Milestones { get; init; } = [0.3, 0.6];

    public string[] Methods { get; init; } = [];

    public List<Schedule> Schedules { get; init; } = [Schedule.Constant];

    public OptimizerSettings Optimizer { get; init; } = new() { Momentum = 0.8 };

    /// <summary>Computed: no setting.</summary>
    public int Half => Batch / 2;

    public IEnumerable<ValidationResult> Validate(ValidationContext context)
    {
        if (Microbatch > Batch)
        {
            yield return new ValidationResult(
                $"a statistic of {Microbatch} images does not fit in a batch of {Batch}.", [nameof(Microbatch), nameof(Batch)]);
        }
    }
}

public sealed record OptimizerSettings
{
    [Range(0, 1, MaximumIsExclusive = true)]
    public double Momentum { get; init; } = 0.9;

    public DecaySettings Decay { get; init; } = DecaySettings.Usual;
}

public sealed record DecaySettings
{
    public static DecaySettings Usual { get; } = new();

    public double Weight { get; init; } = 1e-4;

    public bool Norms { get; init; }
}

public sealed record RequiredSettings
{
    public required string Data { get; init; }

    public int Epochs { get; init; } = 3;
}

/// <summary>Settings of which some are another record's, and are named as its own.</summary>
public sealed record FlatSettings : IValidatableObject
{
    public int Epochs { get; init; } = 3;

    [Flatten]
    public SharedSettings Shared { get; init; } = new() { Batch = 16 };

    public OptimizerSettings Optimizer { get; init; } = new();

    public IEnumerable<ValidationResult> Validate(ValidationContext context)
    {
        if (Shared.Batch > 100 * Epochs)
            yield return new ValidationResult("there are too few epochs for such batches.", [nameof(SharedSettings.Batch), nameof(Epochs)]);
    }
}

public sealed record SharedSettings
{
    [Range(1, 1000)]
    public int Batch { get; init; } = 2;

    [MayChange]
    public string Runs { get; init; } = "runs";

    [Flatten]
    public DecaySettings Decay { get; init; } = new();

    public OptimizerSettings Second { get; init; } = new();
}
