using System;
using KnDsl.Training;
using KnDsl.Vision;

namespace KnDsl.Samples.Detection.Data;

/// <summary>The first images of a set.</summary>
/// <param name="all">The set.</param>
/// <param name="most">How many; null is all.</param>
internal sealed class FirstImages(CocoImages all, int? most) : IDataset<DetectionItem>, IItemNames
{
    /// <inheritdoc/>
    public long Count => Math.Min(all.Count, most ?? all.Count);

    /// <summary>The set.</summary>
    public CocoAnnotations Annotations => all.Annotations;

    /// <summary>The image of an item.</summary>
    public CocoImage ImageOf(long index) => all.ImageOf(index);

    /// <inheritdoc/>
    public string NameOf(long index) => all.NameOf(index);

    /// <inheritdoc/>
    public DetectionItem Get(long index, ItemRandom random) => all.Get(index, random);
}
