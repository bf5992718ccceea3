using System.Globalization;

namespace KnDsl.Training;

/// <summary>A rectangle of whole pixels.</summary>
/// <param name="Left">Columns to the left of it.</param>
/// <param name="Top">Rows above it.</param>
/// <param name="Width">Its columns.</param>
/// <param name="Height">Its rows.</param>
public readonly record struct PixelArea(int Left, int Top, int Width, int Height)
{
    /// <summary>The numbers as a message shows them.</summary>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{Width} x {Height} pixels at ({Left}, {Top})");
}
