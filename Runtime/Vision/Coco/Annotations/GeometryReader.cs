using System;
using System.Collections.Generic;
using System.Linq;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace KnDsl.Vision;

/// <summary>Reads boxes and outlines of entries, of annotations as well as of results.</summary>
internal sealed class GeometryReader
{
    private readonly List<double> numbers = [];
    private readonly List<int> counts = [];

    /// <summary>Reads x, y, width and height; null where they are none.</summary>
    public CocoBox? ReadBox(ref JsonTokens tokens, CocoEntry entry, string field)
    {
        tokens.Next();
        if (!ReadNumbers(ref tokens, entry, field))
            return null;
        if (numbers is [var x, var y, var width, var height])
            return new(x, y, width, height);
        entry.Fail($"'{field}' has {numbers.Count} numbers, expected 4: x, y, width and height");
        return null;
    }

    /// <summary>Reads polygons or RLE; null where there are none: a list may be empty.</summary>
    public CocoSegmentation? ReadSegmentation(ref JsonTokens tokens, CocoEntry entry)
    {
        tokens.Next();
        if (tokens.Type == JsonTokenType.StartObject)
            return ReadRle(ref tokens, entry) is { } mask ? new(mask) : null;
        if (tokens.Type == JsonTokenType.StartArray)
            return ReadPolygons(ref tokens, entry);
        if (tokens.Type != JsonTokenType.Null)
            entry.Unexpected(ref tokens, "segmentation", "a list of polygons or an object with 'size' and 'counts'");
        return null;
    }

    private CocoSegmentation? ReadPolygons(ref JsonTokens tokens, CocoEntry entry)
    {
        var polygons = new List<double[]>(1);
        while (tokens.Next() && tokens.Type != JsonTokenType.EndArray)
        {
            if (!ReadNumbers(ref tokens, entry, $"segmentation[{polygons.Count}]"))
                continue;
            var polygon = numbers.ToArray();
            entry.Fail(EntryChecks.OfPolygon(polygon, polygons.Count));
            polygons.Add(polygon);
        }
        return entry.Problem is null && polygons.Count > 0 ? new([.. polygons]) : null;
    }

    private CocoMask? ReadRle(ref JsonTokens tokens, CocoEntry entry)
    {
        (int Height, int Width)? size = null;
        string? compressed = null;
        var hasCounts = false;
        counts.Clear();
        while (tokens.Next() && tokens.Type != JsonTokenType.EndObject)
        {
            if (tokens.IsNamed("size"u8))
            {
                size = ReadSize(ref tokens, entry);
            }
            else if (tokens.IsNamed("counts"u8))
            {
                hasCounts = true;
                tokens.Next();
                if (tokens.Type == JsonTokenType.String && tokens.Text is { } text)
                    compressed = text;
                else
                    ReadCounts(ref tokens, entry);
            }
            else
            {
                tokens.Next();
                tokens.Skip();
            }
        }
        entry.Demand(size is not null, "segmentation.size");
        entry.Demand(hasCounts, "segmentation.counts");
        if (entry.Problem is not null)
            return null;
        try
        {
            var (height, width) = size!.Value;
            return compressed is not null ? CocoMask.Parse(height, width, compressed)
                : CocoMask.FromCounts(height, width, CollectionsMarshal.AsSpan(counts));
        }
        catch (FormatException error)
        {
            entry.Fail($"'segmentation': {error.Message}");
            return null;
        }
    }

    private (int Height, int Width)? ReadSize(ref JsonTokens tokens, CocoEntry entry)
    {
        tokens.Next();
        if (!ReadNumbers(ref tokens, entry, "segmentation.size"))
            return null;
        if (numbers is [> 0 and <= int.MaxValue and var height, > 0 and <= int.MaxValue and var width])
            return ((int)height, (int)width);
        entry.Fail($"'segmentation.size' is [{string.Join(", ", numbers.Select(number => FormattableString.Invariant($"{number}")))}], "
            + "expected height and width");
        return null;
    }

    private void ReadCounts(ref JsonTokens tokens, CocoEntry entry)
    {
        if (tokens.Type != JsonTokenType.StartArray)
        {
            entry.Unexpected(ref tokens, "segmentation.counts", "a list of lengths or COCO's compressed text");
            return;
        }
        while (tokens.Next() && tokens.Type != JsonTokenType.EndArray)
        {
            if (tokens.IsInteger(out var count) && count is >= int.MinValue and <= int.MaxValue)
                counts.Add((int)count);
            else
                entry.Unexpected(ref tokens, $"segmentation.counts[{counts.Count}]", "a length");
        }
    }

    /// <summary>Reads a list of finite numbers; false where it is none.</summary>
    private bool ReadNumbers(ref JsonTokens tokens, CocoEntry entry, string field)
    {
        numbers.Clear();
        if (tokens.Type != JsonTokenType.StartArray)
        {
            entry.Unexpected(ref tokens, field, "a list of numbers");
            return false;
        }
        var areAll = true;
        while (tokens.Next() && tokens.Type != JsonTokenType.EndArray)
        {
            areAll &= tokens.IsNumber(out var number);
            if (tokens.Type == JsonTokenType.Number && areAll)
                numbers.Add(number);
            else
                entry.Unexpected(ref tokens, $"{field}[{numbers.Count}]", "a number");
        }
        return areAll;
    }
}
