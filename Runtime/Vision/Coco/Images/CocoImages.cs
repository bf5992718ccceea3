using System;
using System.Buffers;
using System.Collections.Generic;
using System.IO;
using KnDsl.Training;

namespace KnDsl.Vision;

/// <summary>
/// The images of a set of COCO's format with their objects, for a loader. Crowds are left out, which are no objects to learn from, and
/// images without an object stay. Labels have no gaps, whatever ids the categories have.
/// </summary>
public sealed class CocoImages : IDataset<DetectionItem>, IItemNames
{
    private readonly string folder;
    private readonly bool masks;
    private readonly Func<CocoCategory, long> labelOf;
    private readonly IObjectTransform transform;
    private readonly IImageDecoder decoder;

    /// <summary>The images of a set. None is opened.</summary>
    /// <param name="folder">The folder of the images.</param>
    /// <param name="annotations">The set.</param>
    /// <param name="transform">What is done with each image and its objects; null leaves them as they are.</param>
    /// <param name="masks">Whether objects have masks.</param>
    /// <param name="labelOf">
    /// The label of a category, such as its own and 1 where label 0 is the background; null is <see cref="CocoCategory.Label"/>.
    /// </param>
    /// <param name="decoder">What reads images, <see cref="ImageDecoder.Create"/> if null.</param>
    /// <exception cref="DatasetException">There is no such folder.</exception>
    /// <exception cref="CocoException">There are to be masks, and an object has none.</exception>
    public CocoImages(
        string folder, CocoAnnotations annotations, IObjectTransform? transform = null, bool masks = false,
        Func<CocoCategory, long>? labelOf = null, IImageDecoder? decoder = null)
    {
        FileProblems.RequireFolder(folder);
        (this.folder, Annotations, this.masks) = (folder, annotations, masks);
        this.labelOf = labelOf ?? (category => category.Label);
        this.transform = transform ?? new ComposeObjects();
        this.decoder = decoder ?? ImageDecoder.Create();
        if (!masks)
            return;
        foreach (var annotation in annotations.Annotations)
        {
            if (annotation is { IsCrowd: false, Segmentation: null })
            {
                throw new CocoException(
                    annotations.Path, "'segmentation' is missing, expected an outline of each object", $"annotation {annotation.Id}");
            }
        }
    }

    /// <summary>The set.</summary>
    public CocoAnnotations Annotations { get; }

    /// <inheritdoc/>
    public long Count => Annotations.Images.Count;

    /// <summary>The image of an item.</summary>
    /// <param name="index">The item.</param>
    public CocoImage ImageOf(long index) => Annotations.Images[checked((int)index)];

    /// <inheritdoc/>
    public string NameOf(long index) => Path.Combine(folder, ImageOf(index).FileName);

    /// <inheritdoc/>
    public DetectionItem Get(long index, ItemRandom random)
    {
        var (image, path) = (ImageOf(index), NameOf(index));
        var buffer = FileReading.ReadRented(path, decoder.Limits, out var length);
        try
        {
            var pixels = decoder.Decode(buffer.AsSpan(0, length), path);
            if ((pixels.Width, pixels.Height) != (image.Width, image.Height))
            {
                using (pixels)
                {
                    throw new DamagedFileException(path, $"has {pixels.Width} x {pixels.Height} pixels, expected {image.Width} x "
                        + $"{image.Height}, as {Annotations.Path} says");
                }
            }
            return transform.Apply(new(pixels, ObjectsOf(image), path), random);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private List<ImageObject> ObjectsOf(CocoImage image)
    {
        var objects = new List<ImageObject>();
        foreach (var annotation in Annotations.AnnotationsOf(image))
        {
            // Boxes are rounded outwards by up to a pixel.
            var box = new PixelBox(
                (float)Math.Clamp(annotation.Box.X, 0, image.Width), (float)Math.Clamp(annotation.Box.Y, 0, image.Height),
                (float)Math.Clamp(annotation.Box.Right, 0, image.Width), (float)Math.Clamp(annotation.Box.Bottom, 0, image.Height));
            if (!annotation.IsCrowd && box.Right > box.Left && box.Bottom > box.Top)
                objects.Add(new(box, labelOf(annotation.Category), masks ? MaskOf(annotation) : null));
        }
        return objects;
    }

    private static ObjectMask MaskOf(CocoAnnotation annotation)
    {
        var mask = annotation.ToMask()!;
        return new(mask.Height, mask.Width, mask.Decode());
    }
}
