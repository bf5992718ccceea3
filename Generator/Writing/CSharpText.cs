using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Text;

namespace KnDsl.Generator.Writing;

/// <summary>Text of a file or of a path as C# may contain it: in strings, in comments, in documentation, in #line.</summary>
internal static class CSharpText
{
    /// <summary>What stands for a character that cannot be written.</summary>
    private const char Replacement = '\uFFFD';

    /// <summary>A string with that text.</summary>
    public static string Quote(string text) => $"\"{Escape(text)}\"";

    /// <summary>An interpolated string of texts and of expressions.</summary>
    public static string Interpolate(IEnumerable<(string Text, bool IsCode)> parts) =>
        $"$\"{string.Concat(parts.Select(part => part.IsCode ? $"{{{part.Text}}}" : EscapeBraces(Escape(part.Text))))}\"";

    private static string EscapeBraces(string text) => text.Replace("{", "{{").Replace("}", "}}");

    /// <summary>The text as it is between the quotes of a string.</summary>
    public static string Escape(string text)
    {
        if (IsPlain(text) && text.IndexOf('"') < 0 && text.IndexOf('\\') < 0)
            return text;
        var escaped = new StringBuilder(text.Length);
        for (var i = 0; i < text.Length; i++)
            switch (text[i])
            {
                case '"' or '\\':
                    escaped.Append('\\').Append(text[i]);
                    break;
                case '\n':
                    escaped.Append("\\n");
                    break;
                case '\r':
                    escaped.Append("\\r");
                    break;
                case '\t':
                    escaped.Append("\\t");
                    break;
                case var high when IsPair(text, i):
                    escaped.Append(high).Append(text[++i]);
                    break;
                case var c when IsSeen(c):
                    escaped.Append(c);
                    break;
                case var c:
                    escaped.Append($"\\u{(int)c:x4}");
                    break;
            }
        return escaped.ToString();
    }

    /// <summary>The text on one line, what no one sees replaced: for comments and for #line, where nothing can be escaped.</summary>
    public static string OneLine(string text)
    {
        if (IsPlain(text))
            return text;
        var line = new StringBuilder(text.Length);
        for (var i = 0; i < text.Length; i++)
            if (IsPair(text, i))
                line.Append(text[i]).Append(text[++i]);
            else
                line.Append(IsSeen(text[i]) ? text[i] : char.IsWhiteSpace(text[i]) ? ' ' : Replacement);
        return line.ToString();
    }

    /// <summary>The text on one line of an XML comment, as content or in an attribute.</summary>
    public static string Xml(string text) =>
        OneLine(text).Replace("&", "&amp;").Replace("<", "&lt;").Replace(">", "&gt;").Replace("\"", "&quot;");

    /// <summary>A path as #line takes it: it knows no escapes.</summary>
    public static string Path(string path) => $"\"{OneLine(path).Replace('"', '\'')}\"";

    /// <summary>Whether a text is printable ASCII, as nearly all is: then it is written as it is, and nothing is made of it.</summary>
    private static bool IsPlain(string text)
    {
        foreach (var c in text)
            if (c is < ' ' or > '~')
                return false;
        return true;
    }

    private static bool IsPair(string text, int i) =>
        char.IsHighSurrogate(text[i]) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]);

    /// <summary>Whether a character stands for itself: it ends no line, and is no half, no control and no order of writing.</summary>
    private static bool IsSeen(char c) => c is not ('\uFFFE' or '\uFFFF') && char.GetUnicodeCategory(c) is not (UnicodeCategory.Control
        or UnicodeCategory.Format or UnicodeCategory.Surrogate or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator);
}
