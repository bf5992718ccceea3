using System;
using System.Runtime.InteropServices;

namespace KnDsl.Training;

/// <summary>Reverses the rows of an image with a probability.</summary>
/// <param name="probability">The probability.</param>
public sealed class RandomHorizontalFlip(double probability = 0.5) : IImageTransform
{
    private readonly double probability = Setting.Share(probability);

    /// <inheritdoc/>
    public RgbImage Apply(RgbImage image, ItemRandom random)
    {
        if (random.NextBool(probability))
        {
            for (var y = 0; y < image.Height; y++)
                MemoryMarshal.Cast<byte, uint>(image.Row(y)).Reverse();
        }
        return image;
    }
}
