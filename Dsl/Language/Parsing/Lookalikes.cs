namespace KnDsl.Language.Parsing;

/// <summary>A character that is read as what was meant by it.</summary>
/// <param name="Meant">What to write instead.</param>
internal sealed record Lookalike(string Meant, TokenKind Kind);

/// <summary>Characters that word processors, web pages and other keyboards put in the place of those of the language.</summary>
internal static class Lookalikes
{
    private static readonly Lookalike Arrow = new("->", TokenKind.Arrow);

    private const string Quotes = "'`\u00B4\u2018\u2019\u201A\u201B\u2039\u203A\u201C\u201D\u201E\u201F\u00AB\u00BB\uFF02\uFF07";

    /// <summary>The first of the full-width forms of characters, which other keyboards have.</summary>
    public const char FirstFullWidth = '\uFF01';

    /// <summary>The characters that are tokens of their own.</summary>
    private const string Single = "()[]{},:=+-*/%.<>";

    /// <summary>Whether text is put between such characters elsewhere.</summary>
    public static bool IsQuote(char c) => Quotes.IndexOf(c) >= 0;

    /// <summary>Whether a dash and '>' after it are an arrow.</summary>
    public static bool IsDash(char c) => c is >= '\u2010' and <= '\u2015' or '\u2212' or '\uFF0D';

    public static bool IsFullWidth(char c) => c is >= FirstFullWidth and <= '\uFF5E';

    /// <summary>What was meant by a character; null for one that looks like none of the language.</summary>
    public static Lookalike? Find(char c, char next)
    {
        if (IsDash(c))
            return next is '>' or '\uFF1E' ? Arrow : new Lookalike("-", TokenKind.Minus);
        if (IsFullWidth(c) && (char)(c - FirstFullWidth + '!') is var narrow && Single.IndexOf(narrow) >= 0)
            return new Lookalike($"{narrow}", narrow == '>' ? TokenKind.Greater : (TokenKind)narrow);
        return c switch
        {
            '\u2192' or '\u21D2' or '\u27F6' or '\u27F9' or '\u2794' or '\u279C' or '\u279D' or '\u279E' => Arrow,
            '\u00D7' or '\u00B7' or '\u2217' or '\u22C5' or '\u2715' => new Lookalike("*", TokenKind.Star),
            '\u00F7' or '\u2215' => new Lookalike("/", TokenKind.Slash),
            '\u2264' or '\u2A7D' => new Lookalike("<=", TokenKind.LessEqual),
            '\u2265' or '\u2A7E' => new Lookalike(">=", TokenKind.GreaterEqual),
            '\u2260' => new Lookalike("!=", TokenKind.NotEqual),
            '\u2026' => new Lookalike("..", TokenKind.Range),
            '\u3001' => new Lookalike(",", TokenKind.Comma),
            _ => null,
        };
    }
}
