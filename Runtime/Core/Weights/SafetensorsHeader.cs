using System;
using System.Buffers;
using System.Collections.Generic;
using System.Linq;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Unicode;

namespace KnDsl;

/// <summary>
/// The JSON header of a safetensors file. The result of <see cref="Parse"/> can be relied on: names are unique,
/// shapes and types agree with the bytes, and the tensors fill the data from its first byte to its last.
/// </summary>
internal static class SafetensorsHeader
{
    /// <summary>The format's own limit, in bytes.</summary>
    internal const int MaxBytes = 100_000_000;

    /// <summary>The most dimensions that torch's operations take.</summary>
    internal const int MaxDimensions = 64;

    internal const string MetadataKey = "__metadata__";

    private const int MaxNesting = 8;

    /// <summary>Reads and checks a header.</summary>
    /// <exception cref="WeightsException">Anything at all is wrong with it.</exception>
    internal static (IReadOnlyList<SafetensorsEntry> Entries, IReadOnlyDictionary<string, string> Metadata) Parse(
        string path, ReadOnlySpan<byte> json, long dataLength)
    {
        if (!Utf8.IsValid(json))
            throw new WeightsException(path, "the header is not valid UTF-8");
        if (json.IsEmpty || json[0] != (byte)'{')
            throw new WeightsException(path, "the header does not begin with '{': this is no safetensors file");

        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = MaxNesting });
        try
        {
            var (entries, metadata) = ReadRoot(path, ref reader);
            CheckLayout(path, entries, dataLength);
            return (entries, metadata);
        }
        catch (JsonException error)
        {
            throw new WeightsException(
                path, $"the header is not well-formed JSON near its byte {reader.BytesConsumed}", null, error);
        }
        catch (InvalidOperationException error)
        {
            // The reader throws this for an escaped half of a surrogate pair, which is no text in any encoding.
            throw new WeightsException(
                path, $"the header holds text that is not Unicode near its byte {reader.BytesConsumed}", null, error);
        }
    }

    /// <summary>The header: entries in the given order, padded with spaces so that the data is aligned.</summary>
    internal static byte[] Render(
        IReadOnlyList<SafetensorsEntry> entries, IReadOnlyDictionary<string, string> metadata)
    {
        var buffer = new ArrayBufferWriter<byte>();
        var options = new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
        using (var writer = new Utf8JsonWriter(buffer, options))
        {
            writer.WriteStartObject();
            if (metadata.Count > 0)
            {
                writer.WriteStartObject(MetadataKey);
                foreach (var (key, value) in metadata)
                    writer.WriteString(key, value);
                writer.WriteEndObject();
            }
            foreach (var entry in entries)
            {
                writer.WriteStartObject(entry.Name);
                writer.WriteString("dtype", entry.Type);
                WriteNumbers(writer, "shape", entry.Shape);
                WriteNumbers(writer, "data_offsets", [entry.Begin, entry.End]);
                writer.WriteEndObject();
            }
            writer.WriteEndObject();
        }
        var padding = -buffer.WrittenCount & (sizeof(ulong) - 1);
        buffer.GetSpan(padding)[..padding].Fill((byte)' ');
        buffer.Advance(padding);
        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>The bytes of a tensor; null where they are more than a file can have, or no whole number.</summary>
    internal static long? BytesOf(string type, IReadOnlyList<long> shape)
    {
        if (!SafetensorsType.TryGetBits(type, out var bits))
            return null;
        // Strides are products of sizes too: they must not overflow even where a size of zero leaves no elements.
        Int128 strides = 1;
        foreach (var size in shape)
        {
            if ((strides *= Math.Max(size, 1)) > long.MaxValue)
                return null;
        }

        var total = shape.Contains(0) ? 0 : strides * bits;
        return total % 8 == 0 && total / 8 <= long.MaxValue ? (long)(total / 8) : null;
    }

    private static void WriteNumbers(Utf8JsonWriter writer, string name, IReadOnlyList<long> numbers)
    {
        writer.WriteStartArray(name);
        foreach (var number in numbers)
            writer.WriteNumberValue(number);
        writer.WriteEndArray();
    }

    private static (List<SafetensorsEntry>, Dictionary<string, string>) ReadRoot(string path, ref Utf8JsonReader reader)
    {
        var entries = new List<SafetensorsEntry>();
        var metadata = new Dictionary<string, string>();
        var names = new HashSet<string>();
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString()!;
            if (!names.Add(name))
                throw new WeightsException(path, "the header has this name twice", name);
            reader.Read();
            if (name == MetadataKey)
                metadata = ReadMetadata(path, ref reader);
            else
                entries.Add(ReadEntry(path, name, ref reader));
        }
        // Beyond the closing brace nothing may follow but white space: the reader throws if something does.
        reader.Read();
        return (entries, metadata);
    }

    private static Dictionary<string, string> ReadMetadata(string path, ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
            throw new WeightsException(path, $"{MetadataKey} is {Kind(reader.TokenType)}, expected an object of texts");
        var metadata = new Dictionary<string, string>();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var key = reader.GetString()!;
            reader.Read();
            if (reader.TokenType != JsonTokenType.String)
            {
                throw new WeightsException(
                    path, $"{MetadataKey} '{key}' is {Kind(reader.TokenType)}, expected a text");
            }

            if (!metadata.TryAdd(key, reader.GetString()!))
                throw new WeightsException(path, $"{MetadataKey} has the key '{key}' twice");
        }
        return metadata;
    }

    private static SafetensorsEntry ReadEntry(string path, string name, ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            throw new WeightsException(
                path, $"is {Kind(reader.TokenType)}, expected an object with dtype, shape and data_offsets", name);
        }

        string? type = null;
        List<long>? shape = null;
        List<long>? offsets = null;
        var keys = new HashSet<string>();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var key = reader.GetString()!;
            if (!keys.Add(key))
                throw new WeightsException(path, $"has '{key}' twice", name);
            reader.Read();
            switch (key)
            {
                case "dtype":
                    type = ReadType(path, name, ref reader);
                    break;
                case "shape":
                    shape = ReadNumbers(path, name, key, MaxDimensions, ref reader);
                    break;
                case "data_offsets":
                    offsets = ReadNumbers(path, name, key, 2, ref reader);
                    break;
                default:
                    // A later version of the format may say more of a tensor; as far as this one goes it is complete.
                    reader.Skip();
                    break;
            }
        }
        if (type is null || shape is null || offsets is null)
        {
            throw new WeightsException(
                path, $"lacks '{(type is null ? "dtype" : shape is null ? "shape" : "data_offsets")}'", name);
        }

        if (offsets.Count != 2)
            throw new WeightsException(path, $"has {offsets.Count} data_offsets, expected 2", name);
        return new SafetensorsEntry(name, type, shape, offsets[0], offsets[1]);
    }

    private static string ReadType(string path, string name, ref Utf8JsonReader reader)
    {
        var type = reader.TokenType == JsonTokenType.String ? reader.GetString()! : null;
        if (type is null || !SafetensorsType.TryGetBits(type, out _))
        {
            throw new WeightsException(
                path, $"dtype is {(type is null ? Kind(reader.TokenType) : $"'{Shortened(type)}'")}, expected one of "
                + string.Join(", ", SafetensorsType.Known), name);
        }

        return type;
    }

    private static List<long> ReadNumbers(
        string path, string name, string key, int most, ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
            throw new WeightsException(path, $"{key} is {Kind(reader.TokenType)}, expected a list of integers", name);
        var numbers = new List<long>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.Number)
                throw new WeightsException(path, $"{key} has {Kind(reader.TokenType)} in it, expected integers", name);
            if (!reader.TryGetInt64(out var number) || number < 0)
            {
                throw new WeightsException(
                    path, $"{key} has a number in it that is no integer from 0 to {long.MaxValue}", name);
            }

            if (numbers.Count == most)
                throw new WeightsException(path, $"{key} has more than {most} numbers", name);
            numbers.Add(number);
        }
        return numbers;
    }

    /// <summary>The tensors, in order of their bytes, must fill the data: no overlap, no hole, no early end.</summary>
    private static void CheckLayout(string path, List<SafetensorsEntry> entries, long dataLength)
    {
        var filled = 0L;
        foreach (var entry in entries.OrderBy(e => e.Begin).ThenBy(e => e.End))
        {
            if (entry.End < entry.Begin)
            {
                throw new WeightsException(
                    path, $"its bytes end at {entry.End}, before they begin at {entry.Begin}", entry.Name);
            }

            var expected = BytesOf(entry.Type, entry.Shape) ?? throw new WeightsException(
                path, $"{entry.Type} {entry.ShapeText} is no whole number of bytes, or more than there can be",
                entry.Name);
            if (entry.Bytes != expected)
            {
                throw new WeightsException(
                    path, $"has {entry.Bytes} bytes, expected {expected} for {entry.Type} {entry.ShapeText}",
                    entry.Name);
            }

            if (entry.Begin < filled)
            {
                throw new WeightsException(
                    path, $"its bytes begin at {entry.Begin}, inside another tensor's, which end at {filled}",
                    entry.Name);
            }

            if (entry.Begin > filled)
            {
                throw new WeightsException(
                    path, $"its bytes begin at {entry.Begin}, expected {filled}: those between belong to no tensor",
                    entry.Name);
            }

            if (entry.End > dataLength)
            {
                throw new WeightsException(
                    path, $"its bytes end at {entry.End}, but the file has {dataLength} bytes of data: it is cut off",
                    entry.Name);
            }

            filled = entry.End;
        }
        if (filled != dataLength)
        {
            throw new WeightsException(
                path, $"the file has {dataLength} bytes of data, expected {filled}: the last ones belong to no tensor");
        }
    }

    /// <summary>How a message names a token where something else was expected.</summary>
    private static string Kind(JsonTokenType token) => token switch
    {
        JsonTokenType.StartObject => "an object",
        JsonTokenType.StartArray => "a list",
        JsonTokenType.String => "a text",
        JsonTokenType.Number => "a number",
        JsonTokenType.Null => "null",
        _ => "true or false",
    };

    private static string Shortened(string text) => text.Length <= 40 ? text : text[..40] + "...";
}
