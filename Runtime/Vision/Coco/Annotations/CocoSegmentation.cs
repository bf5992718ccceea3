using System;
using System.Collections.Generic;

namespace KnDsl.Vision;

/// <summary>The outline of an object: polygons, or a mask where the object is a crowd or was drawn pixel by pixel.</summary>
public sealed class CocoSegmentation
{
    private readonly double[][] polygons;

    /// <summary>An outline of polygons.</summary>
    /// <param name="polygons">At least one, each with its corners in pixels: x1, y1, x2, y2 and so on.</param>
    public CocoSegmentation(params double[][] polygons)
    {
        ArgumentOutOfRangeException.ThrowIfZero(polygons.Length);
        this.polygons = polygons;
    }

    /// <summary>An outline of pixels.</summary>
    /// <param name="mask">The mask, of the size of the image.</param>
    public CocoSegmentation(CocoMask mask)
    {
        polygons = [];
        Mask = mask;
    }

    /// <summary>The polygons, whose union the object is; none where there is a mask.</summary>
    public IReadOnlyList<double[]> Polygons => polygons;

    /// <summary>The mask; null where there are polygons.</summary>
    public CocoMask? Mask { get; }

    /// <summary>The mask, drawn where there are polygons.</summary>
    /// <param name="height">The height of the image in pixels.</param>
    /// <param name="width">The width of the image in pixels.</param>
    /// <exception cref="FormatException">The polygons are none.</exception>
    public CocoMask ToMask(int height, int width) => Mask ?? CocoMask.FromPolygons(polygons, height, width);

    /// <summary>Why this can be no outline in an image; null where it can.</summary>
    internal string? ProblemIn(CocoImage image)
    {
        if (Mask is not null)
        {
            return (Mask.Height, Mask.Width) == (image.Height, image.Width) ? null
                : $"the RLE is of {Mask.Height} x {Mask.Width} pixels, expected height and width of its image, "
                    + $"{image.Height} x {image.Width}";
        }
        foreach (var polygon in polygons)
        {
            for (var i = 0; i < polygon.Length; i += 2)
            {
                if (!image.Contains(polygon[i], polygon[i + 1]))
                {
                    return FormattableString.Invariant($"the corner ({polygon[i]}, {polygon[i + 1]}) of a polygon is outside its image of ")
                        + $"{image.Width} x {image.Height} pixels";
                }
            }
        }
        return null;
    }
}
