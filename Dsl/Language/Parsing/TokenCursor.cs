using System;
using System.Collections.Generic;
using KnDsl.Language.Text;

namespace KnDsl.Language.Parsing;

/// <summary>The tokens of a file and how far they are read.</summary>
internal sealed class TokenCursor(SourceText source, IReadOnlyList<Token> tokens)
{
    /// <summary>All tokens of the file; the last is always End.</summary>
    public IReadOnlyList<Token> Tokens { get; } = tokens;

    /// <summary>The index of the current token.</summary>
    public int Position { get; set; }

    public Token Current => Tokens[Position];

    public Token Peek(int ahead) => Tokens[Math.Min(Position + ahead, Tokens.Count - 1)];

    /// <summary>The number of blanks at the start of a token's line.</summary>
    public int Indentation(Token token)
    {
        var line = source.Line(source.PositionOf(token.Span.Start).Line);
        return line.Length - line.TrimStart().Length;
    }

    /// <summary>
    /// Where a message about a token points. The end of the file has no width, so the last character before it takes its place.
    /// </summary>
    public Place PlaceOf(Token token)
    {
        if (!token.Is(TokenKind.End) || source.Content.Length == 0)
            return source.At(token.Span);
        var last = source.Content.TrimEnd().Length;
        return source.At(new TextSpan(Math.Max(0, last - 1), 1));
    }
}
