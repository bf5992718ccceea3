using System.Collections.Generic;
using System.Linq;
using System.Text;
using KnDsl.Language.Diagnostics;
using KnDsl.Language.Text;
using Sprache;

namespace KnDsl.Language.Parsing;

/// <summary>Reads one statement by the grammar, and reports where and why it cannot be read.</summary>
internal sealed class StatementReader
{
    /// <summary>How any value could go on. They are possible after every value, and are seldom the part that was forgotten.</summary>
    private static readonly string[] Continuations = ["'('", "'.'", "'['"];

    private readonly SourceText _source;
    private readonly IReadOnlyList<Token> _tokens;
    private readonly DiagnosticBag _diagnostics;
    private readonly BracketCheck _brackets;

    /// <summary>Where the lexer could not read the text: the grammar's complaints about such a statement are consequences.</summary>
    private readonly int[] _unreadable;

    /// <summary>The members of an object that statements set, as in other languages.</summary>
    private readonly HashSet<string> _members = [];

    /// <param name="unreadable">Where the lexer could not read the text.</param>
    public StatementReader(SourceText source, IReadOnlyList<Token> tokens, int[] unreadable, DiagnosticBag diagnostics)
    {
        _source = source;
        _tokens = tokens;
        _unreadable = unreadable;
        _diagnostics = diagnostics;
        _brackets = new BracketCheck(source, tokens, diagnostics);
    }

    /// <summary>Reads the tokens from <paramref name="start"/> to before <paramref name="end"/>.</summary>
    /// <param name="terminator">The token that should come after them: an opening brace, or End for the end of a line.</param>
    /// <returns>The statement or declaration, or null where it cannot be read; the error is reported then.</returns>
    public T? Read<T>(Parser<T> grammar, int start, int end, TokenKind terminator) where T : class
    {
        if (IsUnreadable(start, end) ? !_brackets.AreBalanced(start, end) : !_brackets.Match(start, end))
            return null;
        var input = new TokenInput(_tokens, start, end);
        var result = grammar(input);
        if (result.WasSuccessful && result.Remainder.AtEnd && !HasOpenText(start, end))
            return result.Value;
        if (IsUnreadable(start, end) || UsesMissingMember(start, end))
            return null;
        if (result.WasSuccessful && input.FurthestPosition < result.Remainder.Position)
            ((TokenInput)result.Remainder).Want("the end of the line");
        var at = input.FurthestPosition;
        _diagnostics.Add(DiagnosticCatalogue.ExpectedToken(
            _source.At(at < end ? _tokens[at].Span : AfterLast(start, end)),
            OneOf(input.Expected),
            at < end ? _tokens[at].Describe()
                : terminator == TokenKind.OpenBrace && _tokens[end].Is(TokenKind.OpenBrace) ? "'{'"
                : "the end of the statement")
            .WithHint(at <= end ? SyntaxHints.For(_tokens, start, at, end) : null));
        return null;
    }

    /// <summary>
    /// Whether a statement uses a member of an object, as other languages have it, whose assignment was reported: that is one
    /// mistake. A member that is assigned here is remembered.
    /// </summary>
    private bool UsesMissingMember(int start, int end)
    {
        if (StatementBounds.IsMemberOfObject(_tokens, start))
            return !_members.Add(_tokens[start + 2].Text) && !_tokens[start + 3].Is(TokenKind.Assign);
        return Enumerable.Range(start, end - start)
            .Any(i => StatementBounds.IsMemberOfObject(_tokens, i) && _members.Contains(_tokens[i + 2].Text));
    }

    /// <summary>Whether the lexer could not read a part of these tokens' text; the error is reported then.</summary>
    public bool IsUnreadable(int start, int end)
    {
        foreach (var at in _unreadable)
            if (at >= _tokens[start].Span.Start && at < _tokens[end].Span.Start)
                return true;
        return false;
    }

    /// <summary>Whether a quoted text of a statement has no end: it may have swallowed anything.</summary>
    private bool HasOpenText(int start, int end) => _unreadable.Length > 0
        && Enumerable.Range(start, end - start).Any(i => _tokens[i].Is(TokenKind.Text) && _unreadable.Contains(_tokens[i].Span.Start));

    private TextSpan AfterLast(int start, int end) => end == start
        ? _tokens[start].Span
        : new TextSpan(_tokens[end - 1].Span.End - 1, 1);

    private static string OneOf(IEnumerable<string> expected)
    {
        var all = expected.Distinct().ToArray();
        if (all.Except(Continuations).Any())
            all = all.Except(Continuations).ToArray();
        var text = new StringBuilder();
        for (var i = 0; i < all.Length; i++)
            text.Append(i == 0 ? "" : i == all.Length - 1 ? " or " : ", ").Append(all[i]);
        return text.Length == 0 ? "the end of the line" : text.ToString();
    }
}
