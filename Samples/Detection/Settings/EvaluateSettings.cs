using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using KnDsl.Training;

namespace KnDsl.Samples.Detection.Settings;

/// <summary>The settings of an evaluation.</summary>
internal sealed record EvaluateSettings : NetworkSettings
{
    [Description("The folder of the set; its val is read")]
    public required string Data { get; init; }

    [Description("Another split than val")]
    public string Split { get; init; } = "val";

    [Description("A json of COCO's format whose categories the network has; without it, those of its run or of the set")]
    public string? Categories { get; init; }

    [Description("A file for the detections, in COCO's json of results")]
    public string? Results { get; init; }

    [Description("The first so many images alone; without it, all")]
    [Range(1, int.MaxValue)]
    public int? First { get; init; }

    [Description("Leaves out damaged images and bad entries of the json, and lists them")]
    public bool SkipDamaged { get; init; }

    /// <summary>What it computes on.</summary>
    [Flatten]
    public DeviceSettings Compute { get; init; } = new();
}
