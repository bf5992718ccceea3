using System;
using System.IO;
using System.Text;
using System.Text.Json;

namespace KnDsl.Vision;

/// <summary>
/// Reads the tokens of a json of any length from a buffer that slides over the file. What a token is worth must be read before the next
/// one is asked for.
/// </summary>
internal ref struct JsonTokens
{
    private const int FirstBuffer = 1 << 20, LongestToken = 1 << 28, Shown = 40;

    private static ReadOnlySpan<byte> Mark => [0xEF, 0xBB, 0xBF];

    private readonly string path;
    private readonly Stream stream;
    private byte[] buffer = new byte[FirstBuffer];
    private int length;
    private bool isEnd;
    private Utf8JsonReader reader;
    private (string List, int Index, long? Id)? last;

    /// <summary>Begins before the first token.</summary>
    /// <param name="path">The file, for messages.</param>
    /// <param name="stream">Its bytes.</param>
    public JsonTokens(string path, Stream stream)
    {
        (this.path, this.stream) = (path, stream);
        length = stream.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false);
        isEnd = length < buffer.Length;
        if (length == 0)
            throw new CocoException(path, "is empty, expected a json");
        if (buffer.AsSpan(0, length).StartsWith(Mark))
        {
            length -= Mark.Length;
            Array.Copy(buffer, Mark.Length, buffer, 0, length);
        }
        // To the reader no block is the last one: it would call a json that is cut off one with a mistake.
        reader = new(buffer.AsSpan(0, length), isFinalBlock: false, default);
    }

    /// <summary>Opens a file for reading from one end to the other; the buffer is this one's.</summary>
    public static FileStream Open(string path) =>
        new(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0, FileOptions.SequentialScan);

    /// <summary>What the token is.</summary>
    public readonly JsonTokenType Type => reader.TokenType;

    /// <summary>How many arrays and objects the token is in.</summary>
    public readonly int Depth => reader.CurrentDepth;

    /// <summary>Keeps the last entry that was read whole, for messages.</summary>
    public void Finish(CocoEntry entry) => last = (entry.List, entry.Index, entry.Id);

    /// <summary>Goes to the next token; false after the last one.</summary>
    /// <exception cref="CocoException">The json is cut off, or is none.</exception>
    public bool Next()
    {
        try
        {
            while (!reader.Read())
            {
                if (!isEnd)
                    Slide();
                else if (Depth == 0 && Type is (JsonTokenType.EndObject or JsonTokenType.EndArray))
                    return false;
                else
                    throw new CocoException(path, $"is cut off{After()}: the json does not end");
            }
            return true;
        }
        catch (JsonException error)
        {
            throw new CocoException(path, FormattableString.Invariant(
                $"is no json: line {error.LineNumber + 1}, byte {error.BytePositionInLine + 1}{After()}"), cause: error);
        }
    }

    /// <summary>Goes to the last token of the value that begins with this one.</summary>
    public void Skip()
    {
        var depth = Depth;
        if (Type is JsonTokenType.StartArray or JsonTokenType.StartObject)
        {
            do
                Next();
            while (Depth > depth);
        }
    }

    /// <summary>Whether this is a property of a name.</summary>
    public readonly bool IsNamed(ReadOnlySpan<byte> name)
    {
        try
        {
            return reader.ValueTextEquals(name);
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }

    /// <summary>The text of this token; null where it is none, or is of bytes that are no characters.</summary>
    public readonly string? Text
    {
        get
        {
            try
            {
                return reader.GetString();
            }
            catch (InvalidOperationException)
            {
                return null;
            }
        }
    }

    /// <summary>This token as it is written, for messages.</summary>
    public readonly string Written => Type switch
    {
        JsonTokenType.String when Text is { } text => $"'{(text.Length > Shown ? $"{text[..Shown]}..." : text)}'",
        JsonTokenType.String => "a text that is not UTF-8",
        JsonTokenType.StartArray => "a list",
        JsonTokenType.StartObject => "an object",
        JsonTokenType.Number => Encoding.UTF8.GetString(reader.ValueSpan),
        var type => type.ToString().ToLowerInvariant(),
    };

    /// <summary>A whole number.</summary>
    public readonly bool IsInteger(out long value)
    {
        value = 0;
        if (Type != JsonTokenType.Number)
            return false;
        if (reader.TryGetInt64(out value))
            return true;
        // Some programs write 7.0.
        const double Largest = 1L << 53;
        if (!reader.TryGetDouble(out var number) || !(Math.Abs(number) <= Largest) || number != Math.Truncate(number))
            return false;
        value = (long)number;
        return true;
    }

    /// <summary>A number that is finite.</summary>
    public readonly bool IsNumber(out double value)
    {
        value = 0;
        return Type == JsonTokenType.Number && reader.TryGetDouble(out value) && double.IsFinite(value);
    }

    private void Slide()
    {
        var left = buffer.AsSpan((int)reader.BytesConsumed..length);
        if (left.Length > LongestToken)
            throw new CocoException(path, $"has a text of more than {LongestToken} bytes{After()}");
        var target = left.Length > buffer.Length / 2 ? new byte[2 * buffer.Length] : buffer;
        left.CopyTo(target);
        buffer = target;
        var read = stream.ReadAtLeast(buffer.AsSpan(left.Length), buffer.Length - left.Length, throwOnEndOfStream: false);
        isEnd = read < buffer.Length - left.Length;
        length = left.Length + read;
        reader = new(buffer.AsSpan(0, length), isFinalBlock: false, reader.CurrentState);
    }

    private readonly string After() => last is var (list, index, id) ? $" after {CocoEntry.PlaceOf(list, index, id)}" : "";
}
