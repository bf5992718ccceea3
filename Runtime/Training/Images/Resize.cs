namespace KnDsl.Training;

/// <summary>Resizes an image so that its shorter side has a given length, as torchvision's <c>Resize</c> does.</summary>
/// <param name="size">Pixels of the shorter side.</param>
/// <param name="filter">The filter.</param>
public sealed class Resize(int size, Resampling filter = Resampling.Bilinear) : IImageTransform
{
    private readonly int size = (int)Setting.AtLeastOne(size);

    /// <inheritdoc/>
    public RgbImage Apply(RgbImage image, ItemRandom random)
    {
        using (image)
        {
            var (width, height) = SizeOf(image);
            return Resampler.Resize(image, width, height, filter);
        }
    }

    /// <summary>The size that an image is resized to.</summary>
    internal (int Width, int Height) SizeOf(RgbImage image)
    {
        var (width, height) = (image.Width, image.Height);
        return width <= height
            ? (size, checked((int)((long)size * height / width)))
            : (checked((int)((long)size * width / height)), size);
    }
}
