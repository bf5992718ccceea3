using System;
using System.Collections.Generic;
using System.Linq;
using KnDsl.Language.Syntax;
using KnDsl.Language.Text;

namespace KnDsl.Language.Parsing;

/// <summary>
/// Finds where statements and declarations begin and end by their tokens alone, before the grammar reads them, so that a
/// mistake spoils one statement and not the rest of the file.
/// </summary>
internal static class StatementBounds
{
    /// <summary>The token after the last of the statement of a body that starts here.</summary>
    public static int EndOfStatement(IReadOnlyList<Token> tokens, int start)
    {
        var depth = 0;
        for (var i = start; ; i++)
        {
            var token = tokens[i];
            if (token.Is(TokenKind.End) || token.Is(TokenKind.CloseBrace))
                return i;
            if (i > start && token.FirstOnLine
                && (depth <= 0 && EndsBefore(tokens, start, i) || StartsStatement(tokens, i) || StartsDeclaration(tokens, i)))
                return i;
            if (token.Is(TokenKind.OpenBrace))
            {
                if (i > start && EndOfListInBraces(tokens, i) is > 0 and var after)
                {
                    i = after - 1;
                    continue;
                }
                return i == start ? i + 1 : i;
            }
            depth += token.Nesting;
        }
    }

    /// <summary>The token after the last of the declaration without a body (import, extern, namespace) that starts here.</summary>
    public static int EndOfDeclaration(IReadOnlyList<Token> tokens, int start)
    {
        var end = start + 1;
        while (!tokens[end].Is(TokenKind.End)
            && !(tokens[end].FirstOnLine && EndsBefore(tokens, start, end)) && !StartsDeclaration(tokens, end))
            end++;
        return end;
    }

    /// <summary>The opening brace of the network or block that starts here, or the token at which its header ends without one.</summary>
    public static int EndOfModuleHeader(IReadOnlyList<Token> tokens, int start)
    {
        var end = start;
        while (tokens[end].Kind is not (TokenKind.OpenBrace or TokenKind.End)
            && !(end > start && tokens[end].FirstOnLine && (StartsDeclaration(tokens, end) || StartsStatement(tokens, end))))
            end++;
        return tokens[end].Is(TokenKind.OpenBrace) && EndOfListInBraces(tokens, end) is > 0 and var after
            ? EndOfModuleHeader(tokens, after)
            : end;
    }

    /// <summary>The token after a list in braces, as other languages write it among arguments, or 0 where none begins here.</summary>
    private static int EndOfListInBraces(IReadOnlyList<Token> tokens, int open)
    {
        var close = open + 1;
        while (!tokens[close].FirstOnLine && tokens[close].Kind is not (TokenKind.OpenBrace or TokenKind.CloseBrace or TokenKind.End))
            close++;
        return tokens[close].Is(TokenKind.CloseBrace) && After(tokens, close, 1) is { FirstOnLine: false } next
            && next.Kind is TokenKind.Comma or TokenKind.CloseParen or TokenKind.OpenBrace
            ? close + 1
            : 0;
    }

    /// <summary>Whether a declaration starts at this token, the first of its line.</summary>
    public static bool StartsDeclaration(IReadOnlyList<Token> tokens, int at)
    {
        var token = tokens[at];
        if (!token.FirstOnLine || !token.Is(TokenKind.Identifier))
            return false;
        var next = After(tokens, at, 1);
        return token.Text switch
        {
            "network" or "block" => next.Is(TokenKind.Identifier)
                && After(tokens, at, 2).Kind is TokenKind.OpenParen or TokenKind.OpenBrace,
            "import" => next.Is(TokenKind.Text),
            "namespace" or "extern" => next.Is(TokenKind.Identifier),
            _ => false,
        };
    }

    /// <summary>
    /// Whether a statement must start at this token, the first of its line, whatever brackets are still open before it: so a
    /// forgotten bracket spoils one statement and not the rest of the file.
    /// </summary>
    public static bool StartsStatement(IReadOnlyList<Token> tokens, int at)
    {
        var first = tokens[at];
        if (!first.Is(TokenKind.Identifier))
            return false;
        var next = After(tokens, at, 1);
        if (next.Is(TokenKind.Assign))
            return true;
        if (first.Text is "input" or "output" && next.Is(TokenKind.Identifier) && After(tokens, at, 2).Is(TokenKind.OpenBracket))
            return true;
        if (first.Text is "module" or "for" && next.Is(TokenKind.Identifier))
            return true;
        if (first.Text is "return" or "if"
            && next.Kind is TokenKind.Identifier or TokenKind.OpenParen && next.Span.Start > first.Span.End)
            return true;
        return AssignsSeveral(tokens, at);
    }

    /// <summary>The names that a statement which cannot be read would have defined.</summary>
    public static IReadOnlyList<Name> NamesDefined(IReadOnlyList<Token> tokens, int start, int end)
    {
        if (tokens[start].IsWord("input"))
            return Names(tokens, start + 1, Math.Max(start + 1, end));
        if (tokens[start].IsWord("module") && start + 1 < end && tokens[start + 1].Kind is TokenKind.Identifier or TokenKind.Label)
            return [new Name(tokens[start + 1].Text, tokens[start + 1].Span)];
        // Other languages keep modules in an object: both the member and its name are used later.
        if (IsMemberOfObject(tokens, start) && After(tokens, start, 3).Is(TokenKind.Assign))
        {
            var member = new Name(tokens[start + 2].Text, tokens[start + 2].Span);
            return [member, new Name($"{tokens[start].Text}.{member.Text}", TextSpan.Union(tokens[start].Span, member.Span))];
        }
        // All names before the equals sign, whether they could be read or not.
        var assign = start;
        while (assign < end && tokens[assign].Kind is TokenKind.Identifier or TokenKind.Comma
            or TokenKind.OpenParen or TokenKind.CloseParen or TokenKind.OpenBracket or TokenKind.CloseBracket)
            assign++;
        if (assign < end && tokens[assign].Is(TokenKind.Assign))
            return Names(tokens, start, assign);
        // What is missing or misspelt may be the equals sign, or the word before a name with sizes.
        if (end - start > 3 && tokens[start + 1].Is(TokenKind.Arrow) && tokens[end - 2].Is(TokenKind.Assign)
            && tokens[end - 1].Is(TokenKind.Identifier))
            return Names(tokens, end - 1, end);
        if (!tokens[start].Is(TokenKind.Identifier) || start + 1 == end || tokens[start + 1].Kind is TokenKind.Arrow or TokenKind.Dot)
            return [];
        return start + 2 < end && tokens[start + 1].Is(TokenKind.Identifier) && tokens[start + 2].Is(TokenKind.OpenBracket)
            ? Names(tokens, start + 1, end)
            : Names(tokens, start, start + 1);
    }

    /// <summary>Whether a member of the object comes here in which other languages keep modules: <c>self.conv1</c>.</summary>
    public static bool IsMemberOfObject(IReadOnlyList<Token> tokens, int at) => tokens[at].Text is "self" or "this"
        && After(tokens, at, 1).Is(TokenKind.Dot) && After(tokens, at, 2).Is(TokenKind.Identifier);

    /// <summary>The names before an equals sign among these tokens, whatever statements they were meant to be.</summary>
    public static IReadOnlyList<Name> NamesAssigned(IReadOnlyList<Token> tokens, int start, int end) => Enumerable.Range(start, end - start)
        .Where(i => tokens[i].Is(TokenKind.Identifier) && After(tokens, i, 1).Is(TokenKind.Assign))
        .Select(i => new Name(tokens[i].Text, tokens[i].Span)).ToArray();

    private static Name[] Names(IReadOnlyList<Token> tokens, int start, int end) => Enumerable.Range(start, end - start)
        .Where(i => tokens[i].Is(TokenKind.Identifier))
        .Select(i => new Name(tokens[i].Text, tokens[i].Span))
        .ToArray();

    /// <summary>Whether several names and an equals sign come here: <c>a, b = ...</c></summary>
    private static bool AssignsSeveral(IReadOnlyList<Token> tokens, int start)
    {
        var at = start;
        while (After(tokens, at, 1).Is(TokenKind.Comma) && After(tokens, at, 2).Is(TokenKind.Identifier))
            at += 2;
        return at > start && After(tokens, at, 1).Is(TokenKind.Assign);
    }

    /// <summary>A line break ends a statement unless the token before or after it says that the statement goes on.</summary>
    private static bool EndsBefore(IReadOnlyList<Token> tokens, int start, int next)
    {
        var last = tokens[next - 1];
        var goesOn = IsBinary(last)
            || last.Kind is TokenKind.Arrow or TokenKind.Comma or TokenKind.Assign or TokenKind.Colon
                or TokenKind.OpenParen or TokenKind.OpenBracket
            || next - 1 > start && (last.IsWord("and") || last.IsWord("or") || last.IsWord("not"))
            || next - 1 == start && last.Text is "input" or "output" && After(tokens, next, 1).Is(TokenKind.OpenBracket);
        var first = tokens[next];
        var continues = IsBinary(first)
            || first.Kind is TokenKind.Arrow or TokenKind.Comma or TokenKind.Colon or TokenKind.Dot
                or TokenKind.CloseParen or TokenKind.CloseBracket
            || first.IsWord("and") || first.IsWord("or");
        return !goesOn && !continues;
    }

    private static bool IsBinary(Token token) => (Operators.Arithmetic(token) ?? Operators.Comparison(token)) is not null;

    /// <summary>The token that comes <paramref name="ahead"/> tokens later, or the last one of the file.</summary>
    private static Token After(IReadOnlyList<Token> tokens, int at, int ahead) => tokens[Math.Min(at + ahead, tokens.Count - 1)];
}
