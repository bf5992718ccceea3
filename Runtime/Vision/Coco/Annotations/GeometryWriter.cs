using System;
using System.IO;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace KnDsl.Vision;

/// <summary>Writes COCO's json: boxes and outlines, of annotations as well as of results.</summary>
internal static class GeometryWriter
{
    private const int Pending = 1 << 20;

    /// <summary>Writes a file completely or not at all.</summary>
    /// <exception cref="IOException">The file cannot be written; the message says why.</exception>
    public static void WriteFile(string path, Action<Utf8JsonWriter> write) => AtomicFile.Write(path, stream =>
    {
        // The characters of a compressed mask are harmless in json; the strict encoder would write six for some of them.
        using var json = new Utf8JsonWriter(stream, new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
        write(json);
    });

    /// <summary>Ends an entry; what is pending goes to the file, so that no list is held whole.</summary>
    public static void EndEntry(Utf8JsonWriter json)
    {
        json.WriteEndObject();
        if (json.BytesPending > Pending)
            json.Flush();
    }

    /// <summary>x, y, width and height.</summary>
    public static void WriteBox(Utf8JsonWriter json, CocoBox box)
    {
        json.WriteStartArray("bbox"u8);
        json.WriteNumberValue(box.X);
        json.WriteNumberValue(box.Y);
        json.WriteNumberValue(box.Width);
        json.WriteNumberValue(box.Height);
        json.WriteEndArray();
    }

    /// <summary>Size and compressed counts.</summary>
    public static void WriteMask(Utf8JsonWriter json, CocoMask mask)
    {
        json.WriteStartObject("segmentation"u8);
        json.WriteStartArray("size"u8);
        json.WriteNumberValue(mask.Height);
        json.WriteNumberValue(mask.Width);
        json.WriteEndArray();
        json.WriteString("counts"u8, mask.ToCompressed());
        json.WriteEndObject();
    }

    /// <summary>Polygons, or a mask.</summary>
    public static void WriteSegmentation(Utf8JsonWriter json, CocoSegmentation segmentation)
    {
        if (segmentation.Mask is { } mask)
        {
            WriteMask(json, mask);
            return;
        }
        json.WriteStartArray("segmentation"u8);
        foreach (var polygon in segmentation.Polygons)
        {
            json.WriteStartArray();
            foreach (var number in polygon)
                json.WriteNumberValue(number);
            json.WriteEndArray();
        }
        json.WriteEndArray();
    }
}
