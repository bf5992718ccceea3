using System;
using System.Collections.Generic;
using System.Linq;
using KnDsl.Samples.FashionMnist.Data;
using SixLabors.ImageSharp.PixelFormats;

namespace KnDsl.Samples.Detection.Generation;

/// <summary>Garments of Fashion-MNIST, in colors.</summary>
internal static class Garments
{
    /// <summary>Grey from which on a pixel is of the garment.</summary>
    private const byte Dark = 12;

    /// <summary>How many garments of a category there are at most; more would only take memory.</summary>
    private const int Most = 400;

    private static readonly (int Id, string Name, byte Label)[] Known =
        [(17, "shirt", 0), (18, "trouser", 1), (21, "dress", 3), (22, "bag", 8), (25, "boot", 9)];

    /// <summary>The categories of a set.</summary>
    public static IEnumerable<ObjectKind> Of(ImageSet images) =>
        from known in Known
        select new ObjectKind(known.Id, known.Name, "clothes")
        {
            CutOuts =
            [
                .. Enumerable.Range(0, images.Count).Where(i => images.Labels[i] == known.Label)
                    .Select(i => CutOutOf(images, i)).OfType<CutOut>().Take(Most),
            ],
            Enlargement = 4,
            IsGrey = true,
        };

    /// <summary>A garment: it is where its picture is not black, and where that is all around.</summary>
    private static CutOut? CutOutOf(ImageSet images, int index)
    {
        // A border of a pixel, from which all that is around the garment is reached.
        var width = images.Width + 2;
        var grey = new byte[width * (images.Height + 2)];
        for (var y = 0; y < images.Height; y++)
            images.Pixels.AsSpan(index * images.ImageSize + y * images.Width, images.Width).CopyTo(grey.AsSpan((y + 1) * width + 1));
        var isAround = new bool[grey.Length];
        _ = Flood.From(0, isAround, width, place => grey[place] < Dark);
        // Black within a garment is a dark part of it.
        var pixels = new Rgba32[grey.Length];
        for (var i = 0; i < grey.Length; i++)
            pixels[i] = isAround[i] ? default : Shade(grey[i]);
        return CutOut.Of(pixels, width);
    }

    private static Rgba32 Shade(byte grey)
    {
        var shade = (byte)(60 + grey * 195 / 255);
        return new(shade, shade, shade);
    }
}
