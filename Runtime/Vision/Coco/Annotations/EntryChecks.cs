using System;

namespace KnDsl.Vision;

/// <summary>What is checked of an entry alone, in the same words where it is read and where it is to be written.</summary>
internal static class EntryChecks
{
    /// <summary>Why a side can be none of an image; null where it can.</summary>
    public static string? OfSide(long side, string field) => side is >= 1 and <= int.MaxValue ? null
        : $"'{field}' is {side}, expected at least 1 pixel and no more than any image has";

    /// <summary>Why an image cannot have so many pixels; null where it can.</summary>
    public static string? OfPixels(long width, long height) => width * height <= int.MaxValue ? null
        : $"the image has {width} x {height} pixels, more than any image";

    /// <summary>Why an area can be none of an object; null where it can.</summary>
    public static string? OfArea(double area) => area >= 0 && double.IsFinite(area) ? null
        : FormattableString.Invariant($"'area' is {area}, expected at least 0 square pixels");

    /// <summary>Why polygons can be none of an outline; null where they can.</summary>
    public static string? OfPolygon(double[] polygon, int place) =>
        PolygonRuns.Problem(polygon) is { } problem ? $"segmentation[{place}]: {problem}" : null;

    /// <summary>Why a text can be none of an entry; null where it can.</summary>
    public static string? OfText(string text, string field) => text.Length > 0 ? null : $"'{field}' is '', expected a text";
}
