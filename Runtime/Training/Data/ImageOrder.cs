using System;
using System.Collections.Generic;

namespace KnDsl.Training;

/// <summary>The order of the images of a class, by names with '/': first by folder, then by name, both ordinal.</summary>
internal static class ImageOrder
{
    public static IComparer<string> Comparer { get; } = Comparer<string>.Create((a, b) =>
    {
        var (endA, endB) = (Math.Max(a.LastIndexOf('/'), 0), Math.Max(b.LastIndexOf('/'), 0));
        var folders = a.AsSpan(0, endA).SequenceCompareTo(b.AsSpan(0, endB));
        return folders != 0 ? folders : a.AsSpan(endA).SequenceCompareTo(b.AsSpan(endB));
    });
}
