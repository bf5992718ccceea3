using System;
using System.Collections.Generic;
using KnDsl.Training;

namespace KnDsl.Vision;

/// <summary>An image and its objects, as threads that read ahead hand it on: an item of a <see cref="IDataset{TItem}"/>.</summary>
/// <param name="Image">The image; it belongs to the item.</param>
/// <param name="Objects">What there is in it.</param>
/// <param name="Name">The file that it was read from.</param>
public sealed record DetectionItem(RgbImage Image, IReadOnlyList<ImageObject> Objects, string Name) : IDisposable
{
    /// <summary>The size of the image.</summary>
    public ImageSize Size => new(Image.Height, Image.Width);

    /// <summary>Gives the image's memory back.</summary>
    public void Dispose() => Image.Dispose();
}
