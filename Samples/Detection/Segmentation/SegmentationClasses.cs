using System;
using System.Collections.Generic;
using System.Linq;
using KnDsl.Training;
using KnDsl.Vision;

namespace KnDsl.Samples.Detection.Segmentation;

/// <summary>The classes of a segmentation network: 0 is the background, and each other one a category.</summary>
internal sealed class SegmentationClasses
{
    /// <summary>The label of pixels that do not count: crowds, and what is outside of an image.</summary>
    public const byte Ignored = 255;

    /// <summary>COCO's ids of Pascal VOC's categories, in its order.</summary>
    private static readonly long[] Voc = [5, 2, 16, 9, 44, 6, 3, 17, 62, 21, 67, 18, 19, 4, 1, 64, 20, 63, 7, 72];

    private readonly Dictionary<string, byte> labels;

    /// <summary>The classes of categories.</summary>
    /// <param name="categories">The categories.</param>
    /// <param name="kind">Which of them are classes.</param>
    /// <exception cref="SettingsException">There are more than labels, or not those of Pascal VOC.</exception>
    public SegmentationClasses(IReadOnlyList<CocoCategory> categories, ClassKind kind)
    {
        var chosen = kind == ClassKind.Categories ? [.. categories] : Array.ConvertAll(Voc, id =>
            categories.FirstOrDefault(category => category.Id == id)
            ?? throw new SettingsException($"--classes is voc, and the set has no category with COCO's id {id}."));
        if (chosen.Length >= Ignored)
            throw new SettingsException($"The set has {chosen.Length} categories; a segmentation has at most {Ignored - 1}.");
        // By name: another json of the same categories may have other ids.
        labels = chosen.Select((category, i) => (category.Name, Label: (byte)(i + 1))).ToDictionary(pair => pair.Name, pair => pair.Label);
        Names = ["background", .. chosen.Select(category => category.Name)];
    }

    /// <summary>The names of the classes.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>
    /// The class of each pixel, row by row: that of the object seen there, the later of several in the json. Crowds without objects are
    /// ignored, and what is of no class is background.
    /// </summary>
    /// <param name="image">The image.</param>
    /// <param name="objects">Its objects, each with an outline.</param>
    public byte[] Paint(CocoImage image, IReadOnlyList<CocoAnnotation> objects)
    {
        var pixels = new byte[image.Width * image.Height];
        foreach (var found in objects.OrderByDescending(found => found.IsCrowd))
        {
            if (!labels.TryGetValue(found.Category.Name, out var label))
                continue;
            var mask = found.ToMask()!.Decode();
            for (var i = 0; i < pixels.Length; i++)
            {
                if (mask[i] != 0)
                    pixels[i] = found.IsCrowd ? Ignored : label;
            }
        }
        return pixels;
    }
}
