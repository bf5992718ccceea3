using System.Collections.Generic;
using System.Linq;
using KnDsl.Language.Diagnostics;
using KnDsl.Language.Syntax;
using KnDsl.Language.Text;
using Sprache;

namespace KnDsl.Language.Parsing;

/// <summary>
/// Reads a file statement by statement: the tokens are first divided where a statement must end, then the grammar reads each
/// part, and a part that it cannot read becomes an error statement. So one pass finds every mistake of a file.
/// </summary>
internal sealed class Parser
{
    /// <summary>
    /// How deep brackets and braces may nest: no network needs more, and without a limit they would exhaust the
    /// stack.
    /// </summary>
    public const int MaxNesting = 32;

    private readonly SourceText _source;
    private readonly DiagnosticBag _diagnostics;
    private readonly TokenCursor _cursor;
    private readonly StatementReader _statements;

    private Parser(SourceText source, DiagnosticBag diagnostics)
    {
        _source = source;
        _diagnostics = diagnostics;
        var found = new DiagnosticBag();
        var repeated = new List<int>();
        var (tokens, nested) = NestedDeclarations.MoveOut(Lexer.Tokenize(source, found, repeated));
        var unreadable = found.ToList().Select(diagnostic => diagnostic.Place.Span.Start).Concat(repeated).ToArray();
        diagnostics.AddRange(found.ToList());
        foreach (var declaration in nested)
            diagnostics.Add(DiagnosticCatalogue.Misplaced(source.At(declaration.Span), declaration.Text, "it outside of the braces")
                .WithHint(NestedDeclarations.IsModule(declaration)
                    ? "Networks and blocks are declared beside each other."
                    : "It is the file's, not a network's or a block's."));
        _cursor = new TokenCursor(source, tokens);
        _statements = new StatementReader(source, tokens, unreadable, diagnostics);
    }

    /// <summary>Reads a file. Whatever is wrong with it is reported, and the rest is read all the same.</summary>
    public static KnnetFile Parse(SourceText source, DiagnosticBag diagnostics) => new Parser(source, diagnostics).ReadFile();

    private Token Current => _cursor.Current;

    private KnnetFile ReadFile()
    {
        NamespaceDeclaration? space = null;
        var imports = new List<ImportDeclaration>();
        var externs = new List<ExternDeclaration>();
        var modules = new List<ModuleDeclaration>();
        var lacksNames = false;
        while (!Current.Is(TokenKind.End))
        {
            var start = _cursor.Position;
            if (Current.IsWord("network"))
                Add(modules, ReadModule(ModuleKind.Network));
            else if (Current.IsWord("block"))
                // One whose header cannot be read may have another name than the one that is read.
                lacksNames |= !Add(modules, ReadModule(ModuleKind.Block)) || modules[modules.Count - 1].IsBroken;
            else if (Current.IsWord("import"))
                lacksNames |= !Add(imports, ReadDeclaration(DeclarationGrammar.Import));
            else if (Current.IsWord("extern"))
                lacksNames |= !Add(externs, ReadDeclaration(DeclarationGrammar.Extern(Current.Documentation)));
            else if (Current.IsWord("namespace"))
            {
                var declared = ReadDeclaration(DeclarationGrammar.Namespace);
                if (declared is not null && space is not null)
                    _diagnostics.Add(DiagnosticCatalogue.SecondNamespace(_source.At(declared.Span), _source.At(space.Span)));
                space ??= declared;
            }
            else if (Current.Is(TokenKind.CloseBrace))
            {
                Report(DiagnosticCatalogue.Unopened(_source.At(Current.Span), Current.Text));
                while (Current.Is(TokenKind.CloseBrace))
                    _cursor.Position++;
            }
            else if (_statements.IsUnreadable(_cursor.Position, _cursor.Position + 1))
                SkipToDeclaration();
            else
            {
                var known = new[] { "network", "block", "import", "extern", "namespace" };
                var nearest = Spelling.Nearest(Current.Text, known);
                var lacking = IsForeignDeclaration() || nearest is not null ? null : KindByBody(_cursor.Position);
                var ofWord = IsForeignDeclaration() ? KindByBody(_cursor.Position + 1) : null;
                Report(DiagnosticCatalogue.ExpectedDeclaration(_source.At(Current.Span), Current.Describe())
                    .WithHint(nearest is not null ? $"Did you mean '{nearest}'?"
                        : lacking is not null ? $"Write {(lacking == ModuleKind.Network ? "network" : "block")} {Current.Text}(...)."
                        : IsForeignDeclaration() ? ofWord == ModuleKind.Network ? "A network is declared with 'network'."
                            : "The parts of a network are declared with 'block'."
                        : StatementBounds.StartsStatement(_cursor.Tokens, _cursor.Position)
                            ? "Statements belong inside the braces of a network or a block."
                            : null));
                lacksNames = true;
                if (IsForeignDeclaration())
                    Add(modules, ReadModule(ofWord ?? ModuleKind.Block));
                else if (nearest == "block" && IsHeader())
                    Add(modules, ReadModule(ModuleKind.Block));
                else if (nearest == "network" && IsHeader())
                    Add(modules, ReadModule(ModuleKind.Network));
                else
                {
                    if (lacking is { } kind)
                        modules.Add(Broken(kind, Current, Current));
                    _cursor.Position++;
                    SkipToDeclaration();
                }
            }
            if (_cursor.Position == start)
                _cursor.Position++;
        }
        var words = _cursor.Tokens.Where(token => token.Kind is TokenKind.Identifier or TokenKind.Label or TokenKind.Text)
            .Select(token => token.Text);
        return new KnnetFile(_source, space, imports, externs, modules) { LacksNames = lacksNames, Words = new HashSet<string>(words) };

        static bool Add<T>(List<T> list, T? item) where T : class
        {
            if (item is not null)
                list.Add(item);
            return item is not null;
        }
    }

    /// <summary>Whether a declaration starts here with a word of another language: <c>def Unit(x, ...)</c>.</summary>
    private bool IsForeignDeclaration() => Current.Text is "def" or "class" or "function" or "fn" or "func" or "module" or "layer"
        && _cursor.Peek(1).Is(TokenKind.Identifier) && _cursor.Peek(2).Is(TokenKind.OpenParen);

    /// <summary>Whether a name and what may come after it in a header come here.</summary>
    private bool IsHeader() =>
        _cursor.Peek(1).Is(TokenKind.Identifier) && _cursor.Peek(2).Kind is TokenKind.OpenParen or TokenKind.OpenBrace;

    /// <summary>What a header without its first word begins, by what is in the braces after it; null where none comes there.</summary>
    private ModuleKind? KindByBody(int start)
    {
        if (!_cursor.Tokens[start].Is(TokenKind.Identifier)
            || _cursor.Tokens[start + 1].Kind is not (TokenKind.OpenParen or TokenKind.OpenBrace))
            return null;
        var end = StatementBounds.EndOfModuleHeader(_cursor.Tokens, start);
        if (!_cursor.Tokens[end].Is(TokenKind.OpenBrace))
            return null;
        for (var i = end; !_cursor.Tokens[i].Is(TokenKind.End) && !StatementBounds.StartsDeclaration(_cursor.Tokens, i); i++)
            if (_cursor.Tokens[i].FirstOnLine && _cursor.Tokens[i].Text is "input" or "output" or "return")
                return _cursor.Tokens[i].Text == "return" ? ModuleKind.Block : ModuleKind.Network;
        return null;
    }

    /// <summary>A declaration that cannot be read, of which the name is known.</summary>
    private static ModuleDeclaration Broken(ModuleKind kind, Token name, Token first) =>
        new(kind, new Name(name.Text, name.Span), [], [], [], null, first.Span) { IsBroken = true };

    private void SkipToDeclaration()
    {
        while (!Current.Is(TokenKind.End) && !StatementBounds.StartsDeclaration(_cursor.Tokens, _cursor.Position))
            _cursor.Position++;
    }

    private ModuleDeclaration? ReadModule(ModuleKind kind)
    {
        var keyword = Current;
        var start = _cursor.Position;
        var end = StatementBounds.EndOfModuleHeader(_cursor.Tokens, start);
        var header = _statements.Read(DeclarationGrammar.ModuleHeader(kind), start, end, TokenKind.OpenBrace);
        _cursor.Position = end;
        var broken = end > start + 1 && _cursor.Tokens[start + 1] is { Kind: TokenKind.Identifier } name
            ? Broken(kind, name, keyword)
            : null;
        if (!Current.Is(TokenKind.OpenBrace))
        {
            if (header is not null)
                Report(DiagnosticCatalogue.ExpectedToken(_cursor.PlaceOf(Current), "'{'", Current.Describe()));
            if (!StatementBounds.StartsStatement(_cursor.Tokens, _cursor.Position))
                return broken;
        }
        var body = BodyParser.Read(_source, _cursor, _statements, _diagnostics, keyword, kind == ModuleKind.Network ? "network" : "block");
        return header is null ? broken : header with
        {
            Body = body.Statements,
            Documentation = keyword.Documentation,
            Span = TextSpan.FromBounds(keyword.Span.Start, body.End),
        };
    }

    /// <summary>Reads a declaration without a body.</summary>
    private T? ReadDeclaration<T>(Parser<T> grammar) where T : class
    {
        var start = _cursor.Position;
        _cursor.Position = StatementBounds.EndOfDeclaration(_cursor.Tokens, start);
        return _statements.Read(grammar, start, _cursor.Position, TokenKind.End);
    }

    private void Report(Diagnostic diagnostic) => _diagnostics.Add(diagnostic);
}
