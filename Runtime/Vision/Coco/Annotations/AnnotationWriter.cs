using System.Collections.Generic;
using System.Text.Json;

namespace KnDsl.Vision;

/// <summary>Writes a json of annotations, with the lists in COCO's order.</summary>
internal static class AnnotationWriter
{
    /// <summary>Writes the file.</summary>
    public static void Write(
        string path, IEnumerable<CocoImage> images, IEnumerable<CocoCategory> categories, IEnumerable<CocoAnnotation> annotations) =>
        GeometryWriter.WriteFile(path, json =>
        {
            json.WriteStartObject();
            json.WriteStartArray(AnnotationFile.ImageList);
            foreach (var image in images)
                Write(json, image);
            json.WriteEndArray();
            json.WriteStartArray(AnnotationFile.AnnotationList);
            foreach (var annotation in annotations)
                Write(json, annotation);
            json.WriteEndArray();
            json.WriteStartArray(AnnotationFile.CategoryList);
            foreach (var category in categories)
                Write(json, category);
            json.WriteEndArray();
            json.WriteEndObject();
        });

    private static void Write(Utf8JsonWriter json, CocoImage image)
    {
        json.WriteStartObject();
        json.WriteString("file_name"u8, image.FileName);
        json.WriteNumber("height"u8, image.Height);
        json.WriteNumber("width"u8, image.Width);
        json.WriteNumber("id"u8, image.Id);
        GeometryWriter.EndEntry(json);
    }

    private static void Write(Utf8JsonWriter json, CocoCategory category)
    {
        json.WriteStartObject();
        if (category.Supercategory is { } group)
            json.WriteString("supercategory"u8, group);
        json.WriteNumber("id"u8, category.Id);
        json.WriteString("name"u8, category.Name);
        GeometryWriter.EndEntry(json);
    }

    private static void Write(Utf8JsonWriter json, CocoAnnotation annotation)
    {
        json.WriteStartObject();
        if (annotation.Segmentation is { } segmentation)
            GeometryWriter.WriteSegmentation(json, segmentation);
        json.WriteNumber("area"u8, annotation.Area);
        json.WriteNumber("iscrowd"u8, annotation.IsCrowd ? 1 : 0);
        json.WriteNumber("image_id"u8, annotation.Image.Id);
        GeometryWriter.WriteBox(json, annotation.Box);
        json.WriteNumber("category_id"u8, annotation.Category.Id);
        json.WriteNumber("id"u8, annotation.Id);
        GeometryWriter.EndEntry(json);
    }
}
