using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using KnDsl.Training;

namespace KnDsl.Samples.ImageNet;

/// <summary>The settings of an evaluation.</summary>
internal sealed record EvaluateSettings
{
    [Description("The folder of the data set; its val is read")]
    public required string Data { get; init; }

    [Description("The network")]
    public NetworkKind Network { get; init; } = NetworkKind.ResNet50;

    [Description("Its normalization")]
    public NormKind Norm { get; init; } = NormKind.Kalman;

    [Description("Images at a time")]
    [Range(1, 4096)]
    public int Batch { get; init; } = 32;

    [Description("Side of the crops")]
    [Range(32, 1024)]
    [MultipleOf(32)]
    public int Size { get; init; } = 224;

    /// <summary>What it computes on.</summary>
    [Flatten]
    public DeviceSettings Compute { get; init; } = new();
}
