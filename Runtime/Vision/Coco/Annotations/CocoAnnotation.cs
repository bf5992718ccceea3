namespace KnDsl.Vision;

/// <summary>An object of an image.</summary>
/// <param name="Id">Its number in the json.</param>
/// <param name="Image">The image that it is in.</param>
/// <param name="Category">What it is.</param>
/// <param name="Box">The box around it, in pixels.</param>
/// <param name="Area">The pixels that it covers. The evaluator tells small, medium and large objects by it.</param>
/// <param name="IsCrowd">Whether it is a region of many objects. The evaluator counts neither it nor detections in it.</param>
/// <param name="Segmentation">Its outline; null where the json has none.</param>
public sealed record CocoAnnotation(
    long Id, CocoImage Image, CocoCategory Category, CocoBox Box, double Area, bool IsCrowd, CocoSegmentation? Segmentation)
{
    /// <summary>The pixels of the object; null where there is no segmentation.</summary>
    public CocoMask? ToMask() => Segmentation?.ToMask(Image.Height, Image.Width);
}
