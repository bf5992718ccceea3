using System.ComponentModel;
using KnDsl.Training;

namespace KnDsl.Samples.Detection.Segmentation;

/// <summary>The settings of an evaluation.</summary>
internal sealed record SegmentEvaluateSettings : SegmentationSettings
{
    [Description("The folder of the set; its val is read")]
    public required string Data { get; init; }

    [Description("Another split than val")]
    public string Split { get; init; } = "val";

    [Description("A json of COCO's format whose categories the network has; without it, those of its run or of the set")]
    public string? Categories { get; init; }

    [Description("Leaves out damaged images and bad entries of the json, and lists them")]
    public bool SkipDamaged { get; init; }

    /// <summary>What it computes on.</summary>
    [Flatten]
    public DeviceSettings Compute { get; init; } = new();
}
