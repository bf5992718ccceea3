using System.Collections.Generic;
using System.IO;
using KnDsl.Training;
using KnDsl.Vision;

namespace KnDsl.Samples.Detection.Data;

/// <summary>What <c>--skip-damaged</c> left out.</summary>
internal static class LeftOut
{
    /// <summary>Lists it.</summary>
    public static void Tell(IReadOnlyList<SkippedEntry> entries, IEnumerable<SkippedItem> items, TextWriter output)
    {
        if (entries.Count > 0)
            output.WriteLine($"{entries.Count} entries of the json were left out:");
        foreach (var entry in entries)
            output.WriteLine($"skipped: {entry}");
        foreach (var item in items)
            output.WriteLine($"skipped: {item.Message}");
    }
}
