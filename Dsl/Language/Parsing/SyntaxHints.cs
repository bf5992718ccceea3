using System;
using System.Collections.Generic;
using System.Linq;
using KnDsl.Language.Text;

namespace KnDsl.Language.Parsing;

/// <summary>Tells what was probably meant where the grammar wanted another token.</summary>
internal static class SyntaxHints
{
    private const string ChoiceHint = "There is no conditional value: set it in both branches of an 'if' statement.";
    private const string CommentHint = "Comments start with '//'.";

    /// <summary>The hint for a statement that starts at one token and cannot be read at another, or null.</summary>
    /// <param name="end">The token after the statement's last.</param>
    public static string? For(IReadOnlyList<Token> tokens, int start, int at, int end) =>
        OfStatement(tokens, start, at, end) ?? OfToken(tokens, start, at, end);

    // ---- statements of other languages -------------------------------------------------------------------------------

    private static readonly string[] Declarators =
    [
        "var", "let", "const", "val", "auto", "int", "long", "float", "double", "bool", "string", "Tensor", "public", "private", "static",
        "final", "readonly", "mut",
    ];

    private static readonly string[] Types = ["int", "float", "bool", "norm"];

    private static readonly string[] Keywords = ["input", "output", "return", "module"];

    private static string? OfStatement(IReadOnlyList<Token> tokens, int start, int at, int end)
    {
        var (first, found) = (tokens[start], tokens[at]);
        if (!first.Is(TokenKind.Identifier))
            return first.Is(TokenKind.OpenParen) ? "Several names are written without parentheses, as in 'a, b = value -> split(2)'."
                : null;
        return first.Text switch
        {
            "for" => HintForLoop(tokens, at),
            "def" or "function" or "func" or "fn" or "class" =>
                "Parts of a network are blocks beside it: block Name(x) { return x -> relu }.",
            "import" => "Operations need no import; other files go in quotes, as in import \"blocks.knnet\".",
            "input" or "output" when found.Kind is TokenKind.Colon or TokenKind.OpenParen =>
                $"Sizes come right after the name, in square brackets: {tokens[at - 1].Text}[N, 3, 32, 32].",
            "network" or "block" when found.Is(TokenKind.Identifier) && Types.Contains(tokens[at - 1].Text) =>
                $"The type comes after the name: {found.Text}: {tokens[at - 1].Text}.",
            "network" or "block" when found.Is(TokenKind.Colon) && at == start + 2 => "The body goes in braces.",
            "foreach" => "Write 'for item in list { }'.",
            "while" or "do" or "loop" or "repeat" => "The only loop is 'for i in 0..n { }', or 'for item in list { }'.",
            "switch" or "match" or "when" or "unless" => "Write 'if condition { } else if condition { } else { }'.",
            "self" or "this" when found.Is(TokenKind.Dot) =>
                $"There is no '{first.Text}': write 'name = value', or 'module name = operation' for weights that several places share.",
            "print" or "assert" or "pass" or "break" or "continue" or "raise" or "throw" or "del" or "yield" or "await" or "async" or "with"
                or "try" or "catch" or "except" or "finally" or "using" or "global" or "from" or "super" when at <= start + 2 =>
                $"There is no '{first.Text}' statement: remove it.",
            "norm" when at == start + 1 => "The policy is set with an equals sign, as in 'norm = batch()'.",
            "network" or "block" or "extern" or "namespace" => null,
            _ => at == start + 1 ? AfterFirst(tokens, start, at, end) : null,
        };
    }

    private static string? HintForLoop(IReadOnlyList<Token> tokens, int at) =>
        tokens[at - 1].Is(TokenKind.Range) ? "The end of a range is not part of it: 0..n are n numbers."
        : tokens[at].Is(TokenKind.OpenBrace) || at > 3 && tokens[at - 2].IsWord("in") ? null
        : "Write 'for i in 0..n { }', or 'for item in list { }'.";

    /// <summary>What comes after the first word of a statement, where an equals sign is expected.</summary>
    private static string? AfterFirst(IReadOnlyList<Token> tokens, int start, int at, int end)
    {
        var (first, found, next) = (tokens[start], tokens[at], tokens[Math.Min(at + 1, tokens.Count - 1)]);
        if (found.Kind is TokenKind.Identifier && Declarators.Contains(first.Text))
            return $"A value is set without a keyword and without its type: '{found.Text} = ...'.";
        if (found.Kind is TokenKind.Plus or TokenKind.Minus or TokenKind.Star or TokenKind.Slash or TokenKind.Percent)
            return next.Is(TokenKind.Assign) ? $"Write '{first.Text} = {first.Text} {found.Text} ...'."
                : next.Kind == found.Kind && at + 2 >= end ? $"Write '{first.Text} = {first.Text} {found.Text} 1'."
                : null;
        if (found.Is(TokenKind.Identifier) && Spelling.Hint(first.Text, Keywords) is { } hint)
            return hint;
        return found.Kind switch
        {
            TokenKind.Equal or TokenKind.Colon or TokenKind.Less => $"A value is set with one equals sign: '{first.Text} = ...'.",
            TokenKind.Arrow => $"Give the result a name, as in 'y = {first.Text} -> relu'.",
            TokenKind.OpenParen => "Give the result a name, as in 'y = value -> relu'.",
            _ => null,
        };
    }

    // ---- single tokens -----------------------------------------------------------------------------------------------

    private static string? OfToken(IReadOnlyList<Token> tokens, int start, int at, int end)
    {
        var (before, found) = (tokens[Math.Max(start, at - 1)], tokens[at]);
        var inArguments = Depth(tokens, start, at, TokenKind.OpenParen, TokenKind.CloseParen) > 0;
        var inBrackets = Depth(tokens, start, at, TokenKind.OpenBracket, TokenKind.CloseBracket) > 0;
        var hasArrow = Enumerable.Range(start, at - start).Any(i => tokens[i].Is(TokenKind.Arrow));
        return found.Kind switch
        {
            TokenKind.Label when tokens[start].IsWord("extern") =>
                $"The parameters of the constructor go in parentheses, as in '{found.Text}(): [N, C] -> [N, C]'.",
            TokenKind.Assign when tokens[at + 1].Is(TokenKind.Greater) => "Write '->'.",
            TokenKind.Greater when before.Is(TokenKind.Greater) => "Write '->'.",
            TokenKind.Assign when tokens[start].IsWord("if") => "Write '==' to compare.",
            TokenKind.Assign when inArguments && before.Is(TokenKind.Identifier)
                && (tokens[start].IsWord("network") || tokens[start].IsWord("block")) =>
                $"A parameter needs a type, as in '{before.Text}: int = 1'.",
            TokenKind.Assign when inArguments && before.Is(TokenKind.Identifier) =>
                $"An argument's name ends with a colon, as in '{before.Text}: value'.",
            TokenKind.Identifier or TokenKind.OpenBracket when before.IsWord("new") => "There is no 'new': write the block itself.",
            TokenKind.Slash when tokens[at + 1].Is(TokenKind.Star) => CommentHint,
            TokenKind.Minus when found.FirstOnLine && tokens[at + 1].Is(TokenKind.Minus) => CommentHint,
            TokenKind.Minus or TokenKind.Integer or TokenKind.Label when QuotedLabel(tokens, at, end) is { } label =>
                $"A label of other characters than letters, digits and '_' is written in quotes, as in \"{label}\": stage.",
            TokenKind.Identifier when found.Text == "then" => "The body goes in braces: if condition { }.",
            TokenKind.Identifier when found.Text == "if" && Enumerable.Range(at, end - at).Any(i => tokens[i].IsWord("else")) => ChoiceHint,
            TokenKind.Identifier when found.Text == "if" && !hasArrow => "Only a stage can have a condition: value -> relu if condition.",
            TokenKind.Identifier when found.Text == "for" => "There are no lists by a formula: write the items, or a loop.",
            TokenKind.Identifier or TokenKind.OpenBracket when before.Is(TokenKind.Identifier)
                && at - 2 >= start && tokens[at - 2].Is(TokenKind.Arrow) =>
                $"A label ends with a colon, as in '{before.Text}: {found.Text}'.",
            TokenKind.OpenBrace when before.Is(TokenKind.Identifier) && hasArrow =>
                $"A label ends with a colon, as in '{before.Text}{{i}}: stage'; arguments go in parentheses.",
            TokenKind.Comma when inArguments && before.Kind is TokenKind.Integer => "Write a list in square brackets, as in [2, 2].",
            TokenKind.Colon or TokenKind.Dot
                when inBrackets && before.Kind is TokenKind.OpenBracket or TokenKind.Comma or TokenKind.Range =>
                "A part of a value is a stage: select(0) for one position, slice(0, 2) for several.",
            TokenKind.OpenParen when at - 2 >= start && before.Is(TokenKind.Identifier) && tokens[at - 2].Is(TokenKind.Dot) =>
                HintForCall(at - 3 >= start ? tokens[at - 3].Text : "", before.Text),
            TokenKind.OpenParen when before.Is(TokenKind.Label) && before.Text.Contains('.') =>
                HintForCall(before.Text.Substring(0, before.Text.IndexOf('.')), ForeignNames.LastPart(before.Text)),
            TokenKind.OpenParen when before.Is(TokenKind.CloseParen) => "A stage comes after its value: value -> conv(64, 3).",
            TokenKind.Star when before.Is(TokenKind.Star) => "There is no power operator: multiply, or write the number.",
            TokenKind.Plus or TokenKind.Minus or TokenKind.Star when !inArguments && hasArrow =>
                $"'->' binds loosest: put the value with its stages before '{found.Text}' in parentheses.",
            _ => null,
        };
    }

    private static int Depth(IReadOnlyList<Token> tokens, int start, int at, TokenKind open, TokenKind close) =>
        Enumerable.Range(start, at - start).Sum(i => tokens[i].Is(open) ? 1 : tokens[i].Is(close) ? -1 : 0);

    /// <summary>A method of a value, or a function of a library.</summary>
    private static string HintForCall(string owner, string name)
    {
        if (owner is "self" or "this")
            return $"There is no '{owner}': write the operation itself, value -> label: operation.";
        var own = ForeignNames.Find(name, []) ?? ForeignNames.Plain(name);
        if (own.EndsWith("."))
            return own;
        var value = owner.Length == 0 || !char.IsLetter(owner[0]) || ForeignNames.IsOwner(owner) ? "value" : owner;
        return own == "concat" || own == "matmul" ? $"Write {own}(a, b)." : $"Operations are stages: write {value} -> {own}.";
    }

    /// <summary>The words before a colon that would be a label in quotes, such as bn-1, or null.</summary>
    private static string? QuotedLabel(IReadOnlyList<Token> tokens, int at, int end)
    {
        var (from, to) = (at, at);
        while (from > 0 && IsLabelPart(tokens[from - 1]))
            from--;
        while (to < end && IsLabelPart(tokens[to]))
            to++;
        return from > 0 && from < at && tokens[from - 1].Kind is TokenKind.Arrow or TokenKind.Assign or TokenKind.OpenBracket
            && to < end && tokens[to].Is(TokenKind.Colon)
            ? string.Join("", Enumerable.Range(from, to - from)
                .Select(i => (i > from && tokens[i].Span.Start > tokens[i - 1].Span.End ? " " : "") + tokens[i].Text))
            : null;
    }

    private static bool IsLabelPart(Token token) =>
        token.Kind is TokenKind.Identifier or TokenKind.Integer or TokenKind.Minus or TokenKind.Label;
}
