using System;
using System.Collections.Generic;
using System.Linq;
using KnDsl.Language.Syntax;
using KnDsl.Language.Text;

namespace KnDsl.Language.Parsing;

/// <summary>Tells what was probably meant where the grammar wanted another token.</summary>
internal static class SyntaxHints
{
    private const string ChoiceHint = "There is no conditional value: set it in both branches of an 'if' statement.";
    private const string CommentHint = "Comments start with '//'.";
    private const string LabelHint = "A label is part of a stage, as in 'y = value -> label: conv(64, 3)'.";
    private const string ListHint = "Write a list in square brackets, as in [2, 2].";
    private const string SequenceHint = "A sequence of stages is written in square brackets, with commas: [ conv(64, 3), relu ].";
    private const string OneValueHint = "A statement sets what one expression gives: write a statement for each name.";

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

    private static readonly string[] Keywords = ["input", "output", "return", "module"];

    private static string? OfStatement(IReadOnlyList<Token> tokens, int start, int at, int end)
    {
        var (first, found) = (tokens[start], tokens[at]);
        if (!first.Is(TokenKind.Identifier))
            return first.Kind is TokenKind.OpenParen or TokenKind.OpenBracket
                ? "Several names are written without brackets, as in 'a, b = value -> split(2)'."
                : first.Is(TokenKind.Label) ? LabelHint
                : null;
        return first.Text switch
        {
            "for" or "if" when found.Is(TokenKind.Label) && char.IsDigit(found.Text[0]) =>
                $"The body goes in braces, without a colon: {(first.Text == "for" ? "for i in 0..n" : "if condition")} {{ }}.",
            "for" => HintForLoop(tokens, at),
            "def" or "function" or "func" or "fn" or "class" =>
                "Parts of a network are blocks beside it: block Name(x) { return x -> relu }.",
            "module" when found.Is(TokenKind.Arrow) =>
                "A module is declared without a value, which it is applied to later: module name = conv(64, 3).",
            "module" when found.Is(TokenKind.OpenBracket) => "A sequence is no module: put it into a block, and write module name = Block.",
            "import" => "Operations need no import; other files go in quotes, as in import \"blocks.knnet\".",
            "return" when found.Is(TokenKind.Comma) && tokens[start + 1].Is(TokenKind.OpenParen) =>
                "Several values are returned without brackets, as in 'return a, b'.",
            "input" or "output" when SizesHint(tokens, start, at, end) is { } sizes => sizes,
            "network" or "block" when found.Is(TokenKind.Identifier) && Parameter.Types.Contains(tokens[at - 1].Text) =>
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
            "norm" when at == start + 1 && found.Kind is not (TokenKind.Arrow or TokenKind.Colon) =>
                "The policy is set with an equals sign, as in 'norm = batch()'.",
            "network" or "block" or "extern" when IsInType(tokens, start, at) =>
                "The types are int, float, bool, norm, int[] and float[].",
            "network" or "block" or "extern" or "namespace" => null,
            "if" => HintForCondition(tokens, at),
            _ => at == start + 1 ? AfterFirst(tokens, start, at, end) : null,
        };
    }

    /// <summary>How inputs and outputs are written, where their names or sizes are missing or not in square brackets.</summary>
    private static string? SizesHint(IReadOnlyList<Token> tokens, int start, int at, int end)
    {
        var name = Enumerable.Range(start + 1, Math.Max(0, end - start - 1)).Select(i => tokens[i])
            .LastOrDefault(token => token.Is(TokenKind.Identifier) && token.Span.Start < tokens[at].Span.End)?.Text ?? "image";
        if (tokens[start].Text == "output" && tokens[at].Kind is TokenKind.Plus or TokenKind.Minus or TokenKind.Star or TokenKind.Slash)
            return "An output is a name with its sizes: set it before, as in 'y = a + b', and write output y[N, 3, 32, 32].";
        return at > start + 1 && tokens[at].Is(TokenKind.Identifier) && tokens[at - 1].Is(TokenKind.CloseBracket)
            ? "Commas separate several of them."
            : at == end
                || tokens[at].Kind is TokenKind.Colon or TokenKind.OpenParen or TokenKind.OpenBrace or TokenKind.Arrow or TokenKind.Comma
                || at == start + 1 && tokens[at].Is(TokenKind.OpenBracket)
            ? $"Sizes come right after the name, in square brackets: {tokens[start].Text} {name}[N, 3, 32, 32]."
                + (tokens[start].Text == "output" && at == end ? $" In a block write 'return {name}'." : "")
            : null;
    }

    /// <summary>Whether a token is where the type of a parameter is written in another way: List&lt;int&gt;, [int], int[2].</summary>
    private static bool IsInType(IReadOnlyList<Token> tokens, int start, int at)
    {
        var colon = at - 1;
        while (colon > start && tokens[colon].Kind is TokenKind.Identifier or TokenKind.OpenBracket)
            colon--;
        return tokens[colon].Is(TokenKind.Colon) && Depth(tokens, start, colon, TokenKind.OpenParen, TokenKind.CloseParen) > 0
            && tokens[at].Kind switch
            {
                TokenKind.Less or TokenKind.OpenParen => tokens[at - 1].Is(TokenKind.Identifier),
                TokenKind.OpenBracket => at - 1 == colon,
                TokenKind.Identifier or TokenKind.Integer => tokens[at - 1].Is(TokenKind.OpenBracket),
                _ => false,
            };
    }

    /// <summary>What is wrong with the condition of an if, or comes after it where the brace of its body does.</summary>
    private static string? HintForCondition(IReadOnlyList<Token> tokens, int at)
    {
        var next = tokens[Math.Min(at + 1, tokens.Count - 1)];
        return HintForComparison(tokens, at)
            ?? (tokens[at].Is(TokenKind.Colon) || tokens[at].Is(TokenKind.Identifier) && next.Kind is TokenKind.Assign or TokenKind.Comma
                ? "The body goes in braces: if condition { }."
                : null);
    }

    /// <summary>The comparisons of other languages.</summary>
    private static string? HintForComparison(IReadOnlyList<Token> tokens, int at) => tokens[at] switch
    {
        { Kind: TokenKind.Identifier, Text: "is" } => tokens[at + 1].IsWord("not") ? "Write '!=' to compare." : "Write '==' to compare.",
        { Kind: TokenKind.Identifier, Text: "in" } => "Conditions are comparisons of numbers: compare with each item, joined by 'or'.",
        { Kind: TokenKind.Greater } when tokens[at - 1].Is(TokenKind.Less) => "Write '!=' to compare.",
        _ => null,
    };

    private static string? HintForLoop(IReadOnlyList<Token> tokens, int at) =>
        tokens[at].Is(TokenKind.OpenBrace) && tokens[at - 1].IsWord("in") ? ListHint
        : tokens[at].Is(TokenKind.Comma) && tokens[at - 2].IsWord("for")
            ? "A loop has one variable: 'for i in 0..list.count { }', and list[i] for its items."
        : tokens[at - 1].Is(TokenKind.Range) ? "The end of a range is not part of it: 0..n are n numbers."
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
        if (at == end)
            return "A statement sets a name, as in 'y = value -> relu'; a line that begins with '->' goes on with the one before.";
        return found.Kind switch
        {
            TokenKind.Colon when next.Is(TokenKind.Identifier)
                && (Parameter.Types.Contains(next.Text) || Declarators.Contains(next.Text)) =>
                $"A value is set without its type: '{first.Text} = ...'.",
            TokenKind.Colon when next.Is(TokenKind.Identifier) && !Enumerable.Range(at, end - at).Any(i => tokens[i].Is(TokenKind.Arrow)) =>
                $"A label is part of a stage, as in 'y = value -> {first.Text}: {next.Text}'.",
            TokenKind.Equal or TokenKind.Colon or TokenKind.Less => $"A value is set with one equals sign: '{first.Text} = ...'.",
            TokenKind.Arrow when IsSetBefore(tokens, start) => $"Give the result a name, as in 'y = {first.Text} -> relu'.",
            TokenKind.Arrow or TokenKind.OpenParen =>
                "Give the result a name, as in 'y = value -> relu', or begin the line with '->' to go on with the one before.",
            _ => null,
        };
    }

    /// <summary>Whether a statement begins with the name of a value that one before sets, or of an input with sizes.</summary>
    private static bool IsSetBefore(IReadOnlyList<Token> tokens, int start) => !tokens[start].IsWord("norm")
        && Enumerable.Range(0, start).Any(i => tokens[i].Is(TokenKind.Identifier) && tokens[i].Text == tokens[start].Text
            && tokens[i + 1].Kind is TokenKind.Assign or TokenKind.OpenBracket);

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
            TokenKind.Assign when before.Is(TokenKind.Identifier)
                && (tokens[start].IsWord("network") || tokens[start].IsWord("block"))
                && Depth(tokens, start, at, TokenKind.OpenParen, TokenKind.CloseParen) == 1 =>
                $"A parameter needs a type, as in '{before.Text}: {Typed(tokens, at + 1, end)}'.",
            TokenKind.Assign when !inArguments && !hasArrow && before.Is(TokenKind.Identifier) && at - 2 == start + 1
                && tokens[start + 1].Is(TokenKind.Assign) =>
                $"Write a statement for each name: '{before.Text} = ...', then '{tokens[start].Text} = {before.Text}'.",
            TokenKind.Assign when inArguments && before.Is(TokenKind.Identifier) =>
                $"An argument's name ends with a colon, as in '{before.Text}: value'.",
            TokenKind.Assign when before.IsWord("norm") && hasArrow => "A norm's policy is its argument, as in 'norm(group(32))'.",
            TokenKind.Assign when hasArrow && before.Is(TokenKind.Identifier) && tokens[at - 2].Is(TokenKind.Arrow) =>
                $"A label ends with a colon, as in '{before.Text}: stage'.",
            TokenKind.Identifier when at > start + 1 && tokens[at + 1].Is(TokenKind.Assign) && !inArguments && !inBrackets
                && before.Kind is TokenKind.Integer or TokenKind.Float or TokenKind.Identifier or TokenKind.CloseParen
                    or TokenKind.CloseBracket =>
                "A statement ends with its line: write the next one in a line of its own.",
            TokenKind.Identifier or TokenKind.OpenBracket when before.IsWord("new") => "There is no 'new': write the block itself.",
            TokenKind.Minus when found.FirstOnLine && tokens[at + 1].Is(TokenKind.Minus) => CommentHint,
            TokenKind.Label when before.Is(TokenKind.Identifier) && found.Text.StartsWith("\"") && found.Span.Start == before.Span.End =>
                $"Text needs nothing before its quotes to count: {found.Text}: stage.",
            TokenKind.OpenBracket or TokenKind.Colon when !inArguments && NumberedLabel(tokens, start, at, end) is { } numbered =>
                $"The number of a label goes in braces, as in '{numbered}: stage'.",
            TokenKind.Colon when before.Is(TokenKind.CloseParen) && hasArrow && !inArguments =>
                "A colon comes after a label; between stages comes '->'.",
            TokenKind.Colon when before.Is(TokenKind.Identifier) && at - 2 >= start
                && tokens[at - 2].Kind is TokenKind.Plus or TokenKind.Minus or TokenKind.Star =>
                $"A label is not inside a sum or a product: write a statement of its own before, 't = {before.Text}: ...'.",
            TokenKind.Minus or TokenKind.Integer or TokenKind.Label when QuotedLabel(tokens, at, end) is { } label =>
                $"A label of other characters than letters, digits and '_' is written in quotes, as in \"{label}\": stage.",
            _ when before.IsWord("if") && at - 2 >= start && tokens[at - 2].Is(TokenKind.Assign) => ChoiceHint,
            TokenKind.Identifier when found.Text == "else" => ChoiceHint,
            TokenKind.Identifier or TokenKind.Greater when HintForComparison(tokens, at) is { } comparison => comparison,
            TokenKind.Identifier when hasArrow && found.Text is "when" or "unless" or "where" or "while" =>
                "A condition comes after its stage with 'if', as in 'value -> relu if condition'.",
            TokenKind.Identifier when found.Text == "then" => "The body goes in braces: if condition { }.",
            TokenKind.Identifier when found.Text == "if" && Enumerable.Range(at, end - at).Any(i => tokens[i].IsWord("else")) => ChoiceHint,
            TokenKind.Identifier when found.Text == "if" && !hasArrow => "Only a stage can have a condition: value -> relu if condition.",
            TokenKind.Identifier when found.Text == "for" => "There are no lists by a formula: write the items, or a loop.",
            TokenKind.Integer or TokenKind.Less or TokenKind.OpenBracket when (!found.Is(TokenKind.OpenBracket)
                || tokens[at + 1].Is(TokenKind.Integer)) && before.Is(TokenKind.Identifier) && at - 2 >= start
                && tokens[at - 2].Kind is TokenKind.Arrow or TokenKind.Colon =>
                $"Arguments go in parentheses, as in '{before.Text}(64, 3)'.",
            TokenKind.Identifier or TokenKind.OpenBracket when before.Is(TokenKind.Identifier)
                && at - 2 >= start && tokens[at - 2].Is(TokenKind.Arrow) => found.Is(TokenKind.Identifier)
                ? $"Between stages comes an arrow, '{before.Text} -> {found.Text}', and after a label a colon, "
                    + $"'{before.Text}: {found.Text}'."
                : $"A label ends with a colon, as in '{before.Text}: {found.Text}'.",
            _ when before.Is(TokenKind.Arrow) && HintForStage(tokens, at, end) is { } stage => stage,
            TokenKind.Integer when inBrackets && hasArrow && before.Kind is TokenKind.OpenBracket or TokenKind.Comma && !inArguments =>
                "The number comes after the stage: [ stage * 2 ].",
            TokenKind.Arrow or TokenKind.Identifier or TokenKind.Label when inBrackets && hasArrow && !inArguments
                && before.Kind is TokenKind.CloseParen or TokenKind.Identifier => SequenceHint,
            TokenKind.Dot when tokens[at + 1].Is(TokenKind.Integer) => $"Write 0.{tokens[at + 1].Text}.",
            _ when before.Is(TokenKind.Dot) && at - 2 >= start && tokens[at - 2].Is(TokenKind.Integer) => $"Write {tokens[at - 2].Text}.0.",
            TokenKind.Label or TokenKind.Colon or TokenKind.Range when inArguments && !inBrackets && hasArrow
                && (found.Text.All(char.IsDigit) || !found.Is(TokenKind.Label)) => "A range is two arguments, as in slice(0, 2).",
            TokenKind.OpenBrace when before.Is(TokenKind.Identifier) && hasArrow =>
                $"A label ends with a colon, as in '{before.Text}{{i}}: stage'; arguments go in parentheses.",
            TokenKind.OpenBrace when inArguments && before.Kind is not TokenKind.Identifier => ListHint,
            TokenKind.Comma when inArguments && OpeningOfList(tokens, start, at) is { } open =>
                tokens[open - 2].IsWord("gain") ? "Gains go by name: (mean: 1, variance: 0.1)." : ListHint,
            TokenKind.Comma when inArguments && before.Kind is TokenKind.Integer => ListHint,
            TokenKind.Comma when SetsSeveral(tokens, start, at) => OneValueHint,
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
                found.Is(TokenKind.Star)
                    ? "A stage is repeated in brackets, as in [ stage * n ]; to multiply values, put the one before '*' in parentheses."
                    : $"'->' binds loosest: put the value with its stages before '{found.Text}' in parentheses.",
            _ => null,
        };
    }

    /// <summary>What comes where a stage is expected.</summary>
    private static string? HintForStage(IReadOnlyList<Token> tokens, int at, int end) => tokens[at].Kind switch
    {
        TokenKind.OpenParen when Enumerable.Range(at, end - at).Any(i => tokens[i].IsWord("else")) =>
            "There is no conditional stage of two: write one under each branch of an 'if' statement.",
        TokenKind.OpenParen => "Stages are written without parentheses: value -> conv(64, 3) -> relu.",
        TokenKind.OpenBrace => SequenceHint,
        TokenKind.Integer or TokenKind.Float =>
            "A stage is an operation, a block or a sequence; a number of times comes last: [ stage * 2 ].",
        TokenKind.Text when at + 2 < end && tokens[at + 1].Is(TokenKind.Plus) && tokens[at + 2].Is(TokenKind.Identifier) =>
            $"The number of a label goes in braces, as in '{tokens[at].Text}{{{tokens[at + 2].Text}}}: stage'.",
        TokenKind.Text => $"A stage is written without quotes: {tokens[at].Text}.",
        TokenKind.Arrow => "One '->' is enough.",
        _ => null,
    };

    /// <summary>Whether a comma is between the values of an equals sign, with or without parentheses around them.</summary>
    private static bool SetsSeveral(IReadOnlyList<Token> tokens, int start, int comma)
    {
        var assign = start;
        while (assign < comma && !tokens[assign].Is(TokenKind.Assign))
            assign++;
        var nesting = Enumerable.Range(start, comma - start).Sum(i => tokens[i].Nesting);
        return assign < comma && (nesting == 0 || nesting == 1 && tokens[assign + 1].Is(TokenKind.OpenParen));
    }

    /// <summary>What a parameter's type may be, with the default that is there.</summary>
    private static string Typed(IReadOnlyList<Token> tokens, int at, int end) => at >= end ? "int = 1" : tokens[at] switch
    {
        { Kind: TokenKind.Integer } number => $"int = {number.Text}",
        { Kind: TokenKind.Float } number => $"float = {number.Text}",
        { Text: "true" or "false" } word => $"bool = {word.Text}",
        { Kind: TokenKind.Identifier } policy => $"norm = {policy.Text}()",
        { Kind: TokenKind.OpenBracket } => "int[] = [...]",
        _ => "int = 1",
    };

    /// <summary>The parenthesis that opens around a token, where it is not that of a call; null where it is.</summary>
    private static int? OpeningOfList(IReadOnlyList<Token> tokens, int start, int at)
    {
        var depth = 0;
        for (var i = at - 1; i > start + 1; i--)
        {
            depth += tokens[i].Nesting;
            if (depth > 0)
                return tokens[i].Is(TokenKind.OpenParen) && tokens[i - 1].Kind is TokenKind.OpenParen or TokenKind.Comma or TokenKind.Colon
                    ? i : null;
        }
        return null;
    }

    private static int Depth(IReadOnlyList<Token> tokens, int start, int at, TokenKind open, TokenKind close) =>
        Enumerable.Range(start, at - start).Sum(i => tokens[i].Is(open) ? 1 : tokens[i].Is(close) ? -1 : 0);

    /// <summary>A method of a value, or a function of a library.</summary>
    private static string HintForCall(string owner, string name)
    {
        if (owner is "self" or "this")
            return $"There is no '{owner}': write the operation itself, value -> label: operation.";
        if (owner == "NormPolicy")
            return $"Policies have small letters and no class: {name.ToLowerInvariant()}().";
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

    /// <summary>A label whose number is in brackets or parentheses, such as <c>conv[i]</c> before a colon, or null.</summary>
    /// <param name="at">The opening bracket, or the colon.</param>
    private static string? NumberedLabel(IReadOnlyList<Token> tokens, int start, int at, int end)
    {
        var isClosed = tokens[at].Is(TokenKind.Colon);
        var close = isClosed ? at - 1 : at;
        while (!isClosed && close < end && !tokens[close].Is(TokenKind.CloseBracket))
            close++;
        var open = close;
        while (open > start && tokens[open].Kind is not (TokenKind.OpenParen or TokenKind.OpenBracket))
            open--;
        var number = tokens.Skip(open + 1).Take(close - open - 1);
        return close + 1 < tokens.Count && tokens[close + 1].Is(TokenKind.Colon) && open - 2 >= start && close - open > 1
            && tokens[close].Kind is TokenKind.CloseParen or TokenKind.CloseBracket
            && number.All(token => !token.Is(TokenKind.Comma))
            && (tokens[open].Is(TokenKind.OpenBracket) || Enumerable.Range(0, start).Any(i =>
                tokens[i].IsWord("for") && tokens[i + 1].Text == number.First().Text))
            && tokens[open - 1].Is(TokenKind.Identifier)
            && tokens[open - 2].Kind is TokenKind.Arrow or TokenKind.OpenBracket or TokenKind.Comma
            ? $"{tokens[open - 1].Text}{{{string.Concat(number.Select(token => token.Text))}}}"
            : null;
    }

    private static bool IsLabelPart(Token token) =>
        token.Kind is TokenKind.Identifier or TokenKind.Integer or TokenKind.Minus or TokenKind.Label;
}
