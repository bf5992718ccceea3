using System;
using System.IO;
using KnDsl.Samples.Detection.Data;
using KnDsl.Training;
using KnDsl.Vision;

namespace KnDsl.Samples.Detection.Segmentation;

/// <summary>The images of a split with the class of each pixel.</summary>
internal sealed class SegmentationImages : IDataset<SegmentationItem>, IItemNames
{
    private readonly CocoSplit split;
    private readonly SegmentationClasses classes;
    private readonly Func<SegmentationItem, ItemRandom, SegmentationItem> transform;
    private readonly IImageDecoder decoder = ImageDecoder.Create();

    /// <summary>The images of a split. None is opened.</summary>
    /// <param name="split">The split.</param>
    /// <param name="classes">The classes.</param>
    /// <param name="transform">What is done with an image and its labels.</param>
    /// <exception cref="CocoException">An object has no outline.</exception>
    public SegmentationImages(
        CocoSplit split, SegmentationClasses classes, Func<SegmentationItem, ItemRandom, SegmentationItem> transform)
    {
        (this.split, this.classes, this.transform) = (split, classes, transform);
        foreach (var annotation in split.Annotations.Annotations)
        {
            if (annotation.Segmentation is null)
            {
                throw new CocoException(split.Annotations.Path,
                    "'segmentation' is missing, expected an outline of each object", $"annotation {annotation.Id}");
            }
        }
    }

    /// <inheritdoc/>
    public long Count => split.Annotations.Images.Count;

    /// <inheritdoc/>
    public string NameOf(long index) => Path.Combine(split.Folder, split.Annotations.Images[(int)index].FileName);

    /// <inheritdoc/>
    public SegmentationItem Get(long index, ItemRandom random)
    {
        var image = split.Annotations.Images[(int)index];
        var path = NameOf(index);
        var pixels = Read(path, decoder);
        if ((pixels.Width, pixels.Height) != (image.Width, image.Height))
        {
            using (pixels)
            {
                throw new DamagedFileException(path, $"has {pixels.Width} x {pixels.Height} pixels, expected {image.Width} x "
                    + $"{image.Height}, as {split.Annotations.Path} says");
            }
        }
        return transform(new(pixels, classes.Paint(image, split.Annotations.AnnotationsOf(image)), path), random);
    }

    /// <summary>Reads an image.</summary>
    /// <exception cref="DamagedFileException">It cannot be read.</exception>
    public static RgbImage Read(string path, IImageDecoder decoder)
    {
        byte[] bytes;
        try
        {
            bytes = File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DamagedFileException(path, $"cannot be read: {e.Message}", cause: e);
        }
        return decoder.Decode(bytes, path);
    }
}
