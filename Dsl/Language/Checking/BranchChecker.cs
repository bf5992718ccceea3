using System;
using System.Collections.Generic;
using System.Linq;
using KnDsl.Language.Diagnostics;
using KnDsl.Language.Plan;
using KnDsl.Language.Syntax;
using KnDsl.Language.Text;
using KnDsl.Language.Values;

namespace KnDsl.Language.Checking;

/// <summary>A branch of an if, or a stage with a condition.</summary>
/// <param name="Names">The names that it sets.</param>
/// <param name="Check">Checks it on a path; gives values that go on after the if without a name in the file.</param>
internal sealed record Branch(IEnumerable<string> Names, Func<BodyPath, IReadOnlyList<Value>> Check);

/// <summary>Ifs: a condition that is known takes one branch, any other keeps both, whose paths join again.</summary>
internal sealed class BranchChecker(Rooms rooms)
{
    private Findings Findings => rooms.Findings;

    public void Check(BodyPath path, IfStatement statement)
    {
        Branch BranchOf(IReadOnlyList<Statement> body)
        {
            var names = body.SelectMany(statement => statement.Sets).Select(name => name.Text);
            return new(names, inner =>
            {
                rooms.Statements.Check(inner, body);
                return [];
            });
        }
        var place = rooms.Subject.At(TextSpan.FromBounds(statement.Span.Start, statement.Condition.Span.End));
        Check(path, statement.Condition, place, BranchOf(statement.Then), BranchOf(statement.Else), []);
    }

    /// <summary>The values that either branch gives, merged where both are kept.</summary>
    /// <param name="locals">What the generated code may call those values.</param>
    public IReadOnlyList<Value> Check(BodyPath path, Expression condition, Place place, Branch then, Branch otherwise,
        IReadOnlyList<string> locals)
    {
        if (EvaluateCondition(path, condition) is not { } decision)
        {
            // Both branches are still read, so that their mistakes are found; which values they leave is not known.
            // Sizes that do not fit may be what the condition is for.
            using (Findings.WithoutSizes())
            {
                then.Check(path.Branch(place, true, []));
                otherwise.Check(path.Branch(place, false, []));
            }
            foreach (var name in then.Names.Concat(otherwise.Names))
                path.Scope.Set(name, ErrorValue.Instance);
            return locals.Select(_ => ErrorValue.Instance).ToArray();
        }
        if (decision.Value is not { } known)
            return Keep(path, decision, place, then, otherwise, locals);
        var values = (known ? then : otherwise).Check(path.Inside());
        // Whether the names of the other branch may be missing is for the plan for any arguments to say.
        foreach (var name in (known ? otherwise : then).Names)
            if (path.Scope.Find(name) is null)
                path.Scope.Set(name, new Binding(ErrorValue.Instance, [], rooms.Subject.IsGeneric ? place : null));
        return values;
    }

    private Condition? EvaluateCondition(BodyPath path, Expression expression)
    {
        var place = rooms.Subject.At(expression.Span);
        var value = rooms.Expressions.Evaluate(path, expression);
        if (value is BoolValue decision)
            return rooms.Requirements.RequireKnown(decision, place, "if", "condition", place.OneLine()) ? decision.Condition : null;
        if (value is not ErrorValue)
            Findings.Report(DiagnosticCatalogue.ValueType(place, "A condition", "true or false", value.Describe())
                .WithHint(value is SizeValue ? $"Compare it, as in '{place.OneLine()} != 0'." : null));
        return null;
    }

    private IReadOnlyList<Value> Keep(BodyPath path, Condition decision, Place place, Branch then, Branch otherwise,
        IReadOnlyList<string> locals)
    {
        var thenPath = path.Branch(place, true, decision.WhenTrue());
        var elsePath = path.Branch(place, false, decision.WhenFalse());
        IReadOnlyList<Value> thenLocals, elseLocals;
        using (Findings.Bag.Perhaps())
        {
            thenLocals = then.Check(thenPath);
            elseLocals = otherwise.Check(elsePath);
        }
        var join = new Meeting(rooms, thenPath, elsePath, place);
        var merged = locals.Select((name, i) => join.Merge(name, thenLocals[i], elseLocals[i])).ToArray();
        foreach (var name in thenPath.Scope.Changed.Union(elsePath.Scope.Changed).OrderBy(name => name, StringComparer.Ordinal).ToArray())
        {
            var (a, b) = (thenPath.Scope.Find(name), elsePath.Scope.Find(name));
            if (!ReferenceEquals(a, b))
                path.Scope.Set(name, join.Merge(name, a, b));
        }
        path.Join(thenPath, elsePath);
        path.Items.Add(new IfItem(decision, thenPath.Items, elsePath.Items, join.Merges, join.Sizes, place));
        return merged;
    }

    /// <summary>Where the paths of two branches come together: what differs between them becomes a variable that each sets.</summary>
    private sealed class Meeting(Rooms rooms, BodyPath then, BodyPath otherwise, Place place)
    {
        public List<Merge> Merges { get; } = [];

        public List<SizeMerge> Sizes { get; } = [];

        public Binding Merge(string name, Binding? a, Binding? b)
        {
            if (a is null || b is null)
                return (a ?? b)!.Undecided(place);
            var targets = a.Targets.Union(b.Targets).ToArray();
            if ((a.UndecidedAt ?? b.UndecidedAt) is { } undecided)
                return new Binding(a.Value, targets, undecided);
            // No module is there on both paths; that is wrong only where it is applied after them.
            return a.Value is ModuleValue && b.Value is ModuleValue && a.Value != b.Value
                ? new Binding(a.Value, targets, place)
                : new Binding(Merge(name, a.Value, b.Value), targets);
        }

        public Value Merge(string name, Value a, Value b)
        {
            if (ValueIdentity.AreSame(a, b))
                return a;
            if (a is ErrorValue || b is ErrorValue)
                return ErrorValue.Instance;
            if (a is SizeValue one && b is SizeValue other)
                return new SizeValue(Merge(name, one.Size, other.Size, false));
            var findings = rooms.Findings;
            if (a is not TensorValue left || b is not TensorValue right)
                return findings.Fail(DiagnosticCatalogue.ValueType(place, $"'{name}' after this 'if'",
                    "the same in both branches, unless it is a tensor or a whole number", $"{a.Describe()} and {b.Describe()}")
                    .WithHint(a is FloatValue or SizeValue
                        ? "Write the stage that takes it in both branches, each with its number." : null));
            if (left.Shape.Rank != right.Shape.Rank)
                return findings.Fail(DiagnosticCatalogue.BranchShape(place, name, left.Shape.ToString(), right.Shape.ToString()));
            var shape = new Shape(left.Shape.Sizes.Select((size, axis) =>
                Merge(SymbolTable.InputName(name, axis, left.Shape.Rank), size, right.Shape[axis], true)));
            var variable = new TensorValue(shape, ChainFact.Either(then.FactOf(left), otherwise.FactOf(right)), place, name)
            {
                IsLearned = left.IsLearned && right.IsLearned,
                FloatBy = left.FloatBy ?? right.FloatBy,
                Channels = left.Channels ?? right.Channels,
            };
            Merges.Add(new Merge(variable, left, right));
            return variable;
        }

        /// <summary>One formula that holds in both branches where there is one, else a variable that each branch sets.</summary>
        private Size Merge(string name, Size a, Size b, bool isDimension)
        {
            if (a == b || a.Substitute(otherwise.Assumptions) == b.Substitute(otherwise.Assumptions))
                return a;
            if (b.Substitute(then.Assumptions) == a.Substitute(then.Assumptions))
                return b;
            var symbol = rooms.Symbols.NewOneOf(name, a, b, place, isDimension || a.Minimum() >= 1 && b.Minimum() >= 1);
            Sizes.Add(new SizeMerge(symbol, a, b));
            return Size.Of(symbol);
        }
    }
}
