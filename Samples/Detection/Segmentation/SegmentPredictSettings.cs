using System.ComponentModel;
using KnDsl.Training;

namespace KnDsl.Samples.Detection.Segmentation;

/// <summary>The settings of a prediction.</summary>
internal sealed record SegmentPredictSettings : SegmentationSettings
{
    [Description("A json of COCO's format whose categories the network has; without it, those of its run")]
    public string? Categories { get; init; }

    [Description("The picture to write, as png or jpg; without it, beside the image, with .classes.png after its name")]
    public string? Output { get; init; }

    /// <summary>What it computes on.</summary>
    [Flatten]
    public DeviceSettings Compute { get; init; } = new();
}
