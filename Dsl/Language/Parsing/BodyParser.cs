using System;
using System.Collections.Generic;
using System.Linq;
using KnDsl.Language.Diagnostics;
using KnDsl.Language.Syntax;
using KnDsl.Language.Text;
using Sprache;

namespace KnDsl.Language.Parsing;

/// <summary>
/// Reads the body of one network or block: its statements, and the bodies inside it. Where braces are missing or too many, the
/// indentation tells which.
/// </summary>
internal sealed class BodyParser
{
    /// <summary>If more braces of a declaration than this are unclosed, it is not worked out which.</summary>
    private const int MaxUnclosed = 3;

    private readonly SourceText _source;
    private readonly TokenCursor _cursor;
    private readonly StatementReader _statements;
    private readonly DiagnosticBag _diagnostics;

    /// <summary>Braces of the declaration that are opened and not closed or, below zero, closed and not opened.</summary>
    private int _unclosed;

    /// <summary>How many unclosed braces were reported.</summary>
    private int _reported;

    /// <summary>Whether the next body is marked by its indentation instead of braces.</summary>
    private bool _isIndented;

    /// <summary>The statement before, with its first token.</summary>
    private (Token First, Statement Statement)? _last;

    /// <summary>How many bodies are open here.</summary>
    private int _depth;

    private BodyParser(SourceText source, TokenCursor cursor, StatementReader statements, DiagnosticBag diagnostics)
    {
        _source = source;
        _cursor = cursor;
        _statements = statements;
        _diagnostics = diagnostics;
        var unclosed = CountUnclosed();
        _unclosed = unclosed > MaxUnclosed ? 0 : unclosed;
        _isIndented = !Current.Is(TokenKind.OpenBrace);
    }

    /// <summary>Reads the body whose opening brace is the current token, or was forgotten before it, as has been reported then.</summary>
    /// <param name="owner">The keyword of the declaration.</param>
    /// <param name="what">What a message calls the declaration.</param>
    /// <returns>The statements, and where the body ends in the text.</returns>
    public static (IReadOnlyList<Statement> Statements, int End) Read(
        SourceText source, TokenCursor cursor, StatementReader statements, DiagnosticBag diagnostics, Token owner, string what)
    {
        var body = new BodyParser(source, cursor, statements, diagnostics).ReadBody(owner, what);
        return (body.Statements, body.End);
    }

    private sealed record Body(IReadOnlyList<Statement> Statements, int End, bool IsClosed);

    private Token Current => _cursor.Current;

    private bool StartsDeclaration => StatementBounds.StartsDeclaration(_cursor.Tokens, _cursor.Position);

    private Token Peek(int ahead) => _cursor.Peek(ahead);

    /// <summary>Statements between braces. The opening one is the current token.</summary>
    /// <param name="owner">The keyword that the body belongs to.</param>
    /// <param name="what">What a message calls the owner.</param>
    private Body ReadBody(Token owner, string what)
    {
        if (_isIndented)
            return ReadIndented(owner);
        var open = Current;
        _cursor.Position++;
        _depth++;
        var statements = new List<Statement>();
        while (!Current.Is(TokenKind.CloseBrace) || _depth == 1 && _unclosed < 0 || EndsByIndentation(owner))
        {
            if (Current.Is(TokenKind.CloseBrace) && _unclosed < 0)
            {
                // The body goes on after this brace, so there is one too many.
                SkipUnopened();
                continue;
            }
            if (Current.Is(TokenKind.End) || StartsDeclaration || EndsByIndentation(owner) || EndsByElse(owner))
            {
                if (_reported++ < MaxUnclosed)
                    _diagnostics.Add(DiagnosticCatalogue.Unclosed(_source.At(open.Span), "{", what, _source.At(owner.Span)));
                _unclosed--;
                _depth--;
                return new Body(statements, Current.Span.Start, false);
            }
            var start = _cursor.Position;
            if (ReadBodyStatement() is { } statement)
                statements.Add(statement);
            if (_cursor.Position == start)
                _cursor.Position++;
        }
        var end = Current.Span.End;
        _cursor.Position++;
        _depth--;
        return new Body(statements, end, true);
    }

    /// <summary>Lines indented deeper than their owner, as in Python; that the braces are missing has been reported by then.</summary>
    private Body ReadIndented(Token owner)
    {
        _isIndented = false;
        _depth++;
        var statements = new List<Statement>();
        while (Current.Kind is not (TokenKind.End or TokenKind.CloseBrace) && !StartsDeclaration
            && _cursor.Indentation(Current) > _cursor.Indentation(owner))
        {
            var start = _cursor.Position;
            if (ReadBodyStatement() is { } statement)
                statements.Add(statement);
            if (_cursor.Position == start)
                _cursor.Position++;
        }
        _depth--;
        // There is a closing brace: only the opening one was forgotten.
        if (Current.Is(TokenKind.CloseBrace) && _unclosed < 0 && _cursor.Indentation(Current) >= _cursor.Indentation(owner))
        {
            _unclosed++;
            _cursor.Position++;
        }
        return new Body(statements, Current.Span.Start, false);
    }

    /// <summary>Whether a body lacks its brace here: one is missing, and the line is indented no more than the body's owner.</summary>
    private bool EndsByIndentation(Token owner)
    {
        if (_depth <= 1 || _unclosed <= 0 || !Current.FirstOnLine)
            return false;
        var deeper = _cursor.Indentation(Current) - _cursor.Indentation(owner);
        return deeper < 0 || deeper == 0 && !Current.Is(TokenKind.CloseBrace);
    }

    /// <summary>Whether the body of an if lacks its brace before the else that comes here.</summary>
    private bool EndsByElse(Token owner) =>
        _unclosed > 0 && owner.Text is "if" or "elif" or "else" && IsElse(_cursor.Position);

    /// <summary>Whether the other branch of an if comes here.</summary>
    private bool IsElse(int at) => _cursor.Tokens[at].IsWord("else")
        && _cursor.Tokens[Math.Min(at + 1, _cursor.Tokens.Count - 1)].Kind is TokenKind.OpenBrace or TokenKind.Identifier;

    /// <summary>How many braces of the declaration are opened and not closed; below zero, closed and not opened.</summary>
    private int CountUnclosed()
    {
        var depth = 0;
        for (var i = _cursor.Position; !_cursor.Tokens[i].Is(TokenKind.End) && !StatementBounds.StartsDeclaration(_cursor.Tokens, i); i++)
            depth += _cursor.Tokens[i].Kind switch { TokenKind.OpenBrace => 1, TokenKind.CloseBrace => -1, _ => 0 };
        return depth;
    }

    private Statement? ReadBodyStatement()
    {
        if (_depth > Parser.MaxNesting)
        {
            _diagnostics.Add(DiagnosticCatalogue.TooDeep(_source.At(Current.Span), Parser.MaxNesting));
            SkipBraces();
            return null;
        }
        if (Current.IsWord("if") && !Peek(1).Is(TokenKind.Assign))
            return ReadIf();
        if (Current.IsWord("for") && Peek(1).Is(TokenKind.Identifier))
            return ReadFor();
        if (Current.IsWord("else"))
        {
            _diagnostics.Add(DiagnosticCatalogue.ElseWithoutIf(_source.At(Current.Span)));
            _cursor.Position++;
            if (Current.Is(TokenKind.OpenBrace))
                ReadBody(Current, "'else'");
            return null;
        }
        if (Current.Is(TokenKind.OpenBrace))
        {
            var open = Current;
            _diagnostics.Add(DiagnosticCatalogue.ExpectedToken(_source.At(open.Span), "a statement", open.Describe())
                .WithHint("Braces belong to networks, blocks, 'if' and 'for' only."));
            if (_unclosed > 0)
            {
                // It has no other half: the body goes on after it.
                _unclosed--;
                _cursor.Position++;
                return null;
            }
            var body = ReadBody(open, "the statement");
            return new ErrorStatement(body.Statements.SelectMany(inner => inner.Sets).ToArray(), open.Span);
        }
        var start = _cursor.Position;
        var end = StatementBounds.EndOfStatement(_cursor.Tokens, start);
        // No body comes after an equals sign: the brace and the rest of its line belong to the statement, and cannot be read.
        if (_cursor.Tokens[end].Is(TokenKind.OpenBrace) && !_cursor.Tokens[end].FirstOnLine
            && (_cursor.Tokens[start + 1].Kind is TokenKind.Assign or TokenKind.Comma || _cursor.Tokens[start].Text is "input" or "output"))
            while (!_cursor.Tokens[end].Is(TokenKind.End) && !(_cursor.Tokens[end].FirstOnLine && end > start))
                end++;
        // An 'else' after a body that lacks its closing brace.
        if (_unclosed > 0 && Enumerable.Range(start, end - start).FirstOrDefault(i => IsElse(i)) is > 0 and var other && other > start)
            end = other;
        _cursor.Position = end;
        var statement = _statements.Read(StatementGrammar.At(_cursor.Tokens, start), start, end, TokenKind.End);
        if (statement is not null)
        {
            _last = (_cursor.Tokens[start], statement);
            return statement;
        }
        var names = StatementBounds.NamesDefined(_cursor.Tokens, start, end)
            .Union(StatementBounds.NamesAssigned(_cursor.Tokens, start, end)).ToArray();
        // A line that is indented deeper than the statement before it was meant to go on with that one.
        if (_last is var (first, last) && _cursor.Indentation(_cursor.Tokens[start]) > _cursor.Indentation(first))
            names = [.. names, .. last.Sets];
        // What another language would write before a body: which names the body sets is known.
        while (Current.Is(TokenKind.OpenBrace))
        {
            names = [.. names, .. ReadBody(_cursor.Tokens[start], "the statement").Statements.SelectMany(inner => inner.Sets)];
            if (!Current.IsWord("else"))
                break;
            while (Current.Kind is not (TokenKind.OpenBrace or TokenKind.CloseBrace or TokenKind.End))
                _cursor.Position++;
        }
        return new ErrorStatement(names,
            TextSpan.FromBounds(_cursor.Tokens[start].Span.Start, _cursor.Tokens[Math.Max(start, end - 1)].Span.End));
    }

    /// <summary>Skips a closing brace too many, which is reported.</summary>
    private void SkipUnopened()
    {
        _diagnostics.Add(DiagnosticCatalogue.Unopened(_source.At(Current.Span), Current.Text));
        _unclosed++;
        _cursor.Position++;
    }

    private void SkipBraces()
    {
        var depth = 0;
        do
        {
            depth += Current.Kind switch { TokenKind.OpenBrace => 1, TokenKind.CloseBrace => -1, _ => 0 };
            if (depth < 0)
                return;
            _cursor.Position++;
        } while (!Current.Is(TokenKind.End) && depth >= 0);
    }

    private Statement? ReadIf()
    {
        var branches = new List<(Token Keyword, Expression? Condition, IReadOnlyList<Statement> Body)>();
        IReadOnlyList<Statement> otherwise = [];
        var (start, end) = (_cursor.Position, 0);
        while (true)
        {
            var keyword = Current;
            var condition = ReadHeader(keyword.IsWord("if") ? StatementGrammar.If : StatementGrammar.ElseIf, keyword);
            var isPython = _isIndented;
            if (!Current.Is(TokenKind.OpenBrace) && !isPython)
                return new ErrorStatement(StatementBounds.NamesAssigned(_cursor.Tokens, start, _cursor.Position), keyword.Span);
            var body = ReadBody(keyword, "'if'");
            if (Current.Is(TokenKind.CloseBrace) && _unclosed < 0 && Peek(1).IsWord("else"))
                SkipUnopened();
            // Without its brace it is not known where the body ends, so the condition must not decide anything.
            if (branches.Count < Parser.MaxNesting)
                branches.Add((keyword, body.IsClosed ? condition : null, body.Statements));
            else if (branches.Count == Parser.MaxNesting)
                _diagnostics.Add(DiagnosticCatalogue.TooManyBranches(_source.At(branches[0].Keyword.Span), Parser.MaxNesting));
            end = body.End;
            if (Current.Text is "elif" or "elsif" or "elseif" && !Peek(1).Is(TokenKind.Assign))
            {
                _diagnostics.Add(DiagnosticCatalogue.ExpectedToken(_source.At(Current.Span), "'else if'", Current.Describe()));
                continue;
            }
            if (!Current.IsWord("else"))
                break;
            var elseKeyword = Current;
            _cursor.Position++;
            if (Current.IsWord("if"))
                continue;
            if (isPython && Current.Is(TokenKind.Colon))
            {
                _isIndented = true;
                _cursor.Position++;
            }
            else if (!Current.Is(TokenKind.OpenBrace))
            {
                _diagnostics.Add(DiagnosticCatalogue.ExpectedToken(_cursor.PlaceOf(Current), "'{'", Current.Describe()));
                if (!IsIndentedDeeper(elseKeyword))
                    break;
                _isIndented = true;
            }
            var last = ReadBody(elseKeyword, "'else'");
            otherwise = last.Statements;
            end = last.End;
            break;
        }
        Statement? result = null;
        for (var i = branches.Count - 1; i >= 0; i--)
        {
            var branch = branches[i];
            var condition = branch.Condition ?? new ErrorExpression(branch.Keyword.Span);
            result = new IfStatement(condition, branch.Body, result is null ? otherwise : [result],
                TextSpan.FromBounds(branch.Keyword.Span.Start, end));
        }
        return result;
    }

    private Statement ReadFor()
    {
        var (keyword, start) = (Current, _cursor.Position);
        var variable = Peek(1);
        var header = ReadHeader(StatementGrammar.ForHeader, keyword);
        if (!Current.Is(TokenKind.OpenBrace) && !_isIndented)
            return new ErrorStatement(StatementBounds.NamesAssigned(_cursor.Tokens, start, _cursor.Position), keyword.Span);
        var body = ReadBody(keyword, "'for'");
        header ??= new ForStatement(new Name(variable.Text, variable.Span), new ErrorExpression(keyword.Span), null, [], keyword.Span);
        return header with { Body = body.Statements, Span = TextSpan.FromBounds(keyword.Span.Start, body.End) };
    }

    /// <summary>The part between <c>if</c> or <c>for</c> and its brace.</summary>
    private T? ReadHeader<T>(Parser<T> grammar, Token keyword) where T : class
    {
        var end = StatementBounds.EndOfStatement(_cursor.Tokens, _cursor.Position);
        var colon = _cursor.Position;
        while (colon < end && !(_cursor.Tokens[colon].Is(TokenKind.Colon) && _cursor.Tokens[colon + 1].FirstOnLine))
            colon++;
        if (colon < end)
        {
            // As in Python, so its body is the indented lines.
            _isIndented = true;
            var found = _cursor.Tokens[colon];
            _diagnostics.Add(DiagnosticCatalogue.ExpectedToken(_source.At(found.Span), "'{'", found.Describe())
                .WithHint(BodyHint(keyword)));
            _cursor.Position = colon + 1;
            return null;
        }
        var header = _statements.Read(grammar, _cursor.Position, end, TokenKind.OpenBrace);
        _cursor.Position = end;
        if (!Current.Is(TokenKind.OpenBrace) && header is not null)
        {
            _diagnostics.Add(DiagnosticCatalogue.ExpectedToken(_cursor.PlaceOf(Current), "'{'", Current.Describe())
                .WithHint(BodyHint(keyword)));
            // Only the brace was forgotten: the lines that are indented deeper are the body.
            _isIndented = IsIndentedDeeper(keyword);
        }
        return header;
    }

    private bool IsIndentedDeeper(Token owner) => Current.FirstOnLine && _cursor.Indentation(Current) > _cursor.Indentation(owner);

    private static string BodyHint(Token keyword) => $"The body of '{keyword.Text}' needs braces.";
}
