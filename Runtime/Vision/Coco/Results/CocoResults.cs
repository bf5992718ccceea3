using System;
using System.Collections.Generic;
using System.IO;
using System.Text.Json;

namespace KnDsl.Vision;

/// <summary>
/// Detections in COCO's json of results (<see href="https://cocodataset.org/#format-results">cocodataset.org</see>): a list of objects
/// with <c>image_id</c>, <c>category_id</c>, <c>bbox</c>, <c>segmentation</c> where there are masks, and <c>score</c>.
/// </summary>
public sealed class CocoResults
{
    private const string List = "results";

    private CocoResults(IReadOnlyList<CocoResult> results, IReadOnlyList<SkippedEntry> skipped) => (Results, Skipped) = (results, skipped);

    /// <summary>The detections in the order of the file.</summary>
    public IReadOnlyList<CocoResult> Results { get; }

    /// <summary>What was left out; none where bad entries are fatal.</summary>
    public IReadOnlyList<SkippedEntry> Skipped { get; }

    /// <summary>Reads detections. The json goes through a buffer, as that of annotations does.</summary>
    /// <param name="path">The file.</param>
    /// <param name="annotations">The images and categories that the detections are of.</param>
    /// <param name="bad">What is done with an entry that cannot be used.</param>
    /// <exception cref="CocoException">
    /// The file is not there, is cut off or is no list of results, or an entry is bad and that is fatal.
    /// </exception>
    public static CocoResults Read(string path, CocoAnnotations annotations, BadEntries bad = BadEntries.Fatal)
    {
        try
        {
            using var stream = JsonTokens.Open(path);
            return Read(path, stream, annotations, bad);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new CocoException(path, FileProblems.Describe(path, error), cause: error);
        }
    }

    /// <summary>Writes detections. The file is complete or is not there, or stays what it was.</summary>
    /// <param name="path">The file; its folder must be there.</param>
    /// <param name="results">The detections.</param>
    /// <exception cref="IOException">The file cannot be written; the message says why.</exception>
    public static void Write(string path, IEnumerable<CocoResult> results)
    {
        ArgumentNullException.ThrowIfNull(results);
        GeometryWriter.WriteFile(path, json =>
        {
            json.WriteStartArray();
            foreach (var result in results)
                Write(json, result);
            json.WriteEndArray();
        });
    }

    private static void Write(Utf8JsonWriter json, CocoResult result)
    {
        json.WriteStartObject();
        json.WriteNumber("image_id"u8, result.ImageId);
        json.WriteNumber("category_id"u8, result.CategoryId);
        GeometryWriter.WriteBox(json, result.Box);
        if (result.Mask is { } mask)
            GeometryWriter.WriteMask(json, mask);
        json.WriteNumber("score"u8, result.Score);
        GeometryWriter.EndEntry(json);
    }

    private static CocoResults Read(string path, Stream stream, CocoAnnotations annotations, BadEntries bad)
    {
        var (results, problems) = (new List<CocoResult>(), new EntryProblems(path, bad));
        var (entry, geometry) = (new CocoEntry(List), new GeometryReader());
        var tokens = new JsonTokens(path, stream);
        tokens.Next();
        if (tokens.Type != JsonTokenType.StartArray)
            throw new CocoException(path, $"is {tokens.Written}, expected a list of results");
        while (tokens.Next() && tokens.Type != JsonTokenType.EndArray)
        {
            entry.Begin();
            if (tokens.Type != JsonTokenType.StartObject)
            {
                entry.Fail($"is {tokens.Written}, expected an object");
                tokens.Skip();
            }
            else if (ReadResult(ref tokens, entry, geometry, annotations) is { } result)
            {
                results.Add(result);
            }
            if (entry.Problem is { } problem)
                problems.Add(entry.Place, problem);
            tokens.Finish(entry);
        }
        tokens.Next();
        return new(results, problems.Skipped);
    }

    private static CocoResult? ReadResult(ref JsonTokens tokens, CocoEntry entry, GeometryReader geometry, CocoAnnotations annotations)
    {
        long? image = null, category = null;
        double? score = null;
        CocoBox? box = null;
        CocoSegmentation? segmentation = null;
        while (tokens.Next() && tokens.Type != JsonTokenType.EndObject)
        {
            if (tokens.IsNamed("image_id"u8))
            {
                image = entry.ReadInteger(ref tokens, "image_id");
            }
            else if (tokens.IsNamed("category_id"u8))
            {
                category = entry.ReadInteger(ref tokens, "category_id");
            }
            else if (tokens.IsNamed("bbox"u8))
            {
                box = geometry.ReadBox(ref tokens, entry, "bbox");
            }
            else if (tokens.IsNamed("segmentation"u8))
            {
                segmentation = geometry.ReadSegmentation(ref tokens, entry);
            }
            else if (tokens.IsNamed("score"u8))
            {
                score = entry.ReadNumber(ref tokens, "score");
            }
            else
            {
                tokens.Next();
                tokens.Skip();
            }
        }
        entry.Demand(image is not null, "image_id");
        entry.Demand(category is not null, "category_id");
        entry.Demand(score is not null, "score");
        if (box is null && segmentation is null)
            entry.Fail("'bbox' and 'segmentation' are missing, expected one of them");
        if (entry.Problem is not null)
            return null;
        if (annotations.FindImage(image!.Value) is not { } known)
            entry.Fail($"image_id {image} names none of the {annotations.Images.Count} images of {annotations.Path}");
        else if (annotations.FindCategory(category!.Value) is null)
            entry.Fail($"category_id {category} names none of the {annotations.Categories.Count} categories of {annotations.Path}");
        else if (box is { } given && CocoResult.Problem(given) is { } problem)
            entry.Fail(problem);
        else
            return Make(known, category.Value, box, segmentation, score!.Value, entry);
        return null;
    }

    private static CocoResult? Make(
        CocoImage image, long category, CocoBox? box, CocoSegmentation? segmentation, double score, CocoEntry entry)
    {
        if (segmentation is null)
            return new(image.Id, category, box!.Value, score);
        if (segmentation.ProblemIn(image) is { } problem)
        {
            entry.Fail(problem);
            return null;
        }
        return new(image.Id, category, segmentation.ToMask(image.Height, image.Width), score, box);
    }
}
