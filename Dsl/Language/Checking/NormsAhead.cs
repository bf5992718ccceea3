using System;
using System.Collections.Generic;
using System.Linq;
using KnDsl.Language.Operations;
using KnDsl.Language.Syntax;
using KnDsl.Language.Values;

namespace KnDsl.Language.Checking;

/// <summary>
/// Whether a norm comes next: a layer right before one needs no bias. Stages that may be left out, or are repeated, decide that by
/// their conditions and counts.
/// </summary>
internal sealed class NormsAhead(Rooms rooms)
{
    /// <summary>For each of some stages in a row whether a norm comes after it.</summary>
    public Condition[] After(BodyPath path, IReadOnlyList<Stage> stages) =>
        After(stages.Count, Condition.False, (i, ahead) => From(path, stages[i], null, ahead));

    /// <summary>The same of the members of a sequence.</summary>
    /// <param name="ahead">Whether a norm comes after the sequence.</param>
    public Condition[] After(BodyPath path, SequenceStage sequence, Condition ahead) =>
        After(sequence.Items.Count, ahead, (i, after) => From(path, sequence.Items[i].Stage, sequence.Items[i].Count, after));

    /// <param name="count">How many there are in the row.</param>
    /// <param name="ahead">Whether a norm comes after the last.</param>
    /// <param name="from">Whether a norm comes from one of them on, by its place and by what comes after it.</param>
    private static Condition[] After(int count, Condition ahead, Func<int, Condition, Condition> from)
    {
        var all = new Condition[count];
        for (var i = count - 1; i >= 0; i--)
        {
            all[i] = ahead;
            if (i > 0)
                ahead = from(i, ahead);
        }
        return all;
    }

    /// <summary>Whether a stage that is not left out begins with a norm.</summary>
    /// <param name="ahead">Whether a norm comes after it.</param>
    public Condition In(BodyPath path, Stage stage, Condition ahead) => stage switch
    {
        CallStage call => Condition.Of(OperationCatalogue.Find(call.Call.Callee.Text) is { PolicyOfNetwork: not null }),
        SequenceStage { Items: { Count: > 0 } items } sequence =>
            From(path, items[0].Stage, items[0].Count, After(path, sequence, ahead)[0]),
        _ => Condition.False,
    };

    /// <summary>One of two conditions, as a third decides.</summary>
    public static Condition Choose(Condition condition, Condition then, Condition otherwise) => then == otherwise ? then
        : Condition.Join(false, Condition.Join(true, condition, then), Condition.Join(true, Condition.Not(condition), otherwise));

    /// <summary>Whether a norm comes from a stage on, which may be left out.</summary>
    private Condition From(BodyPath path, Stage stage, Expression? count, Condition ahead)
    {
        var inside = In(path, stage, ahead);
        if (inside == ahead)
            return ahead;
        if (count is not null && Evaluate(path, count) is var times)
            inside = times is SizeValue { Size: var size } && IsKnown(times)
                ? Choose(Condition.Compare(Comparison.Greater, size, Size.Zero), inside, ahead)
                : Condition.False;
        if (stage.Condition is null)
            return inside;
        return Evaluate(path, stage.Condition) is BoolValue decision && IsKnown(decision)
            ? Choose(decision.Condition, inside, ahead)
            : Condition.False;
    }

    private Value Evaluate(BodyPath path, Expression expression) => rooms.Expressions.Evaluate(path, expression);

    /// <summary>Whether it is known when the network is built, as a bias must be.</summary>
    private static bool IsKnown(Value value) => value.Symbols().All(symbol => symbol.Kind == SymbolKind.Construction);
}
