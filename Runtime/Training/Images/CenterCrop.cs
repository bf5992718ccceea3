using System;

namespace KnDsl.Training;

/// <summary>
/// Cuts out the middle of an image, as torchvision's <c>CenterCrop</c> does. Where the image is smaller, black is added around it.
/// </summary>
/// <param name="height">Rows of the result.</param>
/// <param name="width">Pixels in a row of the result.</param>
public sealed class CenterCrop(int height, int width) : IImageTransform
{
    private readonly int height = (int)Setting.AtLeastOne(height);
    private readonly int width = (int)Setting.AtLeastOne(width);

    /// <summary>A square result.</summary>
    /// <param name="size">Pixels of each side of the result.</param>
    public CenterCrop(int size) : this(size, size) { }

    /// <inheritdoc/>
    public RgbImage Apply(RgbImage image, ItemRandom random)
    {
        if (image.Width < width || image.Height < height)
            image = Pad(image);
        image.Crop(AreaIn(image.Width, image.Height));
        return image;
    }

    /// <summary>Whether an image of this size needs no black around it.</summary>
    internal bool FitsIn(int imageWidth, int imageHeight) => width <= imageWidth && height <= imageHeight;

    /// <summary>The middle of an image that is large enough.</summary>
    internal PixelArea AreaIn(int imageWidth, int imageHeight) => new(
        (int)Math.Round((imageWidth - width) / 2.0), (int)Math.Round((imageHeight - height) / 2.0), width, height);

    private RgbImage Pad(RgbImage image)
    {
        using (image)
        {
            var padded = new RgbImage(Math.Max(image.Width, width), Math.Max(image.Height, height));
            padded.Memory.Clear();
            var left = Math.Max(width - image.Width, 0) / 2;
            var top = Math.Max(height - image.Height, 0) / 2;
            for (var y = 0; y < image.Height; y++)
                image.Row(y).CopyTo(padded.Row(top + y)[(left * RgbImage.BytesPerPixel)..]);
            return padded;
        }
    }
}
