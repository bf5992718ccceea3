using System;
using System.Collections.Generic;
using System.Linq;

namespace KnDsl.Language.Parsing;

/// <summary>Tells what was probably meant where the grammar wanted another token.</summary>
internal static class SyntaxHints
{
    /// <summary>The hint for a statement that starts at one token and cannot be read at another, or null.</summary>
    public static string? For(IReadOnlyList<Token> tokens, int start, int at)
    {
        var (before, found) = (tokens[Math.Max(start, at - 1)], tokens[at]);
        var inArguments = Enumerable.Range(start, at - start).Sum(i => tokens[i].Kind switch
        {
            TokenKind.OpenParen => 1,
            TokenKind.CloseParen => -1,
            _ => 0,
        }) > 0;
        return found.Kind switch
        {
            TokenKind.Label when tokens[start].IsWord("extern") =>
                $"The parameters of the constructor go in parentheses, as in '{found.Text}(): [N, C] -> [N, C]'.",
            TokenKind.Assign when tokens[at + 1].Is(TokenKind.Greater) => "Write '->'.",
            TokenKind.Assign when tokens[start].IsWord("if") => "Write '==' to compare.",
            TokenKind.Assign when inArguments && before.Is(TokenKind.Identifier)
                && (tokens[start].IsWord("network") || tokens[start].IsWord("block")) =>
                $"A parameter needs a type, as in '{before.Text}: int = 1'.",
            TokenKind.Assign when inArguments && before.Is(TokenKind.Identifier) =>
                $"An argument's name ends with a colon, as in '{before.Text}: value'.",
            TokenKind.Identifier or TokenKind.OpenBracket when before.Is(TokenKind.Identifier)
                && at - 2 >= start && tokens[at - 2].Is(TokenKind.Arrow) =>
                $"A label ends with a colon, as in '{before.Text}: {found.Text}'.",
            TokenKind.Comma when inArguments && before.Kind is TokenKind.Integer => "Write a list in square brackets, as in [2, 2].",
            TokenKind.OpenParen when at - 2 >= start && before.Is(TokenKind.Identifier) && tokens[at - 2].Is(TokenKind.Dot) =>
                $"Operations are stages: write value -> {before.Text}.",
            TokenKind.OpenParen when before.Is(TokenKind.Label) && before.Text.Contains('.') =>
                $"Operations are stages: write value -> {before.Text.Substring(before.Text.LastIndexOf('.') + 1)}.",
            TokenKind.Star when before.Is(TokenKind.Star) => "There is no power operator: multiply, or write the number.",
            TokenKind.Plus or TokenKind.Minus or TokenKind.Star when !inArguments
                && Enumerable.Range(start, at - start).Any(i => tokens[i].Is(TokenKind.Arrow)) =>
                $"'->' binds loosest: put the value with its stages before '{found.Text}' in parentheses.",
            TokenKind.Arrow when at == start + 1 => $"Give the result a name, as in 'y = {before.Text} -> relu'.",
            _ => null,
        };
    }
}
