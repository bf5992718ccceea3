using System;
using System.Collections.Generic;
using System.Linq;
using KnDsl.Language.Diagnostics;
using KnDsl.Language.Plan;
using KnDsl.Language.Syntax;
using KnDsl.Language.Text;
using KnDsl.Language.Values;

namespace KnDsl.Language.Checking;

/// <summary>The turns of a loop that the plan keeps.</summary>
internal sealed record LoopRange(Symbol Variable, Size From, Size To, Place Place);

/// <summary>
/// Loops: turns that are known are unrolled, all others stay a loop, whose body is checked until nothing changes any
/// more.
/// </summary>
internal sealed class LoopChecker(Rooms rooms)
{
    private Findings Findings => rooms.Findings;

    private Place At(TextSpan span) => rooms.Subject.At(span);

    // ---- for ---------------------------------------------------------------------------------------------------------

    /// <summary>What a <c>for</c> goes through: numbers, and what the variable is at each.</summary>
    private sealed record Bounds(Size From, Size To, Func<Size, Value> ItemAt);

    public void Check(BodyPath path, ForStatement statement)
    {
        var name = statement.Variable.Text;
        var named = new LoopVariable(name, At(statement.Variable.Span), statement.To is null);
        if (EvaluateBounds(path, statement) is not { } bounds)
        {
            // What cannot be read may have had another variable.
            rooms.Names.LacksNames |= statement.From is ErrorExpression;
            rooms.Statements.Check(path.Inside(named, ErrorValue.Instance), statement.Body);
            return;
        }
        if (!rooms.Subject.IsGeneric && bounds is { From.Value: { } first, To.Value: { } last })
        {
            for (var i = first; i < last; i++)
            {
                rooms.Statements.Check(path.Inside(named, bounds.ItemAt(i), i - first), statement.Body);
                rooms.Budget.AddTurn();
            }
            // Whether the names of a loop without turns may be missing is for the plan for any arguments to say.
            foreach (var target in statement.Sets)
                if (target.Text != NameTable.Discard && path.Scope.Find(target.Text) is null)
                    path.Scope.Set(target.Text, ErrorValue.Instance);
            return;
        }
        var variable = new Symbol(rooms.Symbols.NameLoop(path, name), SymbolKind.Construction, bounds.From.Minimum() >= 1);
        var place = At(TextSpan.FromBounds(statement.Span.Start, (statement.To ?? statement.From).Span.End));
        var turn = Size.Of(variable);
        Keep(path, new LoopRange(variable, bounds.From, bounds.To, place), [], (inner, _) =>
        {
            rooms.Statements.Check(inner.Inside(named, bounds.ItemAt(turn), turn - bounds.From), statement.Body);
            return [];
        });
    }

    private Bounds? EvaluateBounds(BodyPath path, ForStatement statement)
    {
        var from = rooms.Expressions.Evaluate(path, statement.From);
        if (statement.To is null)
        {
            switch (from)
            {
                case ListValue { IsChoice: true } list:
                    return new Bounds(0, list.Items.Count, list.ItemAt);
                case ListValue list:
                    Findings.Report(DiagnosticCatalogue.ValueType(
                        At(statement.From.Span), "Each item that 'for' goes through", ListValue.Choices, list.Describe()));
                    return null;
                case ListParameterValue parameter:
                    return new Bounds(0, Size.Of(parameter.Count), parameter.ItemAt);
                case ErrorValue:
                    return null;
                default:
                    Findings.Report(
                        DiagnosticCatalogue.ValueType(At(statement.From.Span), "The range of 'for'", "a range such as 0..n, or a list",
                        from.Describe()));
                    return null;
            }
        }
        var to = rooms.Expressions.Evaluate(path, statement.To);
        foreach (var (value, span) in new[] { (from, statement.From.Span), (to, statement.To.Span) })
            if (value is not (SizeValue or ErrorValue))
                Findings.Report(DiagnosticCatalogue.ValueType(At(span), "Each end of a range", "a whole number", value.Describe()));
        return from is SizeValue a && rooms.Requirements.RequireKnown(a, At(statement.From.Span), "for", "first number")
            && to is SizeValue b && rooms.Requirements.RequireKnown(b, At(statement.To.Span), "for", "end")
            ? new Bounds(a.Size, b.Size, i => new SizeValue(i))
            : null;
    }

    // ---- loops that stay ---------------------------------------------------------------------------------------------

    /// <summary>
    /// A loop that stays one: what it changes becomes variables. The body is planned again with a size as a variable where
    /// an iteration changed it, until nothing changes any more.
    /// </summary>
    /// <param name="locals">Values that go round without a name in the file, with what the generated code may call them.</param>
    /// <param name="body">Checks a turn on its path with these values; gives what it makes of them.</param>
    /// <returns>The values after the loop.</returns>
    public IReadOnlyList<Value> Keep(
        BodyPath path, LoopRange range, IReadOnlyList<(string Name, Value Value)> locals,
        Func<BodyPath, IReadOnlyList<Value>, IReadOnlyList<Value>> body)
    {
        var named = path.Scope.Names.Where(name => path.Scope.Find(name)!.UndecidedAt is null)
            .Select(name => new Round(name, path.Scope.Find(name)!)).ToArray();
        var others = locals.Select(local => new Round(local.Name, new Binding(local.Value, []))).ToArray();
        // Values from outside that a turn observes: the next one reads their posteriors.
        var outside = new HashSet<TensorValue>(named.Concat(others).SelectMany(round => ValueIdentity.TensorsIn(round.Before)));
        var posteriors = new Dictionary<TensorValue, ChainFact>();
        while (true)
        {
            rooms.Budget.AddStages(1);
            var mark = rooms.Members.Mark();
            var turn = path.Loop(new LoopFrame(range.Variable, range.From, range.To, path.Branches.Count));
            foreach (var round in named.Where(round => round.IsVariable))
                turn.Scope.Set(round.Name, round.Binding);
            foreach (var pair in posteriors)
                turn.SetFact(pair.Key, pair.Value);
            var pass = new Pass(rooms, path, turn, range.Place);
            using (Findings.Bag.Perhaps())
            {
                var results = body(turn, others.Select(round => round.Head).ToArray());
                foreach (var round in named)
                    pass.Advance(round, turn.Scope.Find(round.Name)!);
                for (var i = 0; i < others.Length; i++)
                    pass.Advance(others[i], new Binding(results[i], []));
            }
            pass.HasChanged |= TakePosteriors(path, turn, outside, posteriors);
            if (pass.HasChanged)
            {
                rooms.Members.Forget(mark);
                continue;
            }
            foreach (var pair in posteriors)
                path.SetFact(pair.Key, pair.Value);
            foreach (var round in named.Where(round => round.IsVariable))
                path.Scope.Set(round.Name, round.Binding);
            foreach (var name in turn.Scope.Changed)
                if (path.Scope.Find(name) is null)
                    path.Scope.Set(name, turn.Scope.Find(name)!.Undecided(range.Place));
            path.Items.Add(new LoopItem(range.Variable, range.From, range.To, turn.Items, pass.Carried, pass.Sizes, range.Place));
            return others.Select(round => round.Head).ToArray();
        }
    }

    /// <summary>
    /// The states of values from outside as a turn finds them: as they were before the loop, or as the turn before left them.
    /// Gives whether the turn that was checked began with others.
    /// </summary>
    private static bool TakePosteriors(BodyPath path, BodyPath turn, HashSet<TensorValue> outside,
        Dictionary<TensorValue, ChainFact> posteriors)
    {
        var assumed = posteriors.ToArray();
        posteriors.Clear();
        var changed = false;
        foreach (var value in turn.ChangedFacts.Where(outside.Contains))
            // What the turn began with is no change of its own.
            if (!assumed.Any(pair => pair.Key == value && ReferenceEquals(pair.Value, turn.FactOf(value))))
                posteriors[value] = ChainFact.Either(path.FactOf(value), turn.FactOf(value));
        foreach (var value in assumed.Select(pair => pair.Key).Union(posteriors.Keys))
        {
            var before = assumed.FirstOrDefault(pair => pair.Key == value).Value ?? path.FactOf(value);
            var now = posteriors.TryGetValue(value, out var posterior) ? posterior : path.FactOf(value);
            changed |= before.Kind != now.Kind;
        }
        return changed;
    }

    /// <summary>A value that may change in a loop: what it is before, and what a turn begins with.</summary>
    private sealed class Round(string name, Binding before)
    {
        public string Name => name;

        public Value Before => before.Value;

        /// <summary>What a turn begins with: the value before, or a variable.</summary>
        public Value Head { get; private set; } = before.Value;

        /// <summary>Whether the loop changes it.</summary>
        public bool IsVariable { get; private set; }

        private IReadOnlyList<TextSpan> _targets = before.Targets;

        public Binding Binding => new(Head, _targets);

        /// <summary>The symbols of its sizes that change, by their axes; of a size itself the only one.</summary>
        public Dictionary<int, Symbol> Sizes { get; } = [];

        public void AddTargets(IReadOnlyList<TextSpan> targets) => _targets = before.Targets.Union(targets).ToArray();

        public void SetHead(Value head) => (Head, IsVariable) = (head, true);
    }

    /// <summary>One check of the body: which values it changes, and whether it must be checked again.</summary>
    private sealed class Pass(Rooms rooms, BodyPath path, BodyPath turn, Place place)
    {
        public bool HasChanged { get; set; }

        public List<Carried> Carried { get; } = [];

        public List<SizeCarried> Sizes { get; } = [];

        public void Advance(Round round, Binding after)
        {
            var next = after.Value;
            if (ReferenceEquals(next, round.Head) && !round.IsVariable)
                return;
            round.AddTargets(after.Targets);
            switch (round.Head, next)
            {
                case (ErrorValue, _) or (_, ErrorValue):
                    round.SetHead(ErrorValue.Instance);
                    break;
                case (TensorValue head, TensorValue later) when head.Shape.Rank == later.Shape.Rank:
                    AdvanceTensor(round, head, later);
                    break;
                case (TensorValue head, TensorValue later):
                    round.SetHead(rooms.Findings.Fail(
                        DiagnosticCatalogue.LoopShape(place, round.Name, head.Shape.ToString(), later.Shape.ToString())));
                    break;
                case (SizeValue head, SizeValue later):
                    AdvanceSize(round, head.Size, later.Size);
                    break;
                default:
                    round.SetHead(ValueIdentity.AreSame(next, round.Head) ? round.Head : rooms.Findings.Fail(DiagnosticCatalogue.ValueType(
                        place, $"'{round.Name}' in this loop", "the same in every iteration, unless it is a tensor or a whole number",
                        $"{round.Head.Describe()}, then {next.Describe()}")));
                    break;
            }
        }

        private void AdvanceTensor(Round round, TensorValue head, TensorValue later)
        {
            var initial = (TensorValue)round.Before;
            var shape = new Size[head.Shape.Rank];
            for (var axis = 0; axis < shape.Length; axis++)
            {
                shape[axis] = head.Shape[axis];
                if (later.Shape[axis].Substitute(path.Assumptions) != head.Shape[axis].Substitute(path.Assumptions)
                    || round.Sizes.ContainsKey(axis))
                    shape[axis] = Size.Of(Carry(round, axis, SymbolTable.InputName(round.Name, axis, shape.Length), initial.Shape[axis],
                        later.Shape[axis], true));
            }
            var fact = ChainFact.Either(path.FactOf(initial), turn.FactOf(later));
            // What is known of the channels and the numbers, only ever more is.
            var isMoreKnown = head.Channels is null && (initial.Channels ?? later.Channels) is not null
                || head.FloatBy is null && (initial.FloatBy ?? later.FloatBy) is not null;
            if (!round.IsVariable || HasChanged || fact.Kind != head.Chain.Kind || isMoreKnown)
            {
                round.SetHead(new TensorValue(new Shape(shape), fact, place, round.Name)
                {
                    IsLearned = initial.IsLearned && later.IsLearned,
                    FloatBy = initial.FloatBy ?? later.FloatBy,
                    Channels = initial.Channels ?? later.Channels,
                });
                HasChanged = true;
            }
            Carried.Add(new Carried((TensorValue)round.Head, initial, later));
        }

        private void AdvanceSize(Round round, Size head, Size later)
        {
            if (!round.IsVariable && head == later)
                return;
            round.SetHead(new SizeValue(Size.Of(Carry(round, 0, round.Name, ((SizeValue)round.Before).Size, later, false))));
        }

        /// <summary>
        /// The symbol of a size that goes round. It is known with the later of what it is before the loop and after a turn; what a
        /// turn makes of it may show only when the turn is planned with the symbol.
        /// </summary>
        private Symbol Carry(Round round, int axis, string name, Size before, Size next, bool isPositive)
        {
            if (!round.Sizes.TryGetValue(axis, out var symbol))
                (symbol, HasChanged) = (rooms.Symbols.NewOneOf(name, before, next, place, isPositive), true);
            else if (symbol.Kind == SymbolKind.Construction && SymbolTable.KindOf(before, next) == SymbolKind.Data)
                (symbol, HasChanged) = (symbol with { Kind = SymbolKind.Data }, true);
            round.Sizes[axis] = symbol;
            Sizes.Add(new SizeCarried(symbol, before, next));
            return symbol;
        }
    }
}
