namespace KnDsl.Vision;

/// <summary>An image of a set.</summary>
/// <param name="Id">Its number in the json.</param>
/// <param name="FileName">Its file, relative to the folder of images.</param>
/// <param name="Width">Its width in pixels.</param>
/// <param name="Height">Its height in pixels.</param>
public sealed record CocoImage(long Id, string FileName, int Width, int Height)
{
    /// <summary>Boxes and outlines in pixels are often rounded outwards.</summary>
    private const double Rounding = 1;

    /// <summary>Whether a place is in the image, or at most a pixel outside.</summary>
    internal bool Contains(double x, double y) =>
        x >= -Rounding && y >= -Rounding && x <= Width + Rounding && y <= Height + Rounding;
}
