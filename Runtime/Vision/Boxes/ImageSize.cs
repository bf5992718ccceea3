namespace KnDsl.Vision;

/// <summary>The size of an image or a map, in the order of a tensor's dimensions.</summary>
/// <param name="Height">Its rows.</param>
/// <param name="Width">Its columns.</param>
public readonly record struct ImageSize(int Height, int Width)
{
    /// <summary>The size as a message shows it.</summary>
    public override string ToString() => $"{Width} x {Height} pixels";
}
