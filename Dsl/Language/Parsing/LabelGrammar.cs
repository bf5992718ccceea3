using System.Collections.Generic;
using KnDsl.Language.Diagnostics;
using KnDsl.Language.Syntax;
using KnDsl.Language.Text;

namespace KnDsl.Language.Parsing;

/// <summary>
/// Takes a label apart: dots separate its segments, braces enclose counted expressions, quotes enclose text that is no word.
/// A name holds no dot, so dots divide in quotes too.
/// </summary>
internal static class LabelGrammar
{
    public static Label Read(Token token) => token.Is(TokenKind.Identifier)
        ? Word(new Name(token.Text, token.Span))
        : new Label(Segments(token), token.Span);

    /// <summary>A label that is one word.</summary>
    public static Label Word(Name name) => new([new LabelSegment([new LabelPart(name.Text, null)])], name.Span);

    private static List<LabelSegment> Segments(Token token)
    {
        var segments = new List<LabelSegment>();
        var parts = new List<LabelPart>();
        var text = token.Text;
        var start = 0;
        for (var i = 0; i <= text.Length; i++)
        {
            if (i == text.Length || text[i] == '.')
            {
                AddText(i);
                segments.Add(new LabelSegment(parts));
                parts = [];
                start = i + 1;
            }
            else if (text[i] == '"')
            {
                AddText(i);
                start = i + 1;
            }
            else if (text[i] == '{' && text.IndexOf('}', i) is > 0 and var close)
            {
                AddText(i);
                var inner = text.Substring(i + 1, close - i - 1);
                parts.Add(new LabelPart(inner, Count(inner, token.Span.Start + i + 1)));
                start = close + 1;
                i = close;
            }
        }
        return segments;

        void AddText(int end)
        {
            if (end > start)
                parts.Add(new LabelPart(text.Substring(start, end - start), null));
        }
    }

    /// <summary>The counted expression. One that cannot be read is reported where it is evaluated.</summary>
    private static Expression Count(string text, int offset)
    {
        var source = new SourceText("", text);
        var found = new DiagnosticBag();
        var tokens = Lexer.Tokenize(source, found);
        var shifted = new List<Token>(tokens.Count);
        foreach (var token in tokens)
            shifted.Add(token with { Span = new TextSpan(token.Span.Start + offset, token.Span.Length) });
        var end = shifted.Count - 1;
        var result = ExpressionGrammar.Disjunction(new TokenInput(shifted, 0, end));
        // With its braces, so that there is something to underline.
        return result.WasSuccessful && result.Remainder.AtEnd && found.ToList().Count == 0
            ? result.Value
            : new ErrorExpression(new TextSpan(offset - 1, text.Length + 2));
    }
}
