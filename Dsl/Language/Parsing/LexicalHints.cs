using System.Linq;
using KnDsl.Language.Syntax;

namespace KnDsl.Language.Parsing;

/// <summary>Tells what was probably meant by characters and numbers that the language does not have.</summary>
internal static class LexicalHints
{
    /// <summary>What to write for the character at a place, or null.</summary>
    /// <param name="inFor">Whether its line starts with <c>for</c>.</param>
    public static string? ForCharacter(string text, int at, bool inFor) =>
        ForCharacter(text[at], at + 1 < text.Length ? text[at + 1] : '\0', WordBefore(text, at), inFor);

    private static string WordBefore(string text, int at)
    {
        var start = at;
        while (start > 0 && char.IsLetterOrDigit(text[start - 1]))
            start--;
        return text.Substring(start, at - start);
    }

    private static string? ForCharacter(char c, char next, string before, bool inFor) => c switch
    {
        '?' when Parameter.Types.Contains(before) => $"An argument is always given or has its default: write {before}.",
        ';' when inFor => "Write 'for i in 0..n { }', or 'for item in list { }'.",
        ';' or '\uFF1B' => "A statement ends with its line: remove the semicolon.",
        '&' => "Write 'and'.",
        '|' when next == '>' => "Write '->'.",
        '|' when next != '|' => "Write '->' between stages and 'or' between conditions.",
        '|' => "Write 'or'.",
        '!' => "Write 'not'.",
        '#' => "Comments start with '//'.",
        '@' => "Write matmul(a, b) for the matrix product.",
        '^' => "There is no power operator: multiply, or write the number.",
        '?' => "A size that only data has is a name, such as N. A value that has a condition is set in both branches of an 'if'.",
        '$' when next == '"' => "Text needs nothing before its quotes to count, as in \"stage{i}\": conv(64, 3).",
        '\\' => "A statement goes on in the next line where a line ends with '->', an operator or a comma.",
        _ => Lookalikes.IsQuote(c) ? "Use double quotes for text." : null,
    };

    /// <summary>What to write for numbers with the letters of other languages, and for sizes such as 3x3; null for others.</summary>
    /// <param name="letters">What comes right after the digits.</param>
    public static string? ForNumber(string digits, string letters) =>
        letters.Length == 0 ? null
        : letters is "f" or "F" or "d" or "D" or "L" or "l" or "m" or "M" or "u" ? $"Write {digits}."
        : letters[0] == 'x' && digits != "0" && letters.Length > 1 && letters.Skip(1).All(char.IsDigit)
            ? $"Write [{digits}, {letters.Substring(1)}]."
        : letters.All(char.IsLetter) ? $"A product is written {digits}*{letters}."
        : letters[0] == '_' && letters.All(c => c == '_' || char.IsDigit(c)) ? $"Write {digits}{letters.Replace("_", "")}."
        : null;
}
