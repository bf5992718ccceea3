using System;
using System.Linq;
using KnDsl.Training;

namespace KnDsl.Vision;

/// <summary>
/// Resizes an image with its objects so that its shorter side has a length, and its longer side is not too long. The image is antialiased
/// (<see cref="Resampler"/>), masks take the nearest pixel.
/// </summary>
public sealed class ResizeObjects : IObjectTransform
{
    private readonly int[] shortSides;
    private readonly int longSide;

    /// <summary>A transform.</summary>
    /// <param name="longSide">The longer side is at most this, if need be with a shorter short side.</param>
    /// <param name="shortSides">Lengths of the shorter side, of which each image gets one by chance.</param>
    /// <exception cref="ArgumentException">There is no length.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A length is less than 1.</exception>
    public ResizeObjects(int longSide, params ReadOnlySpan<int> shortSides)
    {
        if (shortSides.Length == 0)
            throw new ArgumentException("There is no length of the shorter side.", nameof(shortSides));
        this.longSide = (int)Setting.AtLeastOne(longSide);
        this.shortSides = [.. shortSides.ToArray().Select(side => (int)Setting.AtLeastOne(side, nameof(shortSides)))];
    }

    /// <inheritdoc/>
    public DetectionItem Apply(DetectionItem item, ItemRandom random)
    {
        var side = shortSides.Length == 1 ? shortSides[0] : shortSides[(int)random.NextInteger(shortSides.Length)];
        var (from, to) = (item.Size, ResizedSize.Of(item.Size, side, longSide));
        if (from == to)
            return item;
        var (across, down) = ((float)to.Width / from.Width, (float)to.Height / from.Height);
        using (item)
        {
            return item with
            {
                Image = Resampler.Resize(item.Image, to.Width, to.Height),
                Objects = ImageObject.Moved(item.Objects, found => found with
                {
                    Box = new(found.Box.Left * across, found.Box.Top * down, found.Box.Right * across, found.Box.Bottom * down),
                    Mask = found.Mask?.Resized(to.Height, to.Width),
                }),
            };
        }
    }
}
