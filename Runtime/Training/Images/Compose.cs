using System.Collections.Generic;
using System.Linq;

namespace KnDsl.Training;

/// <summary>Transforms one after the other.</summary>
/// <param name="transforms">The transforms, in their order. None leaves an image as it is.</param>
public sealed class Compose(params IEnumerable<IImageTransform> transforms) : IImageTransform
{
    private readonly IImageTransform[] transforms = [.. transforms];

    /// <inheritdoc/>
    public RgbImage Apply(RgbImage image, ItemRandom random) =>
        transforms.Aggregate(image, (current, transform) => transform.Apply(current, random));
}
