using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using KnDsl.Language.Diagnostics;
using KnDsl.Language.Syntax;
using KnDsl.Language.Text;
using Sprache;

namespace KnDsl.Language.Parsing;

/// <summary>
/// Reads a file statement by statement: the tokens are first divided where a statement must end, each part is read by the
/// grammar, and one that cannot be read becomes an error statement. So every mistake of a file is found in one pass.
/// </summary>
internal sealed class Parser
{
    /// <summary>Brackets and braces inside each other: more is no network but an accident, and would exhaust the stack.</summary>
    public const int DeepestNesting = 32;

    /// <summary>More braces of one declaration that are not closed are not told apart.</summary>
    private const int MostUnclosed = 3;

    private readonly SourceText _source;
    private readonly DiagnosticBag _diagnostics;
    private readonly IReadOnlyList<Token> _tokens;

    /// <summary>Where the text itself could not be read: what the grammar says of such a statement is a consequence.</summary>
    private readonly int[] _unreadable;

    /// <summary>Braces of the current declaration that are opened and not closed, or, below zero, closed and not opened.</summary>
    private int _unclosed;

    /// <summary>How many of them were reported.</summary>
    private int _reported;

    /// <summary>Whether the body that comes is told by its indentation instead of braces.</summary>
    private bool _isIndented;

    private int _position;
    private int _depth;

    private Parser(SourceText source, DiagnosticBag diagnostics)
    {
        _source = source;
        _diagnostics = diagnostics;
        var found = new DiagnosticBag();
        _tokens = Lexer.Tokenize(source, found);
        _unreadable = found.ToList().Select(diagnostic => diagnostic.Place.Span.Start).ToArray();
        diagnostics.AddRange(found.ToList());
    }

    public static KnnetFile Parse(SourceText source, DiagnosticBag diagnostics) => new Parser(source, diagnostics).ReadFile();

    private Token Current => _tokens[_position];

    private Token Peek(int ahead) => _tokens[Math.Min(_position + ahead, _tokens.Count - 1)];

    private KnnetFile ReadFile()
    {
        NamespaceDeclaration? space = null;
        var imports = new List<ImportDeclaration>();
        var externs = new List<ExternDeclaration>();
        var modules = new List<ModuleDeclaration>();
        var lacksNames = false;
        while (!Current.Is(TokenKind.End))
        {
            var start = _position;
            if (Current.IsWord("network"))
                Add(modules, ReadModule(ModuleKind.Network));
            else if (Current.IsWord("block"))
                Add(modules, ReadModule(ModuleKind.Block));
            else if (Current.IsWord("import"))
                lacksNames |= !Add(imports, ReadStatement(DeclarationGrammar.Import));
            else if (Current.IsWord("extern"))
                lacksNames |= !Add(externs, ReadStatement(DeclarationGrammar.Extern(Current.Documentation)));
            else if (Current.IsWord("namespace"))
            {
                var declared = ReadStatement(DeclarationGrammar.Namespace);
                if (declared is not null && space is not null)
                    _diagnostics.Add(DiagnosticCatalogue.SecondNamespace(_source.At(declared.Span), _source.At(space.Span)));
                space ??= declared;
            }
            else if (Current.Is(TokenKind.CloseBrace))
            {
                Report(DiagnosticCatalogue.Unopened(_source.At(Current.Span), Current.Text));
                while (Current.Is(TokenKind.CloseBrace))
                    _position++;
            }
            else if (IsUnreadable(_position, _position + 1))
                SkipToDeclaration();
            else
            {
                var known = new[] { "network", "block", "import", "extern", "namespace" };
                var nearest = Spelling.Nearest(Current.Text, known);
                Report(DiagnosticCatalogue.ExpectedDeclaration(_source.At(Current.Span), Current.Describe())
                    .WithHint(nearest is not null ? $"Did you mean '{nearest}'?"
                        : IsForeignDeclaration() ? "What a network is made of is declared by 'block'."
                        : StatementGrammar.Starts(_tokens, _position) ? "Statements stand in the braces of a network or a block." : null));
                if (IsForeignDeclaration())
                    Add(modules, ReadModule(ModuleKind.Block));
                else
                {
                    _position++;
                    SkipToDeclaration();
                }
            }
            if (_position == start)
                _position++;
        }
        return new KnnetFile(_source, space, imports, externs, modules) { LacksNames = lacksNames };

        static bool Add<T>(List<T> list, T? item) where T : class
        {
            if (item is not null)
                list.Add(item);
            return item is not null;
        }
    }

    /// <summary>Whether something is declared by another language's word: <c>def Unit(x, ...)</c>.</summary>
    private bool IsForeignDeclaration() => Current.Text is "def" or "class" or "function" or "fn" or "func" or "module" or "layer"
        && Peek(1).Is(TokenKind.Identifier) && Peek(2).Is(TokenKind.OpenParen);

    private void SkipToDeclaration()
    {
        while (!Current.Is(TokenKind.End) && !StartsDeclaration(_position))
            _position++;
    }

    private bool StartsDeclaration(int position)
    {
        var token = _tokens[position];
        if (!token.FirstOnLine || !token.Is(TokenKind.Identifier) || position + 1 >= _tokens.Count)
            return false;
        var next = _tokens[position + 1];
        return token.Text switch
        {
            "network" or "block" => next.Is(TokenKind.Identifier) && _tokens[Math.Min(position + 2, _tokens.Count - 1)].Is(TokenKind.OpenParen)
                                    || next.Is(TokenKind.Identifier) && _tokens[Math.Min(position + 2, _tokens.Count - 1)].Is(TokenKind.OpenBrace),
            "import" => next.Is(TokenKind.Text),
            "namespace" or "extern" => next.Is(TokenKind.Identifier),
            _ => false,
        };
    }

    private ModuleDeclaration? ReadModule(ModuleKind kind)
    {
        var keyword = Current;
        var start = _position;
        var end = _position;
        while (!_tokens[end].Is(TokenKind.OpenBrace) && !_tokens[end].Is(TokenKind.End) && !(end > _position && StartsDeclaration(end)))
            end++;
        var header = Run(DeclarationGrammar.ModuleHeader(kind), _position, end, TokenKind.OpenBrace);
        _position = end;
        var broken = end > start + 1 && _tokens[start + 1] is { Kind: TokenKind.Identifier } name
            ? new ModuleDeclaration(kind, new Name(name.Text, name.Span), [], [], [], null, keyword.Span) { IsBroken = true }
            : null;
        if (!Current.Is(TokenKind.OpenBrace))
        {
            if (header is not null)
                Report(DiagnosticCatalogue.ExpectedToken(PlaceOf(Current), "'{'", Current.Describe()));
            return broken;
        }
        _unclosed = CountUnclosed();
        _reported = 0;
        if (_unclosed > MostUnclosed)
            _unclosed = 0;
        var body = ReadBody(keyword, kind == ModuleKind.Network ? "network" : "block");
        return header is null ? broken : header with
        {
            Body = body.Statements,
            Documentation = keyword.Documentation,
            Span = TextSpan.FromBounds(keyword.Span.Start, body.End),
        };
    }

    private int CountUnclosed()
    {
        var depth = 0;
        for (var i = _position; !_tokens[i].Is(TokenKind.End) && !StartsDeclaration(i); i++)
            depth += _tokens[i].Kind switch { TokenKind.OpenBrace => 1, TokenKind.CloseBrace => -1, _ => 0 };
        return depth;
    }

    /// <summary>Whether a body lacks its brace here: one is missing, and the line is indented no more than the body's owner.</summary>
    private bool EndsByIndentation(Token owner) => _depth > 1 && _unclosed > 0 && Current.FirstOnLine
        && (Indentation(Current) < Indentation(owner) || Indentation(Current) == Indentation(owner) && !Current.Is(TokenKind.CloseBrace));

    private int Indentation(Token token)
    {
        var line = _source.Line(_source.PositionOf(token.Span.Start).Line);
        return line.Length - line.TrimStart().Length;
    }

    /// <summary>Where a message about a token stands; the end of the file has no width, so its last character does for it.</summary>
    private Place PlaceOf(Token token)
    {
        if (!token.Is(TokenKind.End) || _source.Content.Length == 0)
            return _source.At(token.Span);
        var last = _source.Content.TrimEnd().Length;
        return _source.At(new TextSpan(Math.Max(0, last - 1), 1));
    }

    /// <summary>Lines that are indented below their owner, as Python has it: that braces are missing is reported then.</summary>
    private (IReadOnlyList<Statement> Statements, int End, bool IsClosed) ReadIndented(Token owner)
    {
        _isIndented = false;
        _depth++;
        var statements = new List<Statement>();
        while (Current.Kind is not (TokenKind.End or TokenKind.CloseBrace) && !StartsDeclaration(_position)
            && Indentation(Current) > Indentation(owner))
        {
            var start = _position;
            if (ReadBodyStatement() is { } statement)
                statements.Add(statement);
            if (_position == start)
                _position++;
        }
        _depth--;
        // A closing brace alone: only the opening one was forgotten.
        if (Current.Is(TokenKind.CloseBrace) && _unclosed < 0 && Indentation(Current) >= Indentation(owner))
        {
            _unclosed++;
            _position++;
        }
        return (statements, Current.Span.Start, false);
    }

    /// <summary>Statements between braces; the opening one is the current token.</summary>
    private (IReadOnlyList<Statement> Statements, int End, bool IsClosed) ReadBody(Token owner, string what)
    {
        if (_isIndented)
            return ReadIndented(owner);
        var open = Current;
        _position++;
        _depth++;
        var statements = new List<Statement>();
        while (!Current.Is(TokenKind.CloseBrace) || _depth == 1 && _unclosed < 0 || EndsByIndentation(owner))
        {
            if (Current.Is(TokenKind.CloseBrace) && _unclosed < 0)
            {
                // The body goes on behind this brace, so this one is too many.
                Report(DiagnosticCatalogue.Unopened(_source.At(Current.Span), Current.Text));
                _unclosed++;
                _position++;
                continue;
            }
            if (Current.Is(TokenKind.End) || StartsDeclaration(_position) || EndsByIndentation(owner))
            {
                if (_reported++ < MostUnclosed)
                    Report(DiagnosticCatalogue.Unclosed(_source.At(open.Span), "{", what, _source.At(owner.Span)));
                _unclosed--;
                _depth--;
                return (statements, Current.Span.Start, false);
            }
            var start = _position;
            if (ReadBodyStatement() is { } statement)
                statements.Add(statement);
            if (_position == start)
                _position++;
        }
        var end = Current.Span.End;
        _position++;
        _depth--;
        return (statements, end, true);
    }

    private Statement? ReadBodyStatement()
    {
        if (_depth > DeepestNesting)
        {
            Report(DiagnosticCatalogue.TooDeep(_source.At(Current.Span), DeepestNesting));
            SkipBraces();
            return null;
        }
        if (Current.IsWord("if") && !Peek(1).Is(TokenKind.Assign))
            return ReadIf();
        if (Current.IsWord("for") && Peek(1).Is(TokenKind.Identifier))
            return ReadFor();
        if (Current.IsWord("else"))
        {
            Report(DiagnosticCatalogue.ElseWithoutIf(_source.At(Current.Span)));
            _position++;
            if (Current.Is(TokenKind.OpenBrace))
                ReadBody(Current, "'else'");
            return null;
        }
        if (Current.Is(TokenKind.OpenBrace))
        {
            Report(DiagnosticCatalogue.ExpectedToken(_source.At(Current.Span), "a statement", Current.Describe()));
            ReadBody(Current, "the statement");
            return null;
        }
        var start = _position;
        var end = StatementEnd(start);
        _position = end;
        var statement = Run(StatementGrammar.At(_tokens, start), start, end, TokenKind.End);
        return statement ?? new ErrorStatement(StatementGrammar.DefinedBy(_tokens, start, end),
            TextSpan.FromBounds(_tokens[start].Span.Start, _tokens[Math.Max(start, end - 1)].Span.End));
    }

    private void SkipBraces()
    {
        var depth = 0;
        do
        {
            depth += Current.Kind switch { TokenKind.OpenBrace => 1, TokenKind.CloseBrace => -1, _ => 0 };
            if (depth < 0)
                return;
            _position++;
        } while (!Current.Is(TokenKind.End) && depth >= 0);
    }

    private Statement? ReadIf()
    {
        var branches = new List<(Token Keyword, Expression? Condition, IReadOnlyList<Statement> Body, int End)>();
        IReadOnlyList<Statement> otherwise = [];
        var end = 0;
        while (true)
        {
            var keyword = Current;
            var condition = ReadHeader(keyword.IsWord("if") ? StatementGrammar.If : StatementGrammar.ElseIf, keyword);
            var isPython = _isIndented;
            if (!Current.Is(TokenKind.OpenBrace) && !isPython)
                return new ErrorStatement([], keyword.Span);
            var body = ReadBody(keyword, "'if'");
            // Where the body ends is not known without its brace, so nothing is concluded from the condition.
            if (branches.Count < DeepestNesting)
                branches.Add((keyword, body.IsClosed ? condition : null, body.Statements, body.End));
            else if (branches.Count == DeepestNesting)
                Report(DiagnosticCatalogue.TooManyBranches(_source.At(branches[0].Keyword.Span), DeepestNesting));
            end = body.End;
            if (Current.Text is "elif" or "elsif" or "elseif" && !Peek(1).Is(TokenKind.Assign))
            {
                Report(DiagnosticCatalogue.ExpectedToken(_source.At(Current.Span), "'else if'", Current.Describe()));
                continue;
            }
            if (!Current.IsWord("else"))
                break;
            var elseKeyword = Current;
            _position++;
            if (Current.IsWord("if"))
                continue;
            if (isPython && Current.Is(TokenKind.Colon))
            {
                _isIndented = true;
                _position++;
            }
            else if (!Current.Is(TokenKind.OpenBrace))
            {
                Report(DiagnosticCatalogue.ExpectedToken(PlaceOf(Current), "'{'", Current.Describe()));
                break;
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
        var keyword = Current;
        var variable = Peek(1);
        var header = ReadHeader(StatementGrammar.ForHeader, keyword);
        if (!Current.Is(TokenKind.OpenBrace) && !_isIndented)
            return new ErrorStatement([], keyword.Span);
        var body = ReadBody(keyword, "'for'");
        header ??= new ForStatement(new Name(variable.Text, variable.Span), new ErrorExpression(keyword.Span), null, [], keyword.Span);
        return header with { Body = body.Statements, Span = TextSpan.FromBounds(keyword.Span.Start, body.End) };
    }

    /// <summary>What stands between <c>if</c> or <c>for</c> and its brace.</summary>
    private T? ReadHeader<T>(Parser<T> grammar, Token keyword) where T : class
    {
        var end = _position;
        var statementEnd = StatementEnd(_position);
        while (end < statementEnd && !_tokens[end].Is(TokenKind.OpenBrace))
            end++;
        var colon = _position;
        while (colon < end && !(_tokens[colon].Is(TokenKind.Colon) && _tokens[colon + 1].FirstOnLine))
            colon++;
        if (colon < end)
        {
            // As Python has it, so its body is what is indented.
            _isIndented = true;
            Report(DiagnosticCatalogue.ExpectedToken(_source.At(_tokens[colon].Span), "'{'", _tokens[colon].Describe()).WithHint(BodyHint(keyword)));
            _position = colon + 1;
            return null;
        }
        var header = Run(grammar, _position, end, TokenKind.OpenBrace);
        _position = end;
        if (!Current.Is(TokenKind.OpenBrace) && header is not null)
            Report(DiagnosticCatalogue.ExpectedToken(PlaceOf(Current), "'{'", Current.Describe())
                .WithHint(BodyHint(keyword)));
        return header;
    }

    private static string BodyHint(Token keyword) => $"The part that belongs to '{keyword.Text}' stands in braces.";

    private T? ReadStatement<T>(Parser<T> grammar) where T : class
    {
        var start = _position;
        var end = start + 1;
        while (!_tokens[end].Is(TokenKind.End) && !(_tokens[end].FirstOnLine && EndsBefore(start, end)) && !StartsDeclaration(end))
            end++;
        _position = end;
        return Run(grammar, start, end, TokenKind.End);
    }

    /// <summary>The token after the last of the statement that starts here.</summary>
    private int StatementEnd(int start)
    {
        var depth = 0;
        for (var i = start; ; i++)
        {
            var token = _tokens[i];
            if (token.Is(TokenKind.End) || token.Is(TokenKind.CloseBrace))
                return i;
            if (i > start && token.FirstOnLine && (depth <= 0 && EndsBefore(start, i) || StatementGrammar.Starts(_tokens, i) || StartsDeclaration(i)))
                return i;
            if (token.Is(TokenKind.OpenBrace))
                return i == start ? i + 1 : i;
            depth += token.Kind switch
            {
                TokenKind.OpenParen or TokenKind.OpenBracket => 1,
                TokenKind.CloseParen or TokenKind.CloseBracket => -1,
                _ => 0,
            };
        }
    }

    /// <summary>A line break ends a statement unless what stands before or after it says that it goes on.</summary>
    private bool EndsBefore(int start, int next)
    {
        var last = _tokens[next - 1];
        var goesOn = last.Kind is TokenKind.Arrow or TokenKind.Comma or TokenKind.Assign or TokenKind.Plus or TokenKind.Minus
            or TokenKind.Star or TokenKind.Slash or TokenKind.Percent or TokenKind.Colon or TokenKind.OpenParen or TokenKind.OpenBracket
            or TokenKind.Equal or TokenKind.NotEqual or TokenKind.Less or TokenKind.LessEqual or TokenKind.Greater or TokenKind.GreaterEqual;
        goesOn |= next - 1 > start && (last.IsWord("and") || last.IsWord("or") || last.IsWord("not"));
        var first = _tokens[next];
        var continues = first.Kind is TokenKind.Arrow or TokenKind.Comma or TokenKind.Plus or TokenKind.Minus or TokenKind.Star
            or TokenKind.Slash or TokenKind.Percent or TokenKind.CloseParen or TokenKind.CloseBracket or TokenKind.Dot or TokenKind.Colon
            or TokenKind.Equal or TokenKind.NotEqual or TokenKind.Less or TokenKind.LessEqual or TokenKind.Greater or TokenKind.GreaterEqual;
        continues |= first.IsWord("and") || first.IsWord("or");
        return !goesOn && !continues;
    }

    private T? Run<T>(Parser<T> grammar, int start, int end, TokenKind terminator) where T : class
    {
        if (!CheckBrackets(start, end))
            return null;
        var input = new TokenInput(_tokens, start, end);
        var result = grammar(input);
        if (result.WasSuccessful && result.Remainder.AtEnd && !HasOpenText(start, end))
            return result.Value;
        if (IsUnreadable(start, end))
            return null;
        if (result.WasSuccessful && input.FurthestPosition < result.Remainder.Position)
            ((TokenInput)result.Remainder).Want("the end of the line");
        var at = input.FurthestPosition;
        Report(DiagnosticCatalogue.ExpectedToken(
            _source.At(at < end ? _tokens[at].Span : AfterLast(start, end)),
            OneOf(input.Expected),
            at < end ? _tokens[at].Describe() : terminator == TokenKind.OpenBrace && _tokens[end].Is(TokenKind.OpenBrace) ? "'{'" : "the end of the statement")
            .WithHint(at < end ? HintAt(start, at) : null));
        return null;
    }

    /// <summary>Whether the text of a statement could not be read; what is wrong with it is reported then.</summary>
    private bool IsUnreadable(int start, int end) =>
        _unreadable.Any(at => at >= _tokens[start].Span.Start && at < _tokens[end].Span.Start);

    /// <summary>Whether a text of a statement has no end: what else it swallowed is not known.</summary>
    private bool HasOpenText(int start, int end) => _unreadable.Length > 0
        && Enumerable.Range(start, end - start).Any(i => _tokens[i].Is(TokenKind.Text) && _unreadable.Contains(_tokens[i].Span.Start));

    /// <summary>What was probably meant where the grammar found something else.</summary>
    private string? HintAt(int start, int at)
    {
        var (before, found) = (_tokens[Math.Max(start, at - 1)], _tokens[at]);
        var inArguments = Enumerable.Range(start, at - start).Sum(i => _tokens[i].Kind switch
        {
            TokenKind.OpenParen => 1,
            TokenKind.CloseParen => -1,
            _ => 0,
        }) > 0;
        return found.Kind switch
        {
            TokenKind.Label when _tokens[start].IsWord("extern") => $"The constructor's parameters stand in parentheses, as in '{found.Text}(): [N, C] -> [N, C]'.",
            TokenKind.Assign when _tokens[at + 1].Is(TokenKind.Greater) => "Write '->'.",
            TokenKind.Assign when _tokens[start].IsWord("if") => "Two values are compared by '=='.",
            TokenKind.Assign when inArguments && before.Is(TokenKind.Identifier) && (_tokens[start].IsWord("network") || _tokens[start].IsWord("block")) =>
                $"A parameter has a type, as in '{before.Text}: int = 1'.",
            TokenKind.Assign when inArguments && before.Is(TokenKind.Identifier) => $"An argument's name ends with a colon, as in '{before.Text}: value'.",
            TokenKind.Identifier or TokenKind.OpenBracket when before.Is(TokenKind.Identifier) && at - 2 >= start && _tokens[at - 2].Is(TokenKind.Arrow) =>
                $"A label ends with a colon, as in '{before.Text}: {found.Text}'.",
            TokenKind.Comma when inArguments && before.Kind is TokenKind.Integer => "A list stands in square brackets, as in [2, 2].",
            TokenKind.OpenParen when at - 2 >= start && before.Is(TokenKind.Identifier) && _tokens[at - 2].Is(TokenKind.Dot) =>
                $"Operations are stages: write value -> {before.Text}.",
            TokenKind.OpenParen when before.Is(TokenKind.Label) && before.Text.Contains('.') =>
                $"Operations are stages: write value -> {before.Text.Substring(before.Text.LastIndexOf('.') + 1)}.",
            TokenKind.Star when before.Is(TokenKind.Star) => "There are no powers: multiply, or write the number.",
            TokenKind.Plus or TokenKind.Minus or TokenKind.Star when !inArguments && Enumerable.Range(start, at - start).Any(i => _tokens[i].Is(TokenKind.Arrow)) =>
                $"'->' binds loosest: put the chain before '{found.Text}' in parentheses.",
            TokenKind.Arrow when at == start + 1 => $"Give the result a name, as in 'y = {before.Text} -> relu'.",
            _ => null,
        };
    }

    private TextSpan AfterLast(int start, int end) => end == start
        ? _tokens[start].Span
        : new TextSpan(_tokens[end - 1].Span.End - 1, 1);

    /// <summary>Brackets that do not match are reported as such: the grammar's complaint would name another place.</summary>
    private bool CheckBrackets(int start, int end)
    {
        if (IsUnreadable(start, end))
            return IsBalanced(start, end);
        if (FindTooManyParts(start, end) is { } part)
        {
            Report(DiagnosticCatalogue.TooManyParts(_source.At(part.Span), DeepestNesting));
            return false;
        }
        var open = new Stack<Token>();
        for (var i = start; i < end; i++)
        {
            var token = _tokens[i];
            if (token.Kind is TokenKind.OpenParen or TokenKind.OpenBracket)
            {
                open.Push(token);
                if (open.Count > DeepestNesting)
                {
                    Report(DiagnosticCatalogue.TooDeep(_source.At(token.Span), DeepestNesting));
                    return false;
                }
            }
            else if (token.Kind is TokenKind.CloseParen or TokenKind.CloseBracket)
            {
                var wanted = token.Is(TokenKind.CloseParen) ? TokenKind.OpenParen : TokenKind.OpenBracket;
                if (open.Count > 0 && open.Peek().Is(wanted))
                    open.Pop();
                else
                {
                    Report(open.Count == 0
                        ? DiagnosticCatalogue.Unopened(_source.At(token.Span), token.Text)
                        : DiagnosticCatalogue.Mismatched(_source.At(token.Span), token.Text, open.Peek().Text, _source.At(open.Peek().Span)));
                    return false;
                }
            }
        }
        if (open.Count == 0)
            return true;
        var unclosed = open.Peek();
        Report(DiagnosticCatalogue.Unclosed(_source.At(unclosed.Span), unclosed.Text, "the statement", null)
            .WithHint(HidesBracket(unclosed) ? "'//' begins a comment; '/' between whole numbers is the floor quotient." : null));
        return false;
    }

    /// <summary>Whether a comment behind an open bracket holds a closing one: it was meant as an operator.</summary>
    private bool HidesBracket(Token open)
    {
        var (line, character) = _source.PositionOf(open.Span.Start);
        var text = _source.Line(line);
        var comment = text.IndexOf("//", character, StringComparison.Ordinal);
        return comment >= 0 && text.IndexOfAny([')', ']'], comment) >= 0;
    }

    /// <summary>The token at which a row of members or indices, or a label, grows too long; it would exhaust the stack.</summary>
    private Token? FindTooManyParts(int start, int end)
    {
        var (dots, indices) = (0, 0);
        for (var i = start; i < end; i++)
        {
            var token = _tokens[i];
            dots = token.Is(TokenKind.Dot) ? dots + 1 : token.Kind is TokenKind.Identifier or TokenKind.Integer ? dots : 0;
            indices = token.Is(TokenKind.OpenBracket) && i > start && _tokens[i - 1].Is(TokenKind.CloseBracket) ? indices + 1
                : token.Kind is TokenKind.Comma or TokenKind.Arrow or TokenKind.Assign ? 0 : indices;
            if (dots > DeepestNesting || indices > DeepestNesting || token.Is(TokenKind.Label) && token.Text.Count(c => c == '.') > DeepestNesting)
                return token;
        }
        return null;
    }

    private bool IsBalanced(int start, int end)
    {
        var depth = 0;
        for (var i = start; i < end && depth is >= 0 and <= DeepestNesting; i++)
            depth += _tokens[i].Kind switch
            {
                TokenKind.OpenParen or TokenKind.OpenBracket => 1,
                TokenKind.CloseParen or TokenKind.CloseBracket => -1,
                _ => 0,
            };
        return depth == 0;
    }

    /// <summary>How any value could go on: true after each of them, and seldom what was forgotten.</summary>
    private static readonly string[] Continuations = ["'('", "'.'", "'['"];

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

    private void Report(Diagnostic diagnostic) => _diagnostics.Add(diagnostic);
}
