using System;
using System.Collections.Generic;
using System.Linq;
using KnDsl.Language.Diagnostics;
using KnDsl.Language.Plan;
using KnDsl.Language.Syntax;
using KnDsl.Language.Text;
using KnDsl.Language.Values;

namespace KnDsl.Language.Checking;

/// <summary>Statements: what they bind, and how paths that part come together again.</summary>
internal sealed partial class Elaborator
{
    /// <summary>More dimensions than this has no tensor of a network.</summary>
    public const int MostDimensions = 8;

    private Place? _ended;

    private void RunStatements(IReadOnlyList<Statement> statements, bool isTop)
    {
        foreach (var statement in statements)
        {
            if (isTop && _ended is { } end && statement is not (ErrorStatement or OutputStatement))
            {
                Report(DiagnosticCatalogue.AfterReturn(At(statement.Span), _declaration.Kind == ModuleKind.Network ? "output" : "return", end));
                return;
            }
            switch (statement)
            {
                case InputStatement input:
                    RunInput(input, isTop);
                    break;
                case OutputStatement output:
                    RunOutput(output, isTop);
                    break;
                case NormStatement norm:
                    if (EvaluatePolicy(norm.Policy) is { } policy)
                        _path.SetPolicy(policy);
                    break;
                case AssignStatement assign:
                    RunAssign(assign);
                    break;
                case ModuleStatement module:
                    RunModule(module);
                    break;
                case ReturnStatement result:
                    RunReturn(result, isTop);
                    break;
                case IfStatement branch:
                    RunIf(branch.Condition, At(TextSpan.FromBounds(branch.Span.Start, branch.Condition.Span.End)),
                        () => RunStatements(branch.Then, false), () => RunStatements(branch.Else, false),
                        Declarations.Targets(branch.Then), Declarations.Targets(branch.Else));
                    break;
                case ForStatement loop:
                    RunFor(loop);
                    break;
                case ErrorStatement error:
                    _failed = true;
                    // An input that cannot be read declares sizes that nobody knows.
                    _lacksNames |= _source.Slice(error.Span).StartsWith("input", StringComparison.Ordinal);
                    // So does one that gives its value no name.
                    _lacksNames |= error.Targets.Count == 0 && _source.Slice(error.Span).Contains("->");
                    foreach (var target in error.Targets)
                        _scope.Set(target.Text, ErrorValue.Instance);
                    if (isTop && _outputs is null && _source.Slice(error.Span) is var text
                        && (text.StartsWith("output", StringComparison.Ordinal) || text.StartsWith("return", StringComparison.Ordinal)))
                        _outputs = [];
                    break;
            }
        }
    }

    private void RunInput(InputStatement statement, bool isTop)
    {
        if (_declaration.Kind == ModuleKind.Block)
        {
            Report(DiagnosticCatalogue.Misplaced(At(statement.Span), "input", "a network around it")
                .WithHint("A block's inputs are its parameters without a type: block Name(x, channels: int)."));
            return;
        }
        if (!isTop)
        {
            Report(DiagnosticCatalogue.Misplaced(At(statement.Span), "input", "it outside of if and for"));
            return;
        }
        foreach (var input in statement.Values)
        {
            var isTaken = false;
            if (_scope.Find(input.Name.Text) is { } taken)
            {
                Report(DiagnosticCatalogue.DuplicateDeclaration(At(input.Name.Span), "name", input.Name.Text,
                    At(taken.Targets.Count > 0 ? taken.Targets[0] : statement.Span)));
                isTaken = true;
            }
            var sizes = input.Shape.Sizes.Select(size => DeclaredSize(size, true)).ToArray();
            if (sizes.Length > MostDimensions)
                Report(DiagnosticCatalogue.Rank(At(input.Shape.Span), "input", $"at most {MostDimensions} dimensions", $"{sizes.Length}"));
            if (sizes.Length < 2)
                Report(DiagnosticCatalogue.Rank(At(input.Shape.Span), "input", "a batch and at least one more dimension, [N, C, ...]", $"[{string.Join(", ", sizes.Select(size => size?.ToString() ?? "?"))}]"));
            var shape = new Shape(sizes.Select(size => size ?? Size.Of(NewSymbol("unknown"))));
            var value = new TensorValue(shape, ChainFact.NotBegun, At(input.Name.Span), input.Name.Text);
            _inputs = [.. _inputs, value];
            _assigned.Add((input.Name, input.Name.Span));
            _scope.Set(input.Name.Text, new Binding(isTaken || sizes.Contains(null) || sizes.Length is < 2 or > MostDimensions ? ErrorValue.Instance : value, [input.Name.Span]));
        }
    }

    /// <summary>Each symbol must follow from some size of an input: it could not be told from h + w what h is.</summary>
    private void CheckSymbols()
    {
        if (_inputs.SelectMany(input => input.Shape.Sizes).All(size => size.IsConstant || size.LinearIn(size.Symbols().First()) is not null))
            return;
        var sizes = _inputs.SelectMany(input => input.Shape.Sizes).ToArray();
        // Of a size with several such symbols the first is enough: told that, the others may follow.
        foreach (var size in _declaration.Body.OfType<InputStatement>().SelectMany(statement => statement.Values).SelectMany(input => input.Shape.Sizes))
            if (NamesIn(size).FirstOrDefault(name => IsUntold(name, sizes)) is { } untold)
                Report(DiagnosticCatalogue.ValueType(At(untold.Span), $"The symbol '{untold.Name}'", $"told by a size of its own, such as {untold.Name} or 32*{untold.Name}",
                    $"in '{_source.At(size.Span).OneLine()}' only"));
    }

    private bool IsUntold(NameExpression name, IReadOnlyList<Size> sizes) =>
        _scope.Find(name.Name) is { Value: SizeValue value } && value.Size.Symbols().FirstOrDefault(symbol => symbol.Kind == SymbolKind.Data) is { } symbol
        && sizes.All(size => size.LinearIn(symbol) is null);

    /// <summary>A size of an input or output; a name that is not known yet becomes a symbol where an input declares it.</summary>
    private Size? DeclaredSize(Expression expression, bool declares)
    {
        if (declares)
            foreach (var name in NamesIn(expression))
                if (_scope.Find(name.Name) is null)
                    _scope.Set(name.Name, new SizeValue(Size.Of(new Symbol(name.Name, SymbolKind.Data))));
        switch (Evaluate(expression))
        {
            case SizeValue size:
                if (size.Size.Maximum() is not <= 0)
                    return size.Size;
                Report(DiagnosticCatalogue.ValueType(At(expression.Span), "A size", "at least 1", size.Describe()));
                return null;
            case ErrorValue:
                return null;
            case var other:
                Report(DiagnosticCatalogue.ValueType(At(expression.Span), "A size", "a whole number", other.Describe()));
                return null;
        }
    }

    private static IEnumerable<NameExpression> NamesIn(Expression expression) => expression switch
    {
        NameExpression name => [name],
        OperatorExpression row => NamesIn(row.First).Concat(row.Rest.SelectMany(operand => NamesIn(operand.Right))),
        NegateExpression negate => NamesIn(negate.Value),
        _ => [],
    };

    private void RunOutput(OutputStatement statement, bool isTop)
    {
        if (_declaration.Kind == ModuleKind.Block || !isTop)
        {
            Report(_declaration.Kind == ModuleKind.Block
                ? DiagnosticCatalogue.Misplaced(At(statement.Span), "output", "'return' with the values of a block")
                : DiagnosticCatalogue.Misplaced(At(statement.Span), "output", "it outside of if and for"));
            return;
        }
        _outputs ??= [];
        _ended ??= At(statement.Span);
        foreach (var output in statement.Values)
        {
            if (_outputs.FirstOrDefault(other => other.Name == output.Name.Text) is not null)
                Report(DiagnosticCatalogue.DuplicateDeclaration(At(output.Name.Span), "output", output.Name.Text, _ended.Value));
            var value = Lookup(output.Name.Text, output.Name.Span);
            // An input without its batch is told of where it is used; nobody knows the batch's name then.
            _lacksNames |= _failed && _inputs.Any(input => input.Shape is { Rank: > 0 } shape && shape[0].IsConstant);
            var declared = output.Shape.Sizes.Select(size => DeclaredSize(size, false)).ToArray();
            if (value is ErrorValue)
                continue;
            if (value is not TensorValue tensor)
            {
                Report(DiagnosticCatalogue.ValueType(At(output.Name.Span), $"The output '{output.Name.Text}'", "a tensor", value.Describe()));
                continue;
            }
            _outputs.Add(new ModuleOutput(output.Name.Text, tensor, _path.FactOf(tensor)));
            if (declared.All(size => size is not null))
                CheckOutput(output, tensor, new Shape(declared!));
        }
    }

    private void CheckOutput(SizedName output, TensorValue tensor, Shape declared)
    {
        Diagnostic Differs() => DiagnosticCatalogue.OutputShape(
            At(output.Shape.Span), output.Name.Text, declared.ToString(), tensor.Shape.ToString(), tensor.Origin);
        if (declared.Rank != tensor.Shape.Rank)
        {
            Report(Differs());
            return;
        }
        for (var axis = 0; axis < declared.Rank; axis++)
            if (!Require(tensor.Shape[axis], declared[axis], Differs))
                return;
    }

    private void RunAssign(AssignStatement statement)
    {
        var first = statement.Targets[0];
        if (statement.Value is NameExpression { Name: "norm" }
            && _declaration.Parameters.FirstOrDefault(parameter => parameter.Name.Text == first.Text && parameter.Type.Text == "norm") is { } policy)
        {
            Report(DiagnosticCatalogue.DuplicateDeclaration(At(first.Span), "parameter", first.Text, At(policy.Name.Span))
                .WithHint($"Write 'norm = {first.Text}' to use it."));
            return;
        }
        var values = EvaluateAll(statement.Value, statement.Targets.Count == 1 ? statement.Targets[0].Text : null);
        if (values.Count != statement.Targets.Count && !values.Any(value => value is ErrorValue))
        {
            Report(DiagnosticCatalogue.ValueCount(At(statement.Value.Span), "The right side", statement.Targets.Count, values.Count));
            values = [ErrorValue.Instance];
        }
        for (var i = 0; i < statement.Targets.Count; i++)
        {
            var target = statement.Targets[i];
            var value = values.Count == statement.Targets.Count ? values[i] : ErrorValue.Instance;
            if (value is WordValue)
                value = Fail(DiagnosticCatalogue.ValueType(At(statement.Value.Span), $"'{target.Text}'", "a tensor, a number, a condition or a list", "text"));
            if (_declaration.Parameters.FirstOrDefault(parameter => parameter.Name.Text == target.Text) is { } parameter)
            {
                Report(DiagnosticCatalogue.DuplicateDeclaration(At(target.Span), "parameter", target.Text, At(parameter.Name.Span)));
                continue;
            }
            if (value is not ErrorValue)
                _assigned.Add((target, target.Span));
            _scope.Set(target.Text, new Binding(value, [target.Span]));
        }
    }

    private void RunReturn(ReturnStatement statement, bool isTop)
    {
        if (_declaration.Kind == ModuleKind.Network || !isTop)
        {
            Report(_declaration.Kind == ModuleKind.Network
                ? DiagnosticCatalogue.Misplaced(At(statement.Span), "return", "'output' with names and sizes in a network")
                : DiagnosticCatalogue.Misplaced(At(statement.Span), "return", "it as the last statement of the block")
                    .WithHint("Set a value in both branches and return it after them."));
            _outputs ??= [];
            return;
        }
        _ended = At(statement.Span);
        _outputs = [];
        foreach (var expression in statement.Values)
        {
            var name = expression is NameExpression named ? named.Name : statement.Values.Count == 1 ? "output" : $"output{_outputs.Count + 1}";
            foreach (var value in EvaluateAll(expression, name))
                switch (value)
                {
                    case TensorValue tensor:
                        _outputs.Add(new ModuleOutput(_outputs.Any(other => other.Name == name) ? $"{name}{_outputs.Count + 1}" : name, tensor, _path.FactOf(tensor)));
                        break;
                    case ErrorValue:
                        break;
                    default:
                        Report(DiagnosticCatalogue.ValueType(At(expression.Span), "What a block returns", "a tensor", value.Describe()));
                        break;
                }
        }
    }

    /// <param name="thenNames">The names that the first branch sets.</param>
    /// <param name="elseNames">The names that the other one sets.</param>
    private void RunIf(
        Expression expression, Place place, Action then, Action otherwise, IEnumerable<string> thenNames, IEnumerable<string> elseNames)
    {
        var condition = Evaluate(expression);
        if (condition is not BoolValue decision || !RequireKnown(decision, At(expression.Span), "if", "condition", _source.At(expression.Span).OneLine()))
        {
            if (condition is not (ErrorValue or BoolValue))
                Report(DiagnosticCatalogue.ValueType(At(expression.Span), "A condition", "true or false", condition.Describe())
                    .WithHint(condition is SizeValue ? $"Compare it, as in '{condition.Describe()} != 0'." : null));
            // Both branches are still read, so that their mistakes are found; which values they leave is not known.
            Along(_path.Branch(place, true, []), then);
            Along(_path.Branch(place, false, []), otherwise);
            foreach (var name in thenNames.Concat(elseNames))
                _scope.Set(name, ErrorValue.Instance);
            return;
        }
        if (decision.Constant is { } known)
        {
            Along(_path.Inside(), known ? then : otherwise);
            // Whether the names of the other branch may be missing is for the plan for any arguments to say.
            foreach (var name in known ? elseNames : thenNames)
                if (_scope.Find(name) is null)
                    _scope.Set(name, new Binding(ErrorValue.Instance, [], _isGeneric ? place : null));
            return;
        }
        var thenPath = Along(_path.Branch(place, true, decision.Condition.WhenTrue()), then);
        var elsePath = Along(_path.Branch(place, false, decision.Condition.WhenFalse()), otherwise);
        var merges = new List<Merge>();
        var sizes = new List<SizeMerge>();
        foreach (var name in thenPath.Scope.Names.Union(elsePath.Scope.Names).OrderBy(name => name, StringComparer.Ordinal).ToArray())
        {
            var (a, b) = (thenPath.Scope.Find(name), elsePath.Scope.Find(name));
            if (a is null || b is null)
                _scope.Set(name, new Binding((a ?? b)!.Value, (a ?? b)!.Targets, place));
            else if (ReferenceEquals(a, b))
                continue;
            else if ((a.UndecidedAt ?? b.UndecidedAt) is { } undecided)
                _scope.Set(name, new Binding(a.Value, a.Targets.Union(b.Targets).ToArray(), undecided));
            // No module is there on both paths; that is wrong only where it is applied after them.
            else if (a.Value is ModuleValue && b.Value is ModuleValue && a.Value != b.Value)
                _scope.Set(name, new Binding(a.Value, a.Targets.Union(b.Targets).ToArray(), place));
            else
                _scope.Set(name, new Binding(
                    MergeValues(name, a.Value, b.Value, thenPath, elsePath, merges, sizes, place), a.Targets.Union(b.Targets).ToArray()));
        }
        _path.Join(thenPath, elsePath);
        _items.Add(new IfItem(decision.Condition, thenPath.Items, elsePath.Items, merges, sizes, place));
    }

    private Value MergeValues(
        string name, Value then, Value otherwise, BodyPath thenPath, BodyPath elsePath, List<Merge> merges, List<SizeMerge> sizes, Place place)
    {
        if (AreSame(then, otherwise))
            return then;
        if (then is ErrorValue || otherwise is ErrorValue)
            return ErrorValue.Instance;
        if (then is SizeValue a && otherwise is SizeValue b)
            return new SizeValue(MergeSizes(name, a.Size, b.Size, thenPath.Assumptions, elsePath.Assumptions, sizes));
        if (then is not TensorValue left || otherwise is not TensorValue right)
            return Fail(DiagnosticCatalogue.ValueType(place, $"'{name}' after this 'if'", "of one kind and value, unless it is a tensor or a whole number",
                    $"{then.Describe()} and {otherwise.Describe()}"));
        if (left.Shape.Rank != right.Shape.Rank)
            return Fail(DiagnosticCatalogue.BranchShape(place, name, left.Shape.ToString(), right.Shape.ToString()));
        var shape = new Shape(left.Shape.Sizes.Select((size, axis) => MergeSizes(
            InputSymbolName(DisplayName(name), axis, left.Shape.Rank), size, right.Shape[axis], thenPath.Assumptions, elsePath.Assumptions, sizes)));
        var variable = new TensorValue(shape, ChainFact.Either(thenPath.FactOf(left), elsePath.FactOf(right)), place, DisplayName(name))
        {
            IsVariable = true,
            MayBeInput = MayBeInput(left) || MayBeInput(right),
        };
        merges.Add(new Merge(variable, left, right));
        return variable;
    }

    /// <summary>Whether two values are one: tensors and modules are one by identity, all others by what they say.</summary>
    private static bool AreSame(Value a, Value b) => ReferenceEquals(a, b) || (a, b) switch
    {
        (ErrorValue or TensorValue or ModuleValue or SizeValue, _) => false,
        (ListValue one, ListValue other) => one.Items.Count == other.Items.Count
            && one.Items.Zip(other.Items, (x, y) => x is SizeValue && y is SizeValue ? x.Key == y.Key : AreSame(x, y)).All(same => same),
        _ => a.Key == b.Key && a.GetType() == b.GetType(),
    };

    private bool MayBeInput(TensorValue value) => value.MayBeInput || _inputs.Contains(value);

    /// <summary>One formula that holds in both branches where there is one, else a variable that each branch sets.</summary>
    private Size MergeSizes(
        string name, Size then, Size otherwise, IReadOnlyDictionary<Symbol, Size> thenFacts, IReadOnlyDictionary<Symbol, Size> elseFacts, List<SizeMerge> sizes)
    {
        if (then == otherwise || then.Substitute(elseFacts) == otherwise.Substitute(elseFacts))
            return then;
        if (otherwise.Substitute(thenFacts) == then.Substitute(thenFacts))
            return otherwise;
        var symbol = NewSymbol(DisplayName(name), KindOf(then, otherwise));
        sizes.Add(new SizeMerge(symbol, then, otherwise));
        return Size.Of(symbol);
    }

    private void RunFor(ForStatement statement)
    {
        var name = statement.Variable.Text;
        if (Bounds(statement) is not { } bounds)
        {
            var saved = _scope.Find(name);
            _scope.Set(name, ErrorValue.Instance);
            RunStatements(statement.Body, false);
            Restore(saved);
            return;
        }
        var outer = _scope.Find(name);
        if (!_isGeneric && bounds is { From.Value: { } first, To.Value: { } last })
        {
            for (var i = first; i < last; i++)
            {
                CountStages(0);
                _scope.Set(name, bounds.Item is { } item ? item(i) : new SizeValue(i));
                RunTurn(statement, i - first);
                if (_iterations++ > ModelContext.MostStages)
                    throw new TooLargeException();
            }
            Restore(outer);
            return;
        }
        var variable = new Symbol(TakeForLoop(name) ? name : NewSymbol(name).Name, SymbolKind.Construction, bounds.From.Minimum() >= 1);
        RunLoop(variable, bounds.From, bounds.To, At(TextSpan.FromBounds(statement.Span.Start, (statement.To ?? statement.From).Span.End)), () =>
        {
            _scope.Set(name, bounds.SymbolicItem is { } item ? item(Size.Of(variable)) : new SizeValue(Size.Of(variable)));
            RunTurn(statement, Size.Of(variable) - bounds.From);
        });
        Restore(outer);

        void Restore(Binding? saved)
        {
            if (saved is null)
                _scope.Remove(name);
            else
                _scope.Set(name, saved);
        }
    }

    private void RunTurn(ForStatement statement, Size turn) => Along(_path.Turn(turn), () => RunStatements(statement.Body, false));

    private int _iterations;

    private sealed record LoopBounds(Size From, Size To, Func<long, Value>? Item, Func<Size, Value>? SymbolicItem);

    private LoopBounds? Bounds(ForStatement statement)
    {
        var from = Evaluate(statement.From);
        if (statement.To is null)
        {
            if (from is ListValue list)
                return new LoopBounds(0, list.Items.Count, i => list.Items[(int)i], i => i.Value is { } known ? list.Items[(int)known] : ListItem(list, i));
            if (from is ListParameterValue parameter)
                return new LoopBounds(0, Size.Of(parameter.Count), null, i => parameter.ItemAt(i));
            if (from is not ErrorValue)
                Report(DiagnosticCatalogue.ValueType(At(statement.From.Span), "What 'for' goes through", "a range such as 0..n, or a list", from.Describe()));
            return null;
        }
        var to = Evaluate(statement.To);
        foreach (var (value, span) in new[] { (from, statement.From.Span), (to, statement.To.Span) })
            if (value is not (SizeValue or ErrorValue))
                Report(DiagnosticCatalogue.ValueType(At(span), "The end of a range", "a whole number", value.Describe()));
        return from is SizeValue a && RequireKnown(a, At(statement.From.Span), "for", "first number") && to is SizeValue b && RequireKnown(b, At(statement.To.Span), "for", "end")
            ? new LoopBounds(a.Size, b.Size, null, null)
            : null;
    }

    /// <summary>
    /// A loop that stays one: what it changes becomes variables. The body is planned again with a size as a variable where
    /// an iteration changed it, until nothing changes any more.
    /// </summary>
    private void RunLoop(Symbol variable, Size from, Size to, Place place, Action body)
    {
        var before = _scope;
        var heads = new Dictionary<string, Value>();
        var targets = new Dictionary<string, IReadOnlyList<TextSpan>>();
        var sizeVariables = new Dictionary<(string, int), Symbol>();
        // Values from outside that a turn observes: the next one reads their posteriors.
        var outside = new HashSet<TensorValue>(before.Names.SelectMany(name => TensorsIn(before.Find(name)!.Value)));
        var observed = new Dictionary<TensorValue, ChainFact>();
        while (true)
        {
            CountStages(1);
            var mark = Mark();
            var turn = _path.Loop(new LoopFrame(variable, from, to, _path.Branches.Count));
            foreach (var pair in heads)
                turn.Scope.Set(pair.Key, new Binding(pair.Value, targets[pair.Key]));
            foreach (var pair in observed)
                turn.SetFact(pair.Key, pair.Value);
            Along(turn, body);
            var (after, items) = (turn.Scope, turn.Items);

            var changed = false;
            var carried = new List<Carried>();
            var sizes = new List<SizeCarried>();
            foreach (var name in before.Names.ToArray())
            {
                var (old, next) = (before.Find(name)!, after.Find(name)!);
                var head = heads.TryGetValue(name, out var made) ? made : old.Value;
                // What is not set on every path before the loop is not either behind it, and goes round in no turn.
                if (ReferenceEquals(next.Value, head) && made is null || old.UndecidedAt is not null)
                    continue;
                targets[name] = old.Targets.Union(next.Targets).ToArray();
                switch (head, next.Value)
                {
                    case (ErrorValue, _) or (_, ErrorValue):
                        heads[name] = ErrorValue.Instance;
                        break;
                    case (TensorValue tensor, TensorValue later) when tensor.Shape.Rank == later.Shape.Rank:
                        var initial = (TensorValue)old.Value;
                        var shape = new Size[tensor.Shape.Rank];
                        for (var axis = 0; axis < shape.Length; axis++)
                        {
                            shape[axis] = tensor.Shape[axis];
                            if (later.Shape[axis].Substitute(_path.Assumptions) != tensor.Shape[axis].Substitute(_path.Assumptions) && !sizeVariables.ContainsKey((name, axis)))
                            {
                                sizeVariables[(name, axis)] = NewSymbol(InputSymbolName(DisplayName(name), axis, shape.Length), KindOf(initial.Shape[axis], later.Shape[axis]));
                                changed = true;
                            }
                            if (sizeVariables.TryGetValue((name, axis), out var symbol))
                            {
                                shape[axis] = Size.Of(symbol);
                                sizes.Add(new SizeCarried(symbol, initial.Shape[axis], later.Shape[axis]));
                            }
                        }
                        var fact = ChainFact.Either(_path.FactOf(initial), turn.FactOf(later));
                        if (made is null || changed || fact.Kind != tensor.Chain.Kind)
                        {
                            heads[name] = new TensorValue(new Shape(shape), fact, place, DisplayName(name))
                            {
                                IsVariable = true,
                                MayBeInput = MayBeInput(initial) || MayBeInput(later),
                            };
                            changed = true;
                        }
                        carried.Add(new Carried((TensorValue)heads[name], initial, later));
                        break;
                    case (SizeValue number, SizeValue later):
                        if (made is null && number.Size == later.Size)
                            break;
                        if (!sizeVariables.TryGetValue((name, -1), out var counted))
                        {
                            sizeVariables[(name, -1)] = counted = NewSymbol(name, KindOf(number.Size, later.Size));
                            heads[name] = new SizeValue(Size.Of(counted));
                            changed = true;
                        }
                        sizes.Add(new SizeCarried(counted, ((SizeValue)old.Value).Size, later.Size));
                        break;
                    default:
                        heads[name] = AreSame(next.Value, head)
                            ? head
                            : Fail(DiagnosticCatalogue.ValueType(place, $"'{name}' in this loop", "of one kind, and the same unless it is a tensor or a whole number",
                                $"{head.Describe()}, then {next.Value.Describe()}"));
                        break;
                }
            }
            foreach (var value in turn.ChangedFacts.Where(outside.Contains))
            {
                var fact = ChainFact.Either(_path.FactOf(value), turn.FactOf(value));
                changed |= fact.Kind != (observed.TryGetValue(value, out var head) ? head : _path.FactOf(value)).Kind;
                observed[value] = fact;
            }
            if (changed)
            {
                Rollback(mark);
                continue;
            }
            foreach (var pair in observed)
                _path.SetFact(pair.Key, pair.Value);
            foreach (var pair in heads)
                before.Set(pair.Key, new Binding(pair.Value, targets[pair.Key]));
            foreach (var name in after.Names)
                if (before.Find(name) is null)
                    before.Set(name, new Binding(after.Find(name)!.Value, after.Find(name)!.Targets, place));
            _items.Add(new LoopItem(variable, from, to, items, carried, sizes, place));
            return;
        }
    }

    private static IEnumerable<TensorValue> TensorsIn(Value value) => value switch
    {
        TensorValue tensor => [tensor],
        ListValue list => list.Items.SelectMany(TensorsIn),
        _ => [],
    };

    /// <summary>Names that only the planning of a repetition uses stand in angle brackets.</summary>
    private static string DisplayName(string name) => name.Trim('<', '>');

    private IReadOnlyList<(Member Parent, int Count)> Mark() => AllMembers(_root).Select(member => (member, member.Children.Count)).ToList();

    private static IEnumerable<Member> AllMembers(Member member) => member.Children.SelectMany(AllMembers).Prepend(member);

    /// <summary>
    /// Forgets the members that a discarded turn of a loop made. A shared module that it was the first to apply stays made: it
    /// was declared outside, and the next turn applies it again.
    /// </summary>
    private static void Rollback(IReadOnlyList<(Member Parent, int Count)> mark)
    {
        foreach (var (parent, count) in mark)
            parent.Truncate(count);
    }
}
