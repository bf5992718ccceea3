using System;
using System.Linq;

namespace KnDsl.Training;

/// <summary>Which files of a data set are images: torchvision's list.</summary>
internal static class ImageExtensions
{
    private static readonly string[] All = [".jpg", ".jpeg", ".png", ".ppm", ".bmp", ".pgm", ".tif", ".tiff", ".webp"];

    /// <summary>The list as a message shows it.</summary>
    public static string Text { get; } = string.Join(", ", All);

    public static bool Has(string name) => All.Any(extension => name.EndsWith(extension, StringComparison.OrdinalIgnoreCase));
}
