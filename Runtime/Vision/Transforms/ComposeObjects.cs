using KnDsl.Training;

namespace KnDsl.Vision;

/// <summary>Several transforms, one after another.</summary>
/// <param name="transforms">The transforms in their order.</param>
public sealed class ComposeObjects(params IObjectTransform[] transforms) : IObjectTransform
{
    /// <inheritdoc/>
    public DetectionItem Apply(DetectionItem item, ItemRandom random)
    {
        foreach (var transform in transforms)
            item = transform.Apply(item, random);
        return item;
    }
}
