using System;
using System.Collections.Generic;
using KnDsl.Language.Syntax;
using KnDsl.Language.Text;
using Sprache;

namespace KnDsl.Language.Parsing;

/// <summary>
/// The smallest parsers, one token each, and the ways of combining them that Sprache lacks: parts in a row, none of which depends on
/// what another was. Sprache's Then and SelectMany choose the next part by the value of the last, and make closures for it: composed of
/// them, as they were, these take 2.3 times the memory and 2.7 times the time of parsing. Choices and repetitions (Or, XOr, Optional,
/// Many, Select, Ref) are Sprache's own.
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
    public static readonly Parser<Token> QuotedText = Of(TokenKind.Text, "text in quotes");

    /// <summary>A label, of one word or more. A colon comes after it.</summary>
    public static readonly Parser<Token> Label = One(
        input => input.Token.Is(TokenKind.Label) || input.Token.Is(TokenKind.Identifier) && input.IsBefore(TokenKind.Colon), "a label");

    /// <summary>An operator, if <paramref name="find"/> finds one in a token.</summary>
    public static Parser<(TokenOperator Operator, TextSpan Span)> Operator(Func<Token, TokenOperator?> find) =>
        One(input => find(input.Token) is not null, "an operator", token => (find(token)!.Value, token.Span));

    /// <summary>A number, and what is made of it.</summary>
    public static Parser<T> Number<T>(Func<Token, T> make) =>
        One(input => input.Token.Kind is TokenKind.Integer or TokenKind.Float, "a number", make);

    /// <summary>A name, and what is made of it.</summary>
    public static Parser<T> Name<T>(Func<Token, T> make) => One(input => input.Token.Is(TokenKind.Identifier), "a name", make);

    /// <summary>One word.</summary>
    public static Parser<Token> Word(string word) => One(input => input.Token.IsWord(word), $"'{word}'");

    private static Parser<Token> Of(TokenKind kind, string description) => One(input => input.Token.Kind == kind, description);

    private static Parser<Token> One(Func<TokenInput, bool> fits, string description) => One(fits, description, token => token);

    /// <summary>One token, and what is made of it; <paramref name="description"/> is what a message calls it.</summary>
    public static Parser<T> One<T>(Func<TokenInput, bool> fits, string description, Func<Token, T> make) => input =>
    {
        var tokens = (TokenInput)input;
        if (!tokens.AtEnd && fits(tokens))
            return Result.Success(make(tokens.Token), tokens.Advance());
        tokens.Want(description);
        return Failed<T>.Result;
    };

    /// <summary>That a parser failed, one object for all times: what was wanted, and where, the input notes.</summary>
    private static class Failed<T>
    {
        public static readonly IResult<T> Result = Sprache.Result.Failure<T>(new TokenInput([], 0, 0), "", []);
    }

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
                return Failed<T>.Result;
        return parser(input);
    };

    /// <summary>Tries a parser only where a token of one of these kinds comes after the next one, and wants nothing otherwise.</summary>
    public static Parser<T> Before<T>(this Parser<T> parser, params TokenKind[] kinds) => input =>
    {
        foreach (var kind in kinds)
            if (((TokenInput)input).IsBefore(kind))
                return parser(input);
        return Failed<T>.Result;
    };

    /// <summary>Two parts, of which the second is the same whatever the first was: Sprache's Then chooses it, by a closure.</summary>
    public static Parser<TResult> Then<T, TNext, TResult>(this Parser<T> parser, Parser<TNext> next, Func<T, TNext, TResult> combine) =>
        input =>
        {
            var first = parser(input);
            if (!first.WasSuccessful)
                return Failed<TResult>.Result;
            var second = next(first.Remainder);
            return second.WasSuccessful
                ? Result.Success(combine(first.Value, second.Value), second.Remainder)
                : Failed<TResult>.Result;
        };

    /// <summary>A part with another before it, where that is there.</summary>
    public static Parser<T> After<TBefore, T>(this Parser<T> parser, Parser<TBefore> before, Func<TBefore, T, T> combine) => input =>
    {
        var first = before(input);
        if (!first.WasSuccessful)
            return parser(input);
        var second = parser(first.Remainder);
        return second.WasSuccessful ? Result.Success(combine(first.Value, second.Value), second.Remainder) : second;
    };

    /// <summary>A first part combined with the one that follows it, or as it is where none follows.</summary>
    public static Parser<TResult> FollowedByOne<T, TNext, TResult>(
        this Parser<T> parser, Parser<TNext> next, Func<T, TResult> alone, Func<T, TNext, TResult> combine) => input =>
    {
        var first = parser(input);
        if (!first.WasSuccessful)
            return Failed<TResult>.Result;
        var second = next(first.Remainder);
        return second.WasSuccessful
            ? Result.Success(combine(first.Value, second.Value), second.Remainder)
            : Result.Success(alone(first.Value), first.Remainder);
    };

    /// <summary>A first part combined with all that follow it; the first part as it is where none follows.</summary>
    public static Parser<T> FollowedBy<T, TNext>(this Parser<T> parser, Parser<TNext> next, Func<T, IReadOnlyList<TNext>, T> combine) =>
        input =>
        {
            var first = parser(input);
            if (!first.WasSuccessful || next(first.Remainder) is not { WasSuccessful: true } found)
                return first;
            var rest = new List<TNext>();
            var end = first.Remainder;
            for (; found.WasSuccessful; found = next(end))
            {
                rest.Add(found.Value);
                end = found.Remainder;
            }
            return Result.Success(combine(first.Value, rest), end);
        };

    /// <summary>One or more with commas between, as DelimitedBy would read them with three times the memory.</summary>
    public static Parser<IReadOnlyList<T>> Listed<T>(this Parser<T> item) => input =>
    {
        var found = item(input);
        if (!found.WasSuccessful)
            return Failed<IReadOnlyList<T>>.Result;
        var items = new List<T>();
        var end = input;
        while (found.WasSuccessful)
        {
            items.Add(found.Value);
            end = found.Remainder;
            if (Comma(end) is not { WasSuccessful: true } comma)
                break;
            found = item(comma.Remainder);
        }
        return Result.Success<IReadOnlyList<T>>(items, end);
    };

    /// <summary>None or more in brackets of a kind, with commas between and none, or one, at the end.</summary>
    public static Parser<Bracketed<T>> Within<T>(this Parser<T> item, Parser<Token> open, Parser<Token> close)
    {
        var list = item.Listed();
        return input =>
        {
            var opening = open(input);
            if (!opening.WasSuccessful)
                return Failed<Bracketed<T>>.Result;
            var items = list(opening.Remainder);
            var end = items.WasSuccessful ? items.Remainder : opening.Remainder;
            if (items.WasSuccessful && Comma(end) is { WasSuccessful: true } comma)
                end = comma.Remainder;
            var closing = close(end);
            return closing.WasSuccessful
                ? Result.Success(
                    new Bracketed<T>(items.WasSuccessful ? items.Value : [], TextSpan.Union(opening.Value.Span, closing.Value.Span)),
                    closing.Remainder)
                : Failed<Bracketed<T>>.Result;
        };
    }
}

/// <summary>What is between two brackets, and where they and it are.</summary>
internal readonly record struct Bracketed<T>(IReadOnlyList<T> Items, TextSpan Span);
