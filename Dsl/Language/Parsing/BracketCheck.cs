using System;
using System.Collections.Generic;
using System.Linq;
using KnDsl.Language.Diagnostics;
using KnDsl.Language.Text;

namespace KnDsl.Language.Parsing;

/// <summary>
/// Reports brackets that do not match, before the grammar reads a statement: the grammar would complain of another place.
/// </summary>
internal sealed class BracketCheck(SourceText source, IReadOnlyList<Token> tokens, DiagnosticBag diagnostics)
{
    /// <summary>Whether every bracket of a statement has its match; an error is reported where one has none.</summary>
    public bool Match(int start, int end)
    {
        if (FindTooManyParts(start, end) is { } part)
        {
            diagnostics.Add(DiagnosticCatalogue.TooManyParts(source.At(part.Span), Parser.MaxNesting));
            return false;
        }
        Stack<Token>? open = null;
        for (var i = start; i < end; i++)
        {
            var token = tokens[i];
            if (token.Kind is TokenKind.OpenParen or TokenKind.OpenBracket)
            {
                (open ??= new Stack<Token>()).Push(token);
                if (open.Count > Parser.MaxNesting)
                {
                    diagnostics.Add(DiagnosticCatalogue.TooDeep(source.At(token.Span), Parser.MaxNesting));
                    return false;
                }
            }
            else if (token.Kind is TokenKind.CloseParen or TokenKind.CloseBracket)
            {
                var wanted = token.Is(TokenKind.CloseParen) ? TokenKind.OpenParen : TokenKind.OpenBracket;
                if (open is { Count: > 0 } && open.Peek().Is(wanted))
                    open.Pop();
                else
                {
                    diagnostics.Add(open is null or { Count: 0 }
                        ? DiagnosticCatalogue.Unopened(source.At(token.Span), token.Text)
                        : DiagnosticCatalogue.Mismatched(source.At(token.Span), token.Text, open.Peek().Text, source.At(open.Peek().Span)));
                    return false;
                }
            }
        }
        if (open is null or { Count: 0 })
            return true;
        var unclosed = open.Peek();
        diagnostics.Add(DiagnosticCatalogue.Unclosed(source.At(unclosed.Span), unclosed.Text, "the statement", null)
            .WithHint(HidesBracket(unclosed) ? "'//' starts a comment; '/' between whole numbers already rounds down." : null));
        return false;
    }

    /// <summary>Whether a comment after an open bracket holds a closing one: then its slashes were meant as an operator.</summary>
    private bool HidesBracket(Token open)
    {
        var (line, character) = source.PositionOf(open.Span.Start);
        var text = source.Line(line);
        var comment = text.IndexOf("//", character, StringComparison.Ordinal);
        return comment >= 0 && text.IndexOfAny([')', ']'], comment) >= 0;
    }

    /// <summary>The token at which a row of members or indices, or a label, becomes so long that it would exhaust the stack.</summary>
    private Token? FindTooManyParts(int start, int end)
    {
        var (dots, indices) = (0, 0);
        for (var i = start; i < end; i++)
        {
            var token = tokens[i];
            dots = token.Is(TokenKind.Dot) ? dots + 1 : token.Kind is TokenKind.Identifier or TokenKind.Integer ? dots : 0;
            indices = token.Is(TokenKind.OpenBracket) && i > start && tokens[i - 1].Is(TokenKind.CloseBracket) ? indices + 1
                : token.Kind is TokenKind.Comma or TokenKind.Arrow or TokenKind.Assign ? 0 : indices;
            var parts = token.Is(TokenKind.Label) ? token.Text.Count(c => c == '.') : Math.Max(dots, indices);
            if (parts > Parser.MaxNesting)
                return token;
        }
        return null;
    }

    /// <summary>Whether as many brackets open as close, for a statement whose text could not be read: nothing is reported.</summary>
    public bool AreBalanced(int start, int end)
    {
        var depth = 0;
        for (var i = start; i < end && depth is >= 0 and <= Parser.MaxNesting; i++)
            depth += tokens[i].Nesting;
        return depth == 0;
    }
}
