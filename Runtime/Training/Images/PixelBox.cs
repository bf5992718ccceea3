using System.Globalization;

namespace KnDsl.Training;

/// <summary>A rectangle between two points of an image, in pixels and parts of pixels: the <c>box</c> of PIL's <c>resize</c>.</summary>
/// <param name="Left">Its left edge.</param>
/// <param name="Top">Its upper edge.</param>
/// <param name="Right">Its right edge.</param>
/// <param name="Bottom">Its lower edge.</param>
public readonly record struct PixelBox(float Left, float Top, float Right, float Bottom)
{
    /// <summary>The numbers as a message shows them.</summary>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"({Left}, {Top}) to ({Right}, {Bottom})");
}
