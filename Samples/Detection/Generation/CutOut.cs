using System;
using System.Collections.Generic;
using System.Linq;
using SixLabors.ImageSharp.PixelFormats;

namespace KnDsl.Samples.Detection.Generation;

/// <summary>A picture of one object with nothing around it.</summary>
/// <param name="Picture">The picture, of no more than the object.</param>
internal sealed record CutOut(Pyramid Picture)
{
    /// <summary>A pixel belongs to the object from this opacity on.</summary>
    public const int Inside = 128;

    /// <summary>A part that is smaller than this share of the object was left by whoever cut it out.</summary>
    private const double LeastPart = 0.01;

    /// <summary>Cuts an object out of a picture with opacity: without specks around it, and no larger than it is.</summary>
    /// <returns>Null where nothing in it is opaque.</returns>
    public static CutOut? Of(Rgba32[] pixels, int width)
    {
        RemoveSpecks(pixels, width);
        int left = width, top = int.MaxValue, right = -1, bottom = -1;
        for (var i = 0; i < pixels.Length; i++)
        {
            if (pixels[i].A < Inside)
                continue;
            var (x, y) = (i % width, i / width);
            (left, top, right, bottom) = (Math.Min(left, x), Math.Min(top, y), Math.Max(right, x), Math.Max(bottom, y));
        }
        if (right < 0)
            return null;
        var cut = new Rgba32[(right - left + 1) * (bottom - top + 1)];
        for (var y = top; y <= bottom; y++)
            Array.Copy(pixels, y * width + left, cut, (y - top) * (right - left + 1), right - left + 1);
        return new(new Pyramid(cut, right - left + 1));
    }

    private static void RemoveSpecks(Rgba32[] pixels, int width)
    {
        var parts = new List<(List<int> Places, int Area)>();
        var isSeen = new bool[pixels.Length];
        for (var start = 0; start < pixels.Length; start++)
        {
            if (isSeen[start] || pixels[start].A == 0)
                continue;
            var places = Flood.From(start, isSeen, width, place => pixels[place].A > 0);
            parts.Add((places, places.FindAll(place => pixels[place].A >= Inside).Count));
        }
        var least = LeastPart * parts.Sum(part => (double)part.Area);
        foreach (var part in parts.FindAll(part => part.Area < least))
        {
            foreach (var place in part.Places)
                pixels[place] = default;
        }
    }
}
