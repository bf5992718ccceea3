namespace KnDsl.Training;

/// <summary>A step between an image as it was read and the image that a network sees.</summary>
public interface IImageTransform
{
    /// <summary>
    /// Transforms an image. The image that is handed in belongs to the transform: it comes back changed, or is disposed. Several threads
    /// may call this at a time, so what it computes depends on its arguments only.
    /// </summary>
    /// <param name="image">The image.</param>
    /// <param name="random">Random numbers of this item in this epoch.</param>
    /// <returns>The transformed image, to be disposed by the caller.</returns>
    public RgbImage Apply(RgbImage image, ItemRandom random);
}
