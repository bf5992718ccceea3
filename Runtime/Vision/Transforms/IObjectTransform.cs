using KnDsl.Training;

namespace KnDsl.Vision;

/// <summary>A step that changes an image, its boxes and its masks together.</summary>
public interface IObjectTransform
{
    /// <summary>
    /// Transforms an item. It belongs to the transform: its image comes back changed, or is disposed. Several threads may call this at a
    /// time, so what it computes depends on its arguments only.
    /// </summary>
    /// <param name="item">The image and its objects.</param>
    /// <param name="random">Random numbers of this item in this epoch.</param>
    /// <returns>The transformed item, to be disposed by the caller.</returns>
    public DetectionItem Apply(DetectionItem item, ItemRandom random);
}
