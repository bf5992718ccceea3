using System;
using KnDsl.Training;

namespace KnDsl.Samples.Detection.Segmentation;

/// <summary>An image and the class of each of its pixels.</summary>
/// <param name="Image">The image, which belongs to the item.</param>
/// <param name="Labels">A class for each pixel, row by row.</param>
/// <param name="Name">The file that it was read from.</param>
internal sealed record SegmentationItem(RgbImage Image, byte[] Labels, string Name) : IDisposable
{
    /// <summary>Gives the image's memory back.</summary>
    public void Dispose() => Image.Dispose();

    /// <summary>Resized so that the shorter side has a length: the image antialiased, labels by the nearest pixel as PIL does.</summary>
    public SegmentationItem Resized(int shortSide, ItemRandom random)
    {
        var (height, width) = (Image.Height, Image.Width);
        var image = new Resize(shortSide).Apply(Image, random);
        var labels = new byte[image.Height * image.Width];
        for (var y = 0; y < image.Height; y++)
        {
            var row = Labels.AsSpan((int)((y + 0.5) * height / image.Height) * width, width);
            for (var x = 0; x < image.Width; x++)
                labels[y * image.Width + x] = row[(int)((x + 0.5) * width / image.Width)];
        }
        return this with { Image = image, Labels = labels };
    }

    /// <summary>Reversed.</summary>
    public SegmentationItem Flipped(ItemRandom random)
    {
        var width = Image.Width;
        var image = new RandomHorizontalFlip(1).Apply(Image, random);
        for (var start = 0; start < Labels.Length; start += width)
            Labels.AsSpan(start, width).Reverse();
        return this with { Image = image };
    }

    /// <summary>A square part; what it has outside of the image is black and ignored.</summary>
    public SegmentationItem Cropped(int top, int left, int side)
    {
        using (Image)
        {
            var image = new RgbImage(side, side);
            var labels = new byte[side * side];
            Array.Fill(labels, SegmentationClasses.Ignored);
            var width = Math.Min(side, Image.Width - left);
            for (var y = 0; y < side; y++)
            {
                image.Row(y).Clear();
                if (top + y >= Image.Height)
                    continue;
                Image.Row(top + y).Slice(RgbImage.BytesPerPixel * left, RgbImage.BytesPerPixel * width).CopyTo(image.Row(y));
                Labels.AsSpan((top + y) * Image.Width + left, width).CopyTo(labels.AsSpan(y * side));
            }
            return this with { Image = image, Labels = labels };
        }
    }
}
