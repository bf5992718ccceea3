using System;
using System.Linq;
using KnDsl.Samples.Detection.Data;
using KnDsl.Training;
using KnDsl.Vision;

namespace KnDsl.Samples.Detection.Classification;

/// <summary>
/// The objects of a split, each cut out of its image with something of what is around it, and the number of its category.
/// </summary>
internal sealed class ObjectCrops : IDataset<LabelledImage>, IItemNames
{
    /// <summary>
    /// The side of what is cut out, to the longer side of the object's box: as it is evaluated, and the least and most of a training.
    /// </summary>
    private const double Around = 1.25, LeastAround = 1, MostAround = 1.6;

    private readonly CocoImages images;
    private readonly (int Image, CocoBox Box, long Label)[] objects;
    private readonly int side;
    private readonly Func<RgbImage, ItemRandom, RgbImage>? augment;

    /// <summary>The objects of a split. No image is opened.</summary>
    /// <param name="split">The split.</param>
    /// <param name="side">Pixels of a side of each crop.</param>
    /// <param name="augment">What is done with a crop of a training, which is random then; null is for evaluation.</param>
    /// <exception cref="CocoException">There is no object.</exception>
    public ObjectCrops(CocoSplit split, int side, Func<RgbImage, ItemRandom, RgbImage>? augment = null)
    {
        (this.side, this.augment) = (side, augment);
        images = new(split.Folder, split.Annotations);
        objects =
        [
            .. split.Annotations.Images.SelectMany((image, index) => split.Annotations.AnnotationsOf(image)
                .Where(annotation => !annotation.IsCrowd && IsSeen(annotation.Box, image))
                .Select(annotation => (index, annotation.Box, (long)annotation.Category.Label))),
        ];
        if (objects.Length == 0)
            throw new CocoException(split.Annotations.Path, "has no object, expected some to be told from each other");
    }

    /// <inheritdoc/>
    public long Count => objects.Length;

    /// <inheritdoc/>
    public string NameOf(long index) => images.NameOf(objects[index].Image);

    /// <inheritdoc/>
    public LabelledImage Get(long index, ItemRandom random)
    {
        var (place, box, label) = objects[index];
        var image = images.Get(place, random).Image;
        using (image)
        {
            image.Crop(AreaOf(box, image, random));
            var crop = Resampler.Resize(image, side, side);
            return new(augment is null ? crop : augment(crop, random), label, NameOf(index));
        }
    }

    /// <summary>A square around a box, as far as it is in the image.</summary>
    private PixelArea AreaOf(CocoBox box, RgbImage image, ItemRandom random)
    {
        var longer = Math.Max(box.Width, box.Height);
        var length = longer * (augment is null ? Around : random.Uniform(LeastAround, MostAround));
        var (x, y) = (box.X + box.Width / 2, box.Y + box.Height / 2);
        if (augment is not null)
        {
            var play = (length - longer) / 2 + longer / 10;
            x += random.Uniform(-play, play);
            y += random.Uniform(-play, play);
        }
        var (left, width) = Within(x - length / 2, length, image.Width);
        var (top, height) = Within(y - length / 2, length, image.Height);
        return new(left, top, width, height);
    }

    private static (int Start, int Length) Within(double start, double length, int most)
    {
        var first = Math.Clamp((int)Math.Floor(start), 0, most - 1);
        return (first, Math.Clamp((int)Math.Ceiling(start + length), first + 1, most) - first);
    }

    private static bool IsSeen(CocoBox box, CocoImage image) =>
        box.Right > 0 && box.Bottom > 0 && box.X < image.Width && box.Y < image.Height && box is { Width: > 0, Height: > 0 };
}
