using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace KnDsl.Samples.Detection.Generation;

/// <summary>The settings of a generated set.</summary>
internal sealed record GenerateSettings
{
    [Description("Images for training")]
    [Range(1, 1_000_000)]
    public int Train { get; init; } = 4000;

    [Description("Images for evaluation, with other backgrounds, garments and digits")]
    [Range(1, 1_000_000)]
    public int Val { get; init; } = 500;

    [Description("Images with other photographs of objects, too: the split unseen")]
    [Range(0, 1_000_000)]
    public int Unseen { get; init; } = 250;

    [Description("Determines all images")]
    public int Seed { get; init; } = 1;

    [Description("Whether what is not named below is looked for where Debian installs it; false makes the same set on every machine")]
    public bool Installed { get; init; } = true;

    [Description("The folder of Tux Paint's stamps; left out, that of Debian's package, and none where it is not installed")]
    public string? Stamps { get; init; }

    [Description("A folder of photographs for backgrounds; left out, those of Debian's packages, and drawn ones where none is installed")]
    public string? Photographs { get; init; }

    [Description("scikit-learn's digits.csv.gz; left out, that of Debian's package, and no digits where it is not installed")]
    public string? Digits { get; init; }
}
