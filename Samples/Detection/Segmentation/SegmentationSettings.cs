using System.Collections.Generic;
using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using KnDsl.Samples.Detection.Settings;
using KnDsl.Training;

namespace KnDsl.Samples.Detection.Segmentation;

/// <summary>What a segmentation network is, for every command: those of a run are taken from its settings.</summary>
internal abstract record SegmentationSettings : IValidatableObject
{
    [Description("The network")]
    public SegmentationKind Network { get; init; } = SegmentationKind.Fcn;

    [Description("Its backbone, with heads to fit")]
    public BackboneKind Backbone { get; init; } = BackboneKind.ResNet50;

    [Description("The normalization")]
    public NormKind Norm { get; init; } = NormKind.Kalman;

    [Description("The classes: the categories of the set, or those of Pascal VOC as in torchvision's published weights")]
    public ClassKind Classes { get; init; } = ClassKind.Categories;

    [Description("Pixels of an image's shorter side"), MayChange]
    [Range(8, 4096)]
    public int ShortSide { get; init; } = 520;

    /// <inheritdoc/>
    public virtual IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Network == SegmentationKind.DeepLabV3 && Norm == NormKind.Instance)
        {
            yield return new ValidationResult(
                "DeepLab-v3 normalizes the mean of an image, which has one value in a channel: "
                + "choose another norm, such as instance-kalman.",
                [nameof(Norm)]);
        }
    }
}
