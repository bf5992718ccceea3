using System;

namespace KnDsl.Vision;

/// <summary>The size that an image is resized to by two limits, as torchvision's detection computes it.</summary>
internal static class ResizedSize
{
    /// <summary>The size whose shorter side is as wanted, or whose longer side is the longest allowed if that is smaller.</summary>
    /// <param name="size">The size of the image.</param>
    /// <param name="shortSide">The shorter side that is wanted.</param>
    /// <param name="longSide">The longest side that is allowed.</param>
    public static ImageSize Of(ImageSize size, int shortSide, int longSide)
    {
        // As torch divides a number by a tensor: a reciprocal of 32 bits times the number. The sizes are multiplied in 64 bits.
        double scale = MathF.Min(
            1f / Math.Min(size.Height, size.Width) * shortSide, 1f / Math.Max(size.Height, size.Width) * longSide);
        return new(Math.Max(1, (int)Math.Floor(size.Height * scale)), Math.Max(1, (int)Math.Floor(size.Width * scale)));
    }
}
