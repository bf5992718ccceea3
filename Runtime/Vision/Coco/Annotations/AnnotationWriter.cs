using System.Collections.Generic;
using System.Linq;
using System.Text.Json;
using static KnDsl.Vision.AnnotationFile;

namespace KnDsl.Vision;

/// <summary>Writes a json of annotations, with the lists in COCO's order.</summary>
internal static class AnnotationWriter
{
    /// <summary>Writes the file, if it can be read again.</summary>
    /// <exception cref="CocoException">An entry would be refused when it is read; nothing is written.</exception>
    public static void Write(
        string path, IEnumerable<CocoImage> images, IEnumerable<CocoCategory> categories, IEnumerable<CocoAnnotation> annotations)
    {
        var file = Entries(images, categories, annotations);
        new AnnotationLinker(path, new()).Link(file);
        GeometryWriter.WriteFile(path, json =>
        {
            json.WriteStartObject();
            json.WriteStartArray(ImageList);
            foreach (var (_, image) in file.Images)
                Write(json, image);
            json.WriteEndArray();
            json.WriteStartArray(AnnotationList);
            foreach (var annotation in file.Annotations)
                Write(json, annotation);
            json.WriteEndArray();
            json.WriteStartArray(CategoryList);
            foreach (var category in file.Categories)
                Write(json, category);
            json.WriteEndArray();
            json.WriteEndObject();
        });
    }

    /// <summary>The entries as a reader would find them.</summary>
    private static AnnotationFile Entries(
        IEnumerable<CocoImage> images, IEnumerable<CocoCategory> categories, IEnumerable<CocoAnnotation> annotations)
    {
        var file = new AnnotationFile();
        foreach (var (index, image) in images.Index())
        {
            file.Images.Add(new(index, image));
            Check(ImageList, index, image.Id, EntryChecks.OfText(image.FileName, "file_name") ?? EntryChecks.OfSide(image.Width, "width")
                ?? EntryChecks.OfSide(image.Height, "height") ?? EntryChecks.OfPixels(image.Width, image.Height));
        }
        foreach (var (index, category) in categories.Index())
        {
            file.Categories.Add(new(index, category.Id, category.Name, category.Supercategory));
            Check(CategoryList, index, category.Id, EntryChecks.OfText(category.Name, "name"));
        }
        foreach (var (index, of) in annotations.Index())
        {
            file.Annotations.Add(new(index, of.Id, of.Image.Id, of.Category.Id, of.Box, of.Area, of.IsCrowd, of.Segmentation));
            Check(AnnotationList, index, of.Id, EntryChecks.OfArea(of.Area)
                ?? of.Segmentation?.Polygons.Select(EntryChecks.OfPolygon).FirstOrDefault(problem => problem is not null));
        }
        return file;

        void Check(string list, int index, long id, string? problem)
        {
            if (problem is not null)
                file.Unreadable.Add(new(list, index, id, problem));
        }
    }

    private static void Write(Utf8JsonWriter json, CocoImage image)
    {
        json.WriteStartObject();
        json.WriteString("file_name"u8, image.FileName);
        json.WriteNumber("height"u8, image.Height);
        json.WriteNumber("width"u8, image.Width);
        json.WriteNumber("id"u8, image.Id);
        GeometryWriter.EndEntry(json);
    }

    private static void Write(Utf8JsonWriter json, CategoryEntry category)
    {
        json.WriteStartObject();
        if (category.Supercategory is { } group)
            json.WriteString("supercategory"u8, group);
        json.WriteNumber("id"u8, category.Id);
        json.WriteString("name"u8, category.Name);
        GeometryWriter.EndEntry(json);
    }

    private static void Write(Utf8JsonWriter json, AnnotationEntry annotation)
    {
        json.WriteStartObject();
        if (annotation.Segmentation is { } segmentation)
            GeometryWriter.WriteSegmentation(json, segmentation);
        json.WriteNumber("area"u8, annotation.Area);
        json.WriteNumber("iscrowd"u8, annotation.IsCrowd ? 1 : 0);
        json.WriteNumber("image_id"u8, annotation.ImageId);
        GeometryWriter.WriteBox(json, annotation.Box);
        json.WriteNumber("category_id"u8, annotation.CategoryId);
        json.WriteNumber("id"u8, annotation.Id);
        GeometryWriter.EndEntry(json);
    }
}
