using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Text;
using System.Text.Json;

namespace KnDsl.Training;

/// <summary>A value of a json file with the line that it begins at, which .NET's own documents do not tell.</summary>
/// <param name="Line">From 1.</param>
/// <param name="Token">What kind of value it is: its first token.</param>
/// <param name="Text">A text without its quotes, a number as it was written; "" for others.</param>
/// <param name="Children">The members of an object by name, or the items of an array without names; both in their order.</param>
internal sealed record JsonEntry(int Line, JsonTokenType Token, string Text, IReadOnlyList<(string Name, JsonEntry Value)> Children)
{
    private static readonly JsonReaderOptions Lenient = new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };

    /// <summary>How the value is shown in a message: as it was written, if it is short enough.</summary>
    public string Shown => Token switch
    {
        JsonTokenType.String => $"\"{Text}\"",
        JsonTokenType.Number => Text,
        JsonTokenType.True => "true",
        JsonTokenType.False => "false",
        JsonTokenType.Null => "null",
        JsonTokenType.StartArray => "a list",
        _ => "an object",
    };

    /// <summary>Reads a file. Comments and a comma after the last entry are allowed.</summary>
    /// <exception cref="SettingsException">The file cannot be read, or is no json.</exception>
    public static JsonEntry Read(string path)
    {
        string text;
        try
        {
            if (Directory.Exists(path))
                throw new SettingsException($"{path} is a folder, expected a json file with settings.");
            text = File.ReadAllText(path);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new SettingsException($"{path} does not exist, expected a json file with settings.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException or ArgumentException)
        {
            throw new SettingsException($"{path} could not be read: {e.Message}");
        }
        return Parse(text, path);
    }

    /// <summary>Reads a text.</summary>
    /// <param name="text">The text.</param>
    /// <param name="path">The file that it is from, for messages.</param>
    public static JsonEntry Parse(string text, string path)
    {
        if (string.IsNullOrWhiteSpace(text))
            throw new SettingsException($"{path} is empty, expected a json object with settings, at least {{}}.");
        var bytes = Encoding.UTF8.GetBytes(text);
        var reader = new Utf8JsonReader(bytes, Lenient);
        try
        {
            var lines = new LineCounter(bytes);
            reader.Read();
            var root = ReadValue(ref reader, ref lines);
            while (reader.Read())
            {
                // Reads to the end, so that what comes after the object is an error.
            }
            return root;
        }
        catch (JsonException e)
        {
            // The place is said once, in front; .NET's message ends with it.
            var what = e.Message.Split(" LineNumber:")[0].Split(" Path:")[0];
            throw new SettingsException(
                string.Create(CultureInfo.InvariantCulture, $"{path}({e.LineNumber + 1}): this is no json: {what}"));
        }
        catch (InvalidOperationException e)
        {
            // An escape such as \ud800, which is half a character.
            throw new SettingsException($"{path}: this is no json: {e.Message}");
        }
    }

    private static JsonEntry ReadValue(ref Utf8JsonReader reader, ref LineCounter lines)
    {
        var line = lines.At(reader.TokenStartIndex);
        var token = reader.TokenType;
        var children = new List<(string, JsonEntry)>();
        switch (token)
        {
            case JsonTokenType.StartObject:
                while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
                {
                    var name = reader.GetString()!;
                    reader.Read();
                    children.Add((name, ReadValue(ref reader, ref lines)));
                }
                return new JsonEntry(line, token, "", children);
            case JsonTokenType.StartArray:
                while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
                    children.Add(("", ReadValue(ref reader, ref lines)));
                return new JsonEntry(line, token, "", children);
            case JsonTokenType.String:
                return new JsonEntry(line, token, reader.GetString()!, children);
            default:
                return new JsonEntry(line, token, token == JsonTokenType.Number ? Encoding.UTF8.GetString(reader.ValueSpan) : "", children);
        }
    }

    /// <summary>Counts lines up to places that only go forward.</summary>
    private struct LineCounter(byte[] bytes)
    {
        private long _place;
        private int _line = 1;

        public int At(long place)
        {
            for (; _place < place; _place++)
            {
                if (bytes[_place] == '\n')
                    _line++;
            }
            return _line;
        }
    }
}
