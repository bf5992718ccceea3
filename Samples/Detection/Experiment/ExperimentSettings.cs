using System.Collections.Generic;
using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using KnDsl.Samples.Detection.Settings;

namespace KnDsl.Samples.Detection.Experiment;

/// <summary>The settings of the experiment.</summary>
internal sealed record ExperimentSettings : IValidatableObject
{
    [Description("The folder of the set: annotations/instances_train.json, train, and the same with val")]
    public required string Data { get; init; }

    [Description("The folder of all that is made; the experiment goes on with what is there")]
    public string Output { get; init; } = "runs/experiment";

    [Description("The normalizations that are compared; without it, all")]
    public IReadOnlyList<NormKind> Norms { get; init; } = [];

    [Description("Trainings of each case, which differ in first weights and order")]
    [Range(1, 100)]
    public int Seeds { get; init; } = 3;

    [Description("Passes of a detector through the images")]
    [Range(1, 1000)]
    public int Epochs { get; init; } = 2;

    [Description("Passes of a classifier through the objects")]
    [Range(1, 1000)]
    public int PretrainEpochs { get; init; } = 12;

    [Description("Trainings at a time, of one thread each")]
    [Range(1, 1024)]
    public int Workers { get; init; } = 2;

    [Description("Trains nothing: only the table and the picture of what is there")]
    public bool Report { get; init; }

    [Description("The shorter side of images, for trials of the command itself")]
    [Range(32, 4096)]
    public int ShortSide { get; init; } = 192;

    /// <summary>What decides the figures, in a line.</summary>
    public string Shape => $"RetinaNet, small, short side {ShortSide}, epochs {Epochs}, classifier {PretrainEpochs} epochs";

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (ShortSide > LongSide)
            yield return new ValidationResult($"It must be at most {LongSide}, the longer side.", [nameof(ShortSide)]);
    }

    /// <summary>Pixels that the longer side has at most.</summary>
    public static int LongSide => 256;
}
