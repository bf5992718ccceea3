using KnDsl.Training;

namespace KnDsl.Vision;

/// <summary>Reverses the rows of an image, its boxes and its masks with a probability.</summary>
/// <param name="probability">The probability.</param>
public sealed class FlipObjects(double probability = 0.5) : IObjectTransform
{
    private static readonly RandomHorizontalFlip Always = new(1);

    private readonly double probability = Setting.Share(probability);

    /// <inheritdoc/>
    public DetectionItem Apply(DetectionItem item, ItemRandom random)
    {
        if (!random.NextBool(probability))
            return item;
        var width = item.Size.Width;
        return item with
        {
            Image = Always.Apply(item.Image, random),
            Objects = ImageObject.Moved(item.Objects, found => found with
            {
                Box = found.Box with { Left = width - found.Box.Right, Right = width - found.Box.Left },
                Mask = found.Mask?.Flipped(),
            }),
        };
    }
}
