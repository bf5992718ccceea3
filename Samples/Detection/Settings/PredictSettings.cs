using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using KnDsl.Training;

namespace KnDsl.Samples.Detection.Settings;

/// <summary>The settings of a prediction.</summary>
internal sealed record PredictSettings : NetworkSettings
{
    [Description("A json of COCO's format whose categories the network has; without it, those of its run")]
    public string? Categories { get; init; }

    [Description("The picture to write, as png or jpg; without it, beside the image, with .detections.png after its name")]
    public string? Output { get; init; }

    [Description("The least score of what is drawn")]
    [Range(0, 1.0)]
    public double Score { get; init; } = 0.5;

    /// <summary>What it computes on.</summary>
    [Flatten]
    public DeviceSettings Compute { get; init; } = new();
}
