using System;

namespace KnDsl.Training;

/// <summary>
/// Cuts out a part of random area and aspect and resizes it, as torchvision's <c>RandomResizedCrop</c> does. A part is tried ten times;
/// if none fits, it is the largest in the middle whose aspect is allowed.
/// </summary>
public sealed class RandomResizedCrop : IImageTransform
{
    private const int Tries = 10;

    private readonly int height;
    private readonly int width;
    private readonly (double Low, double High) scale;
    private readonly (double Low, double High) ratio;
    private readonly Resampling filter;

    /// <summary>A square result.</summary>
    /// <param name="size">Pixels of each side of the result.</param>
    /// <param name="scale">Least and largest area of the part, as shares of the image's; (0.08, 1) if null.</param>
    /// <param name="ratio">Least and largest width of the part over its height; (3/4, 4/3) if null.</param>
    /// <param name="filter">The filter.</param>
    /// <exception cref="ArgumentOutOfRangeException">A setting is not positive, or a least is above its largest.</exception>
    public RandomResizedCrop(
        int size, (double Low, double High)? scale = null, (double Low, double High)? ratio = null,
        Resampling filter = Resampling.Bilinear)
        : this(size, size, scale, ratio, filter) { }

    /// <summary>A result of any size.</summary>
    /// <param name="height">Rows of the result.</param>
    /// <param name="width">Pixels in a row of the result.</param>
    /// <param name="scale">Least and largest area of the part, as shares of the image's; (0.08, 1) if null.</param>
    /// <param name="ratio">Least and largest width of the part over its height; (3/4, 4/3) if null.</param>
    /// <param name="filter">The filter.</param>
    /// <exception cref="ArgumentOutOfRangeException">A setting is not positive, or a least is above its largest.</exception>
    public RandomResizedCrop(
        int height, int width, (double Low, double High)? scale = null, (double Low, double High)? ratio = null,
        Resampling filter = Resampling.Bilinear)
    {
        this.height = (int)Setting.AtLeastOne(height);
        this.width = (int)Setting.AtLeastOne(width);
        this.scale = Range(scale ?? (0.08, 1), nameof(scale));
        this.ratio = Range(ratio ?? (3.0 / 4, 4.0 / 3), nameof(ratio));
        this.filter = filter;
    }

    /// <inheritdoc/>
    public RgbImage Apply(RgbImage image, ItemRandom random)
    {
        using (image)
        {
            image.Crop(Draw(image.Width, image.Height, random));
            return Resampler.Resize(image, width, height, filter);
        }
    }

    /// <summary>Draws the part of an image that is cut out.</summary>
    /// <param name="imageWidth">Pixels in a row of the image.</param>
    /// <param name="imageHeight">Rows of the image.</param>
    /// <param name="random">Random numbers.</param>
    public PixelArea Draw(int imageWidth, int imageHeight, ItemRandom random)
    {
        for (var tries = 0; tries < Tries; tries++)
        {
            var area = (double)imageWidth * imageHeight * random.Uniform(scale.Low, scale.High);
            var aspect = Math.Exp(random.Uniform(Math.Log(ratio.Low), Math.Log(ratio.High)));
            var partWidth = (long)Math.Round(Math.Sqrt(area * aspect));
            var partHeight = (long)Math.Round(Math.Sqrt(area / aspect));
            if (partWidth > 0 && partWidth <= imageWidth && partHeight > 0 && partHeight <= imageHeight)
            {
                var top = (int)random.NextInteger(imageHeight - partHeight + 1);
                var left = (int)random.NextInteger(imageWidth - partWidth + 1);
                return new(left, top, (int)partWidth, (int)partHeight);
            }
        }

        var present = (double)imageWidth / imageHeight;
        var (middleWidth, middleHeight) = present < ratio.Low ? (imageWidth, (int)Math.Round(imageWidth / ratio.Low))
            : present > ratio.High ? ((int)Math.Round(imageHeight * ratio.High), imageHeight)
            : (imageWidth, imageHeight);
        // A side of a very flat image would be rounded to nothing, or beyond the image.
        middleWidth = Math.Clamp(middleWidth, 1, imageWidth);
        middleHeight = Math.Clamp(middleHeight, 1, imageHeight);
        return new((imageWidth - middleWidth) / 2, (imageHeight - middleHeight) / 2, middleWidth, middleHeight);
    }

    private static (double Low, double High) Range((double Low, double High) range, string name)
    {
        Setting.Positive(range.Low, name);
        Setting.Positive(range.High, name);
        return range.Low <= range.High ? range
            : throw Setting.OutOfRange(name, $"({Setting.Spell(range.Low)}, {Setting.Spell(range.High)})", "must name the least first");
    }
}
