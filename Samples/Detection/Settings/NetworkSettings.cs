using System.Collections.Generic;
using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using KnDsl.Training;

namespace KnDsl.Samples.Detection.Settings;

/// <summary>What a detector is, for every command: those of a run are taken from its settings.</summary>
internal abstract record NetworkSettings : IValidatableObject
{
    [Description("The detector")]
    public NetworkKind Network { get; init; } = NetworkKind.MaskRcnn;

    [Description("Its backbone, with pyramid and heads to fit")]
    public BackboneKind Backbone { get; init; } = BackboneKind.ResNet50;

    [Description("The normalization of the backbone")]
    public NormKind Norm { get; init; } = NormKind.Kalman;

    [Description("That of pyramid and heads; without it, they have none")]
    public NormKind? HeadNorm { get; init; }

    [Description("What is added to variances; 0 for torchvision's detectors of 2018")]
    [Range(0, 1.0)]
    public double NormEps { get; init; } = 1e-5;

    [Description("The number of a category in the network: its place among the categories, or its id")]
    public LabelKind Labels { get; init; } = LabelKind.Places;

    [Description("Pixels of an image's shorter side"), MayChange]
    [Range(32, 4096)]
    public int ShortSide { get; init; } = 800;

    [Description("Pixels that the longer side has at most"), MayChange]
    [Range(32, 4096)]
    public int LongSide { get; init; } = 1333;

    /// <inheritdoc/>
    public virtual IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (HeadNorm == NormKind.FrozenBatch)
            yield return new ValidationResult("Heads have no statistics to be frozen before they are trained.", [nameof(HeadNorm)]);
        if (LongSide < ShortSide)
            yield return new ValidationResult("It must be at least short-side.", [nameof(LongSide)]);
    }
}
