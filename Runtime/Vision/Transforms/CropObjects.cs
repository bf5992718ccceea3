using System;
using System.Collections.Generic;
using KnDsl.Training;

namespace KnDsl.Vision;

/// <summary>
/// Cuts a random part out of an image. Boxes and masks are cut off with it, and an object of which too little is left is left out.
/// </summary>
public sealed class CropObjects : IObjectTransform
{
    private readonly double leastShare;
    private readonly double leastVisible;

    /// <summary>A transform.</summary>
    /// <param name="leastShare">The least share of height, and of width, that is kept; each is drawn from this to 1.</param>
    /// <param name="leastVisible">The share of a box's area that must lie in the part; with 0 any area is enough.</param>
    /// <exception cref="ArgumentOutOfRangeException">
    /// The least share is not above 0 and at most 1, or the other not from 0 to 1.
    /// </exception>
    public CropObjects(double leastShare = 0.6, double leastVisible = 0.3)
    {
        this.leastShare = Setting.PositiveShare(leastShare, nameof(leastShare));
        this.leastVisible = Setting.Share(leastVisible);
    }

    /// <inheritdoc/>
    public DetectionItem Apply(DetectionItem item, ItemRandom random)
    {
        var (top, height) = Draw(item.Size.Height, random);
        var (left, width) = Draw(item.Size.Width, random);
        return Crop(item, new(left, top, width, height), leastVisible);
    }

    /// <summary>Cuts a part out of an image.</summary>
    /// <param name="item">The item, which belongs to this method.</param>
    /// <param name="area">The part.</param>
    /// <param name="leastVisible">The share of a box's area that must lie in it.</param>
    /// <returns>The item of the part.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The part does not lie in the image.</exception>
    public static DetectionItem Crop(DetectionItem item, PixelArea area, double leastVisible)
    {
        item.Image.Crop(area);
        var kept = new List<ImageObject>();
        foreach (var found in item.Objects)
        {
            var box = new PixelBox(
                Math.Clamp(found.Box.Left - area.Left, 0, area.Width), Math.Clamp(found.Box.Top - area.Top, 0, area.Height),
                Math.Clamp(found.Box.Right - area.Left, 0, area.Width), Math.Clamp(found.Box.Bottom - area.Top, 0, area.Height));
            var visible = AreaOf(box);
            if (visible > 0 && visible >= leastVisible * AreaOf(found.Box))
                kept.Add(found with { Box = box, Mask = found.Mask?.Cropped(area) });
        }
        return item with { Objects = kept };
    }

    private static double AreaOf(PixelBox box) => (double)(box.Right - box.Left) * (box.Bottom - box.Top);

    private (int From, int Length) Draw(int length, ItemRandom random)
    {
        var kept = Math.Max(1, (int)(length * random.Uniform(leastShare, 1)));
        return ((int)random.NextInteger(length - kept + 1), kept);
    }
}
