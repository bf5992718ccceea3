using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;

namespace KnDsl.Language.Values;

/// <summary>Writes values as C#: who emits code says what a symbol is called where the code will stand.</summary>
internal sealed class CodeContext(Func<Symbol, string> name)
{
    public string Name(Symbol symbol) => name(symbol);

    public string Of(Size size) => size.ToCSharp(this);

    /// <summary>An array of sizes as a collection expression: <c>[3, 3]</c>.</summary>
    public string Of(IEnumerable<Size> sizes) => $"[{string.Join(", ", sizes.Select(Of))}]";

    public static string Of(double value)
    {
        var text = value.ToString("R", CultureInfo.InvariantCulture);
        return text.IndexOfAny(['.', 'E', 'e']) < 0 ? text + ".0" : text;
    }

    public static string Of(bool value) => value ? "true" : "false";

    public static string Quote(string text)
    {
        if (text.All(IsPlain))
            return "\"" + text + "\"";
        var quoted = new System.Text.StringBuilder("\"");
        foreach (var c in text)
            quoted.Append(c switch
            {
                '"' => "\\\"",
                '\\' => "\\\\",
                '\n' => "\\n",
                '\r' => "\\r",
                '\t' => "\\t",
                _ when IsPlain(c) => c.ToString(),
                _ => $"\\u{(int)c:x4}",
            });
        return quoted.Append('"').ToString();
    }

    /// <summary>Whether a character stands for itself in a string of C#.</summary>
    private static bool IsPlain(char c) => c is >= ' ' and not ('"' or '\\' or '\u2028' or '\u2029' or '\u0085');
}
