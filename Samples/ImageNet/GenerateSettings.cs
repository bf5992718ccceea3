using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace KnDsl.Samples.ImageNet;

/// <summary>The settings of a generated data set.</summary>
internal sealed record GenerateSettings
{
    [Description("Images of each class for training")]
    [Range(1, 100_000)]
    public int Train { get; init; } = 150;

    [Description("Images of each class for evaluation")]
    [Range(1, 100_000)]
    public int Val { get; init; } = 30;

    [Description("Determines all pictures")]
    public int Seed { get; init; } = 1;
}
