using System.IO;
using System.Text.Json;

namespace KnDsl.Vision;

/// <summary>Reads a json of annotations as a stream. The lists may come in any order, and so may the fields of an entry.</summary>
internal sealed class AnnotationParser
{
    private readonly string path;
    private readonly BadEntries bad;
    private readonly AnnotationFile file = new();
    private readonly GeometryReader geometry = new();

    private AnnotationParser(string path, BadEntries bad) => (this.path, this.bad) = (path, bad);

    private delegate void EntryReader(ref JsonTokens tokens, CocoEntry entry);

    /// <summary>Reads all entries.</summary>
    /// <param name="path">The file, for messages.</param>
    /// <param name="stream">Its bytes.</param>
    /// <param name="bad">Whether the first entry that cannot be read is thrown.</param>
    /// <exception cref="CocoException">The json is cut off or is none, a list is missing, or an entry is bad and that is fatal.</exception>
    public static AnnotationFile Read(string path, Stream stream, BadEntries bad)
    {
        var parser = new AnnotationParser(path, bad);
        var tokens = new JsonTokens(path, stream);
        parser.ReadFile(ref tokens);
        return parser.file;
    }

    private void ReadFile(ref JsonTokens tokens)
    {
        tokens.Next();
        if (tokens.Type != JsonTokenType.StartObject)
        {
            throw new CocoException(path, tokens.Type == JsonTokenType.StartArray
                ? "is a list, as results are, expected an object with 'images', 'annotations' and 'categories'"
                : $"is {tokens.Written}, expected an object with 'images', 'annotations' and 'categories'");
        }
        var (hasImages, hasCategories, hasAnnotations) = (false, false, false);
        while (tokens.Next() && tokens.Type != JsonTokenType.EndObject)
        {
            if (tokens.IsNamed("images"u8))
            {
                ReadList(ref tokens, AnnotationFile.ImageList, ref hasImages, ReadImage);
            }
            else if (tokens.IsNamed("categories"u8))
            {
                ReadList(ref tokens, AnnotationFile.CategoryList, ref hasCategories, ReadCategory);
            }
            else if (tokens.IsNamed("annotations"u8))
            {
                ReadList(ref tokens, AnnotationFile.AnnotationList, ref hasAnnotations, ReadAnnotation);
            }
            else
            {
                tokens.Next();
                tokens.Skip();
            }
        }
        tokens.Next();
        RequireList(hasImages, AnnotationFile.ImageList);
        RequireList(hasCategories, AnnotationFile.CategoryList);
        RequireList(hasAnnotations, AnnotationFile.AnnotationList);
    }

    private void RequireList(bool isThere, string list)
    {
        if (!isThere)
            throw new CocoException(path, $"has no list '{list}'");
    }

    private void ReadList(ref JsonTokens tokens, string list, ref bool isThere, EntryReader read)
    {
        if (isThere)
            throw new CocoException(path, $"has two lists '{list}'");
        isThere = true;
        tokens.Next();
        if (tokens.Type != JsonTokenType.StartArray)
            throw new CocoException(path, $"'{list}' is {tokens.Written}, expected a list");
        var entry = new CocoEntry(list);
        while (tokens.Next() && tokens.Type != JsonTokenType.EndArray)
        {
            entry.Begin();
            if (tokens.Type == JsonTokenType.StartObject)
            {
                read(ref tokens, entry);
            }
            else
            {
                entry.Fail($"is {tokens.Written}, expected an object");
                tokens.Skip();
            }
            if (entry.Problem is { } problem)
            {
                if (bad == BadEntries.Fatal)
                    throw new CocoException(path, problem, entry.Place);
                file.Unreadable.Add(new(list, entry.Index, entry.Id, problem));
            }
            tokens.Finish(entry);
        }
    }

    private void ReadImage(ref JsonTokens tokens, CocoEntry entry)
    {
        string? name = null;
        long? width = null, height = null;
        while (tokens.Next() && tokens.Type != JsonTokenType.EndObject)
        {
            if (tokens.IsNamed("id"u8))
                entry.ReadId(ref tokens);
            else if (tokens.IsNamed("file_name"u8))
                name = entry.ReadText(ref tokens, "file_name");
            else if (tokens.IsNamed("width"u8))
                width = ReadSide(ref tokens, entry, "width");
            else if (tokens.IsNamed("height"u8))
                height = ReadSide(ref tokens, entry, "height");
            else
                SkipField(ref tokens);
        }
        entry.Demand(entry.Id is not null, "id");
        entry.Demand(name is not null, "file_name");
        entry.Demand(width is not null, "width");
        entry.Demand(height is not null, "height");
        if (entry.Problem is null)
            entry.Fail(EntryChecks.OfPixels(width!.Value, height!.Value));
        if (entry.Problem is null)
            file.Images.Add(new(entry.Index, new(entry.Id!.Value, name!, (int)width!.Value, (int)height!.Value)));
    }

    private static long? ReadSide(ref JsonTokens tokens, CocoEntry entry, string field)
    {
        var side = entry.ReadInteger(ref tokens, field);
        if (side is { } known)
            entry.Fail(EntryChecks.OfSide(known, field));
        return side;
    }

    private void ReadCategory(ref JsonTokens tokens, CocoEntry entry)
    {
        string? name = null, group = null;
        while (tokens.Next() && tokens.Type != JsonTokenType.EndObject)
        {
            if (tokens.IsNamed("id"u8))
                entry.ReadId(ref tokens);
            else if (tokens.IsNamed("name"u8))
                name = entry.ReadText(ref tokens, "name");
            else if (tokens.IsNamed("supercategory"u8))
                group = tokens.Next() && tokens.Type == JsonTokenType.String ? tokens.Text : SkipValue(ref tokens);
            else
                SkipField(ref tokens);
        }
        entry.Demand(entry.Id is not null, "id");
        entry.Demand(name is not null, "name");
        if (entry.Problem is null)
            file.Categories.Add(new(entry.Index, entry.Id!.Value, name!, group));
    }

    private void ReadAnnotation(ref JsonTokens tokens, CocoEntry entry)
    {
        long? image = null, category = null;
        CocoBox? box = null;
        double? area = null;
        var isCrowd = false;
        CocoSegmentation? segmentation = null;
        while (tokens.Next() && tokens.Type != JsonTokenType.EndObject)
        {
            if (tokens.IsNamed("segmentation"u8))
                segmentation = geometry.ReadSegmentation(ref tokens, entry);
            else if (tokens.IsNamed("area"u8))
                area = entry.ReadNumber(ref tokens, "area");
            else if (tokens.IsNamed("iscrowd"u8))
                isCrowd = entry.ReadFlag(ref tokens, "iscrowd") ?? false;
            else if (tokens.IsNamed("image_id"u8))
                image = entry.ReadInteger(ref tokens, "image_id");
            else if (tokens.IsNamed("bbox"u8))
                box = geometry.ReadBox(ref tokens, entry, "bbox");
            else if (tokens.IsNamed("category_id"u8))
                category = entry.ReadInteger(ref tokens, "category_id");
            else if (tokens.IsNamed("id"u8))
                entry.ReadId(ref tokens);
            else
                SkipField(ref tokens);
        }
        entry.Demand(entry.Id is not null, "id");
        entry.Demand(image is not null, "image_id");
        entry.Demand(category is not null, "category_id");
        entry.Demand(box is not null, "bbox");
        entry.Demand(area is not null, "area");
        if (area is { } known)
            entry.Fail(EntryChecks.OfArea(known));
        if (entry.Problem is null)
        {
            file.Annotations.Add(new(
                entry.Index, entry.Id!.Value, image!.Value, category!.Value, box!.Value, area!.Value, isCrowd, segmentation));
        }
    }

    private static void SkipField(ref JsonTokens tokens)
    {
        tokens.Next();
        tokens.Skip();
    }

    private static string? SkipValue(ref JsonTokens tokens)
    {
        tokens.Skip();
        return null;
    }
}
