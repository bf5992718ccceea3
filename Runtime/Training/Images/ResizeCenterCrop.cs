namespace KnDsl.Training;

/// <summary>
/// <see cref="Resize"/> and <see cref="CenterCrop"/> in one: the same result, of which only what is cut out is computed.
/// </summary>
/// <param name="resize">Pixels of the shorter side after resizing.</param>
/// <param name="crop">Pixels of each side of the result.</param>
/// <param name="filter">The filter.</param>
public sealed class ResizeCenterCrop(int resize, int crop, Resampling filter = Resampling.Bilinear) : IImageTransform
{
    private readonly Resize resize = new(resize, filter);
    private readonly CenterCrop crop = new(crop);

    /// <inheritdoc/>
    public RgbImage Apply(RgbImage image, ItemRandom random)
    {
        var (width, height) = resize.SizeOf(image);
        if (!crop.FitsIn(width, height))
            return crop.Apply(resize.Apply(image, random), random);
        using (image)
            return Resampler.Resize(image, width, height, crop.AreaIn(width, height), filter);
    }
}
