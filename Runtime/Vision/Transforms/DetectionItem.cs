using System;
using System.Collections.Generic;
using KnDsl.Training;

namespace KnDsl.Vision;

/// <summary>An object of an image.</summary>
/// <param name="Box">Its box, in pixels of the image.</param>
/// <param name="Label">Its class.</param>
/// <param name="Mask">Its pixels, a mask of the image's size; null where masks are not read.</param>
public sealed record ImageObject(PixelBox Box, long Label, ObjectMask? Mask = null);

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
