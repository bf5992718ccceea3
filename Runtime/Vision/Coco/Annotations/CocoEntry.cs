using System.Text.Json;

namespace KnDsl.Vision;

/// <summary>
/// Reads the fields of an entry. The first that cannot be used becomes the problem of the entry; the rest are still read, as the id, by
/// which a user finds the entry, is often the last.
/// </summary>
/// <param name="list">The list that the entry is in; "" where the file is the list.</param>
internal sealed class CocoEntry(string list)
{
    /// <summary>The list that the entry is in.</summary>
    public string List => list;

    /// <summary>The place in the list, from 0.</summary>
    public int Index { get; private set; } = -1;

    /// <summary>The number in the json; null until it was read.</summary>
    public long? Id { get; private set; }

    /// <summary>What is wrong with the entry; null where nothing was found.</summary>
    public string? Problem { get; private set; }

    /// <summary>The entry, for messages.</summary>
    public string Place => PlaceOf(list, Index, Id);

    /// <summary>An entry, for messages.</summary>
    public static string PlaceOf(string list, int index, long? id) => id is null ? $"{list}[{index}]" : $"{list}[{index}] (id {id})";

    /// <summary>Begins the next entry.</summary>
    public void Begin() => (Index, Id, Problem) = (Index + 1, null, null);

    /// <summary>Says what is wrong, if something is, unless something was wrong before.</summary>
    public void Fail(string? problem) => Problem ??= problem;

    /// <summary>Fails where a field was not there.</summary>
    public void Demand(bool isThere, string field)
    {
        if (!isThere)
            Fail($"'{field}' is missing");
    }

    /// <summary>Reads the number of the entry.</summary>
    public long? ReadId(ref JsonTokens tokens) => Id = ReadInteger(ref tokens, "id");

    /// <summary>Reads a whole number; null where there is none.</summary>
    public long? ReadInteger(ref JsonTokens tokens, string field)
    {
        tokens.Next();
        if (tokens.IsInteger(out var value))
            return value;
        Unexpected(ref tokens, field, "a whole number");
        return null;
    }

    /// <summary>Reads a finite number; null where there is none.</summary>
    public double? ReadNumber(ref JsonTokens tokens, string field)
    {
        tokens.Next();
        if (tokens.IsNumber(out var value))
            return value;
        Unexpected(ref tokens, field, "a number");
        return null;
    }

    /// <summary>Reads a text that is not empty; null where there is none.</summary>
    public string? ReadText(ref JsonTokens tokens, string field)
    {
        tokens.Next();
        if (tokens.Type == JsonTokenType.String && tokens.Text is { Length: > 0 } text)
            return text;
        Unexpected(ref tokens, field, "a text");
        return null;
    }

    /// <summary>Reads 0 or 1, or a truth value; null where there is none.</summary>
    public bool? ReadFlag(ref JsonTokens tokens, string field)
    {
        tokens.Next();
        if (tokens.Type is JsonTokenType.True or JsonTokenType.False)
            return tokens.Type == JsonTokenType.True;
        if (tokens.IsInteger(out var value) && value is 0 or 1)
            return value == 1;
        Unexpected(ref tokens, field, "0 or 1");
        return null;
    }

    /// <summary>Says what was found in the place of what a field is expected to be, and goes to its end.</summary>
    public void Unexpected(ref JsonTokens tokens, string field, string expected)
    {
        Fail($"'{field}' is {tokens.Written}, expected {expected}");
        tokens.Skip();
    }
}
