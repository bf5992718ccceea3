using System;
using System.Collections.Generic;
using Sprache;

namespace KnDsl.Language.Parsing;

/// <summary>
/// Sprache's combinators as far as this grammar needs them. Sprache's own put together what they expected at every failure,
/// which <see cref="TokenInput"/> knows better, and make a dozen objects a step; these, being of the grammar's own namespace,
/// are found first.
/// </summary>
internal static class Combinators
{
    /// <summary>All that a failure says: where and why stands in the input, and one that an alternative makes good is forgotten.</summary>
    public static IResult<T> Failure<T>() => Failed<T>.Result;

    private static class Failed<T>
    {
        public static readonly IResult<T> Result = Sprache.Result.Failure<T>(null, "", []);
    }

    public static Parser<TResult> Select<T, TResult>(this Parser<T> parser, Func<T, TResult> convert) => input =>
        parser(input) is { WasSuccessful: true } result ? Result.Success(convert(result.Value), result.Remainder) : Failure<TResult>();

    public static Parser<TResult> SelectMany<T, TNext, TResult>(
        this Parser<T> parser, Func<T, Parser<TNext>> next, Func<T, TNext, TResult> join) => input =>
        parser(input) is { WasSuccessful: true } first && next(first.Value)(first.Remainder) is { WasSuccessful: true } second
            ? Result.Success(join(first.Value, second.Value), second.Remainder)
            : Failure<TResult>();

    public static Parser<T> Or<T>(this Parser<T> parser, Parser<T> otherwise) => input =>
        parser(input) is { WasSuccessful: true } result ? result : otherwise(input);

    /// <summary>A rule that is defined further down. Sprache's Ref keeps a table at every token to find left recursion, of which there is none.</summary>
    public static Parser<T> Later<T>(Func<Parser<T>> rule) => input => rule()(input);

    /// <summary>One and all that follow it; the one as it is where none does, as on most steps of the ladder of operators.</summary>
    public static Parser<T> FollowedBy<T, TNext>(this Parser<T> parser, Parser<TNext> next, Func<T, IReadOnlyList<TNext>, T> join) => input =>
    {
        var first = parser(input);
        return first.WasSuccessful && Row(next, first.Remainder) is ({ Count: > 0 } rest, var end) ? Result.Success(join(first.Value, rest), end) : first;
    };

    /// <summary>One and all that stand before it; the one as it is where none does.</summary>
    public static Parser<T> PrecededBy<T, TSign>(this Parser<T> parser, Parser<TSign> sign, Func<IReadOnlyList<TSign>, T, T> join) => input =>
    {
        var (signs, end) = Row(sign, input);
        var last = parser(end);
        return last.WasSuccessful && signs.Count > 0 ? Result.Success(join(signs, last.Value), last.Remainder) : last;
    };

    private static (IReadOnlyList<T> Items, IInput End) Row<T>(Parser<T> item, IInput input)
    {
        List<T>? items = null;
        for (var next = item(input); next.WasSuccessful; next = item(input))
        {
            (items ??= []).Add(next.Value);
            input = next.Remainder;
        }
        return (items ?? (IReadOnlyList<T>)[], input);
    }
}
