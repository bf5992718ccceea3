using System;
using System.Collections.Generic;
using System.Linq;
using KnDsl.Language.Syntax;
using KnDsl.Language.Text;
using Sprache;

namespace KnDsl.Language.Parsing;

/// <summary>
/// The smallest parsers, one token each, and the few ways of combining them that Sprache lacks. All combinators that it has are
/// its own: with them, parsing takes 1.6 to 1.7 times as long as with hand-written ones that allocate nothing at a failure, and
/// reading, checking and writing a network takes 1.13 times as long.
/// </summary>
internal static class Tokens
{
    public static readonly Parser<Token> Comma = Of(TokenKind.Comma, "','");
    public static readonly Parser<Token> Colon = Of(TokenKind.Colon, "':'");
    public static readonly Parser<Token> Assign = Of(TokenKind.Assign, "'='");
    public static readonly Parser<Token> Arrow = Of(TokenKind.Arrow, "'->'");
    public static readonly Parser<Token> Dot = Of(TokenKind.Dot, "'.'");
    public static readonly Parser<Token> Range = Of(TokenKind.Range, "'..'");
    public static readonly Parser<Token> Minus = Of(TokenKind.Minus, "'-'");
    public static readonly Parser<Token> Star = Of(TokenKind.Star, "'*'");
    public static readonly Parser<Token> OpenParen = Of(TokenKind.OpenParen, "'('");
    public static readonly Parser<Token> CloseParen = Of(TokenKind.CloseParen, "')'");
    public static readonly Parser<Token> OpenBracket = Of(TokenKind.OpenBracket, "'['");
    public static readonly Parser<Token> CloseBracket = Of(TokenKind.CloseBracket, "']'");
    public static readonly Parser<Token> Identifier = Of(TokenKind.Identifier, "a name");
    public static readonly Parser<Token> Integer = Of(TokenKind.Integer, "a whole number");
    public static readonly Parser<Token> Number = One(input => input.Token.Kind is TokenKind.Integer or TokenKind.Float, "a number");
    public static readonly Parser<Token> QuotedText = Of(TokenKind.Text, "text in quotes");

    /// <summary>A label, of one word or more. A colon comes after it.</summary>
    public static readonly Parser<Token> Label = One(
        input => input.Token.Is(TokenKind.Label) || input.Token.Is(TokenKind.Identifier) && input.IsBefore(TokenKind.Colon), "a label");

    /// <summary>An operator, if <paramref name="find"/> finds one in a token.</summary>
    public static Parser<(TokenOperator Operator, TextSpan Span)> Operator(Func<Token, TokenOperator?> find) =>
        One(input => find(input.Token) is not null, "an operator").Select(token => (find(token)!.Value, token.Span));

    /// <summary>One word.</summary>
    public static Parser<Token> Word(string word) => One(input => input.Token.IsWord(word), $"'{word}'");

    private static Parser<Token> Of(TokenKind kind, string description) => One(input => input.Token.Kind == kind, description);

    /// <summary>One token; <paramref name="description"/> is what a message calls it.</summary>
    private static Parser<Token> One(Func<TokenInput, bool> fits, string description) => input =>
    {
        var tokens = (TokenInput)input;
        return !tokens.AtEnd && fits(tokens) ? Result.Success(tokens.Token, tokens.Advance()) : tokens.Want(description);
    };

    /// <summary>
    /// Names a choice as a whole where none of its alternatives gets past the first token. Sprache's Named keeps the name in the
    /// failure, which Many, Optional and Or throw away; here the input notes it, as it notes all that is wanted. With Named, five
    /// of the error cases list tokens instead: "a name" where they now say "a stage".
    /// </summary>
    public static Parser<T> Called<T>(this Parser<T> parser, string description) => input =>
    {
        var tokens = (TokenInput)input;
        var before = tokens.WantedHere;
        var result = parser(input);
        if (!result.WasSuccessful)
            tokens.Rename(before, description);
        return result;
    };

    /// <summary>
    /// Tries a parser only where tokens of these kinds come next, and wants nothing otherwise. Sprache's Preview would want them.
    /// </summary>
    public static Parser<T> StartingWith<T>(this Parser<T> parser, params TokenKind[] kinds) => input =>
    {
        var tokens = (TokenInput)input;
        for (var i = 0; i < kinds.Length; i++)
            if (tokens.Position + i >= tokens.Limit || tokens.Tokens[tokens.Position + i].Kind != kinds[i])
                return Result.Failure<T>(input, "", []);
        return parser(input);
    };

    /// <summary>Tries a parser only where a token of one of these kinds comes after the next one, and wants nothing otherwise.</summary>
    public static Parser<T> Before<T>(this Parser<T> parser, params TokenKind[] kinds) => input =>
    {
        foreach (var kind in kinds)
            if (((TokenInput)input).IsBefore(kind))
                return parser(input);
        return Result.Failure<T>(input, "", []);
    };

    /// <summary>A first part combined with all that follow it; the first part as it is where none follows.</summary>
    public static Parser<T> FollowedBy<T, TNext>(this Parser<T> parser, Parser<TNext> next, Func<T, IReadOnlyList<TNext>, T> combine)
    {
        var row = next.Many();
        return parser.Then(first => row.Then(rest => Parse.Return(rest.ToArray() is { Length: > 0 } all ? combine(first, all) : first)));
    }

    /// <summary>One or more with commas between, as DelimitedBy would read them with twice the memory.</summary>
    public static Parser<IReadOnlyList<T>> Listed<T>(this Parser<T> item) =>
        item.Once().Concat(Comma.Then(_ => item).Many()).Select(items => (IReadOnlyList<T>)items.ToArray());

    /// <summary>None or more in brackets of a kind, with commas between and none, or one, at the end.</summary>
    public static Parser<(Token Open, IReadOnlyList<T> Items, Token Close)> Within<T>(
        this Parser<T> item, Parser<Token> open, Parser<Token> close)
    {
        var list = item.Listed().Optional();
        var end = Comma.Optional().Then(_ => close);
        return open.Then(opening => list.Then(items =>
            (items.IsDefined ? end : close).Select(closing => (opening, items.GetOrElse([]), closing))));
    }
}
