using System.Collections.Generic;
using System.Linq;
using KnDsl.Language.Diagnostics;
using KnDsl.Language.Syntax;
using KnDsl.Language.Text;
using KnDsl.Language.Values;

namespace KnDsl.Language.Checking;

/// <summary>Sequences in brackets: stages that are numbered as nn.Sequential numbers its members, some of them repeated.</summary>
internal sealed class SequenceChecker(Rooms rooms)
{
    private Findings Findings => rooms.Findings;

    private Place At(TextSpan span) => rooms.Subject.At(span);

    /// <param name="at">The sequence's own place as a stage.</param>
    /// <param name="name">Its name: those of its members are numbers after that.</param>
    public IReadOnlyList<Value> Check(BodyPath path, IReadOnlyList<Value> values, SequenceStage sequence, StagePlace at, MemberPath name)
    {
        rooms.Members.AddSequence(name);
        var beforeNorm = rooms.NormsAhead.After(path, sequence, at.BeforeNorm);
        var number = Size.Zero;
        for (var i = 0; i < sequence.Items.Count; i++)
        {
            var item = sequence.Items[i];
            if (item.Stage.Label is { } label)
                Findings.Report(DiagnosticCatalogue.LabelNotAllowed(At(label.Span), "Members of a sequence are numbered"));
            var member = new StagePlace(item.Stage, at.Source, beforeNorm[i], i + 1 == sequence.Items.Count ? at.Target : null);
            var (inputs, first) = (values, number);
            (values, number) = item.Stage.Condition is null
                ? CheckMember(path, inputs, item, member, name, first)
                // The numbers of the members after it depend on whether this one is there.
                : rooms.Pipes.CheckConditional(path, inputs, member, first, inner =>
                    CheckMember(inner, inputs, item, member.WithoutCondition(), name, first));
        }
        return values;
    }

    /// <summary>A member of a sequence, once or repeated; gives the number of the next one too.</summary>
    private (IReadOnlyList<Value> Values, Size Next) CheckMember(
        BodyPath path, IReadOnlyList<Value> values, SequenceItem item, StagePlace at, MemberPath name, Size number)
    {
        if (item.Count is null)
            return (rooms.Pipes.CheckStage(path, values, at, name.Then(number)), number + 1);
        // Where the two are the other way round, one error is enough.
        if (item.Stage is CallStage { Call.Callee.Text: var callee } && path.Scope.Find(callee)?.Value is SizeValue)
        {
            rooms.Pipes.CheckStage(path, values, at, name.Then(number));
            return (Findings.NoValues, number);
        }
        if (EvaluateCount(path, item.Count) is { } count)
            return (Repeat(path, values, item, at, name, number, count), number + count);
        rooms.Pipes.CheckStage(path, values, at, name.Then(number));
        return (Findings.NoValues, number);
    }

    /// <summary>How often a member is repeated; null where that is wrong.</summary>
    private Size? EvaluateCount(BodyPath path, Expression expression)
    {
        var place = At(expression.Span);
        const string What = "The number of repetitions of a stage";
        switch (rooms.Expressions.Evaluate(path, expression))
        {
            case SizeValue { Size.Value: < 0 } negative:
                Findings.Report(DiagnosticCatalogue.ValueType(place, What, "at least 0", negative.Describe()));
                return null;
            case SizeValue { Size.Value: > ModelContext.MaxStages } large:
                Findings.Report(DiagnosticCatalogue.TooLarge(place, $"This repetition ({large.Describe()} times)", ModelContext.MaxStages));
                return null;
            case SizeValue size:
                if (!rooms.Requirements.RequireKnown(size, place, "*", "number of times"))
                    return null;
                rooms.Requirements.RequireAtLeast(path, size.Size, 0,
                    () => DiagnosticCatalogue.ValueType(place, What, "at least 0", size.Describe()));
                return size.Size;
            case ErrorValue:
                return null;
            case var other:
                Findings.Report(DiagnosticCatalogue.ValueType(place, What, "a whole number", other.Describe()));
                return null;
        }
    }

    private IReadOnlyList<Value> Repeat(
        BodyPath path, IReadOnlyList<Value> values, SequenceItem item, StagePlace at, MemberPath name, Size number, Size count)
    {
        // In all turns but the last the stage itself comes next.
        var again = rooms.NormsAhead.In(path, item.Stage, at.BeforeNorm);
        if (count.Value is { } times && (!rooms.Subject.IsGeneric || times == 1))
        {
            for (var i = 0; i < times; i++)
            {
                var inner = i + 1 == times ? at : at with { BeforeNorm = again, Target = null };
                values = rooms.Pipes.CheckStage(path, values, inner, name.Then(number + i));
            }
            return values;
        }
        var variable = new Symbol(rooms.Symbols.NameRepetition(path), SymbolKind.Construction, false);
        var isLast = Condition.Compare(Comparison.Equal, Size.Of(variable), count - 1);
        var turn = at with { BeforeNorm = NormsAhead.Choose(isLast, at.BeforeNorm, again), Target = null };
        var failed = false;
        var target = at.Target ?? "x";
        var locals = values.Select((value, i) => (values.Count == 1 ? target : $"{target}{i + 1}", value)).ToArray();
        var results = rooms.Loops.Keep(path, new LoopRange(variable, Size.Zero, count, At(item.Span)), locals, (inner, current) =>
        {
            var after = rooms.Pipes.CheckStage(inner, current, turn, name.Then(number + Size.Of(variable)));
            failed |= after.Any(value => value is ErrorValue);
            if (after.Count != locals.Length && !failed)
            {
                Findings.Report(DiagnosticCatalogue.ValueCount(At(item.Span), "A repeated stage", locals.Length, after.Count));
                failed = true;
            }
            return failed ? [.. locals.Select(_ => ErrorValue.Instance)] : after;
        });
        return failed ? Findings.NoValues : results;
    }
}
