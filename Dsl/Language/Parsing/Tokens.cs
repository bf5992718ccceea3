using System.Collections.Generic;
using KnDsl.Language.Syntax;
using KnDsl.Language.Text;
using Sprache;

namespace KnDsl.Language.Parsing;

/// <summary>The smallest parsers: one token each, and the ways to combine them that keep positions and never recurse in a row.</summary>
internal static class Tokens
{
    /// <summary>One token of a kind; <paramref name="description"/> is what a message calls it.</summary>
    public static Parser<Token> Of(TokenKind kind, string description) => input =>
    {
        var tokens = (TokenInput)input;
        if (!tokens.AtEnd && tokens.Token.Kind == kind)
            return Result.Success(tokens.Token, tokens.Advance());
        tokens.Want(description);
        return Combinators.Failure<Token>();
    };

    /// <summary>One word.</summary>
    public static Parser<Token> Word(string word) => input =>
    {
        var tokens = (TokenInput)input;
        if (!tokens.AtEnd && tokens.Token.IsWord(word))
            return Result.Success(tokens.Token, tokens.Advance());
        tokens.Want($"'{word}'");
        return Combinators.Failure<Token>();
    };

    /// <summary>One of the operators of a row.</summary>
    public static Parser<(TokenOperator Operator, TextSpan Span)> Operator(params (string Text, TokenOperator Operator)[] operators) => input =>
    {
        var tokens = (TokenInput)input;
        if (!tokens.AtEnd && tokens.Token.Kind != TokenKind.Text)
            foreach (var (text, op) in operators)
                if (tokens.Token.Text == text)
                    return Result.Success((op, tokens.Token.Span), tokens.Advance());
        tokens.Want("an operator");
        return Combinators.Failure<(TokenOperator, TextSpan)>();
    };

    /// <summary>Names a choice as a whole, where none of its alternatives got past the first token.</summary>
    public static Parser<T> Called<T>(this Parser<T> parser, string description) => input =>
    {
        var tokens = (TokenInput)input;
        var before = tokens.WantedHere;
        var result = parser(input);
        if (!result.WasSuccessful)
            tokens.Rename(before, description);
        return result;
    };

    /// <summary>The token that would come next, without taking it, if it is of a kind.</summary>
    public static Parser<T> After<T>(this Parser<T> parser, params TokenKind[] kinds) => input =>
    {
        var tokens = (TokenInput)input;
        for (var i = 0; i < kinds.Length; i++)
            if (tokens.Position + i >= tokens.Limit || tokens.Tokens[tokens.Position + i].Kind != kinds[i])
                return Combinators.Failure<T>();
        return parser(input);
    };

    /// <summary>One or more with commas between and none, or one, at the end.</summary>
    public static Parser<IReadOnlyList<T>> Listed<T>(this Parser<T> item)
    {
        var more = from comma in Comma from next in item select next;
        return item.Select(first => (IReadOnlyList<T>)[first]).FollowedBy(more, (first, rest) => [.. first, .. rest]);
    }

    /// <summary>None or more in brackets of a kind.</summary>
    public static Parser<(Token Open, IReadOnlyList<T> Items, Token Close)> Within<T>(
        this Parser<T> item, Parser<Token> open, Parser<Token> close)
    {
        var none = Parse.Return<IReadOnlyList<T>>([]);
        var comma = Comma.Optional();
        var list = (from items in item.Listed() from trailing in comma select items).Or(none);
        return from opening in open
               from items in list
               from closing in close
               select (opening, items, closing);
    }

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
    public static readonly Parser<Token> Float = Of(TokenKind.Float, "a number");
    public static readonly Parser<Token> QuotedText = Of(TokenKind.Text, "text in quotes");
    public static readonly Parser<Token> LabelToken = Of(TokenKind.Label, "a label");
}
