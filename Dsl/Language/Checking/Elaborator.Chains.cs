using System;
using System.Collections.Generic;
using System.Linq;
using KnDsl.Language.Diagnostics;
using KnDsl.Language.Operations;
using KnDsl.Language.Operations.Contract;
using KnDsl.Language.Plan;
using KnDsl.Language.Syntax;
using KnDsl.Language.Text;
using KnDsl.Language.Values;

namespace KnDsl.Language.Checking;

/// <summary>Chains and their stages: operations, blocks, sequences, shared modules.</summary>
internal sealed partial class Elaborator
{
    private IReadOnlyList<Value> EvaluatePipe(PipeExpression chain, string? target)
    {
        var values = EvaluateAll(chain.Source, null);
        for (var i = 0; i < chain.Stages.Count; i++)
        {
            var next = i + 1 < chain.Stages.Count ? chain.Stages[i + 1] : null;
            values = RunStage(values, chain.Source.Span, chain.Stages[i], next, LabelPath(chain.Stages[i]), next is null ? target : null);
        }
        return values;
    }

    private static bool IsNorm(Stage? stage) => stage switch
    {
        CallStage call => OperationCatalogue.Find(call.Call.Callee.Text) is { PolicyOfNetwork: not null },
        SequenceStage { Items.Count: > 0 } sequence => IsNorm(sequence.Items[0].Stage),
        _ => false,
    };

    /// <summary>The names of a stage's module from the module down: its label's segments, or its automatic name.</summary>
    private IReadOnlyList<IReadOnlyList<NamePart>> LabelPath(Stage stage) => LabelPath(stage.Label, stage.Span);

    private IReadOnlyList<IReadOnlyList<NamePart>> LabelPath(Label? label, TextSpan span)
    {
        if (label is not null)
        {
            if (label.Segments.All(segment => segment.Parts.Count > 0))
                return label.Segments.Select(segment => (IReadOnlyList<NamePart>)segment.Parts.Select(PartOf).ToArray()).ToArray();
            Report(DiagnosticCatalogue.ExpectedToken(At(label.Span), "a name on both sides of every dot of a label", _source.At(label.Span).OneLine()));
            return [[Unreadable()]];
        }
        var path = new List<IReadOnlyList<NamePart>>
        {
            new[] { new NamePart((_autoNames ??= AutomaticNames.Of(_declaration)).TryGetValue(span, out var name) ? name : "stage", null) },
        };
        // In a loop the turns tell the modules apart.
        foreach (var turn in _path.Turns)
        {
            _sequences.Add(string.Join(".", path.Select(Text)));
            path.Add([Counted(turn)]);
        }
        return path;
    }

    private static NamePart Counted(Size count) => count.Value is { } known ? new NamePart(known.ToString(), null) : new NamePart("", count);

    /// <summary>A name of which something is wrong: it is no other's, so that nothing follows from it.</summary>
    private NamePart Unreadable() => new($"?{_unreadable++}", null);

    private int _unreadable;

    private NamePart PartOf(LabelPart part)
    {
        if (part.Count is null)
            return new NamePart(part.Text, null);
        if (part.Count is ErrorExpression unreadable)
        {
            Report(DiagnosticCatalogue.ValueType(At(unreadable.Span), "What a label counts", "a whole number", $"'{_source.Slice(unreadable.Span)}'"));
            return Unreadable();
        }
        switch (Evaluate(part.Count))
        {
            case SizeValue size when RequireKnown(size, At(part.Count.Span), "label", "number"):
                return Counted(size.Size);
            case SizeValue or ErrorValue:
                return Unreadable();
            case var other:
                Report(DiagnosticCatalogue.ValueType(At(part.Count.Span), "What a label counts", "a whole number", other.Describe()));
                return Unreadable();
        }
    }

    private IReadOnlyList<Value> RunStage(
        IReadOnlyList<Value> inputs, TextSpan source, Stage stage, Stage? next, IReadOnlyList<IReadOnlyList<NamePart>> path, string? target)
    {
        CountStages(1);
        if (stage.Condition is { } condition)
            return RunConditional(inputs, condition, stage, () => RunStage(inputs, source, stage with { Condition = null }, next, path, target), target);
        if (stage is SequenceStage sequence)
            return RunSequence(inputs, source, sequence, next, path, target);
        var call = ((CallStage)stage).Call;
        var tensors = new TensorValue[inputs.Count];
        for (var i = 0; i < inputs.Count; i++)
            switch (inputs[i])
            {
                case TensorValue tensor:
                    tensors[i] = tensor;
                    break;
                case ErrorValue:
                    CheckQuietly(call);
                    return [ErrorValue.Instance];
                case var other:
                    return [Fail(DiagnosticCatalogue.ValueType(At(source), $"What goes into '{call.Callee.Text}'", "a tensor", other.Describe()))];
            }
        return RunCall(tensors, call, stage.Label, At(call.Span), path, IsNorm(next), target);
    }

    /// <summary>Behind an error the names and arguments of a stage are still checked; only what its input decides is not.</summary>
    private void CheckQuietly(Call call)
    {
        var name = call.Callee.Text;
        if (FindLayer(name) is { } layer && name != "concat")
            BindArguments(call, layer.Parameters);
        else if (_file.Visible.TryGetValue(name, out var found))
        {
            var (_, rest) = SplitInputs(call, found.Declaration, 1);
            BindParameters(call, found.Declaration, found.Source, rest);
        }
        else if (_scope.Find(name) is null && FindLayer(name) is null)
            ReportUnknownStage(call.Callee);
    }

    private void ReportUnknownStage(Name callee)
    {
        // Blocks have capitals: one that is not known may be in the import that failed.
        if (_file.Unusable.Contains(callee.Text) || _file.LacksNames && char.IsUpper(callee.Text[0]) || _scope.Find(callee.Text)?.Value is ErrorValue)
        {
            _failed = true;
            return;
        }
        var known = OperationCatalogue.All.Select(layer => layer.Name).Concat(_file.Visible.Keys).Concat(_file.Externs.Keys)
            .Concat(_scope.Names.Where(name => _scope.Find(name)!.Value is ModuleValue));
        Report(DiagnosticCatalogue.UnknownStage(At(callee.Span), callee.Text)
            .WithHint(NormPolicies.Find(callee.Text) is not null ? $"It is a policy: write norm({callee.Text}())."
                : (OperationCatalogue.FindByTorchName(callee.Text) ?? Spelling.Nearest(callee.Text, known)) is { } nearest ? $"Did you mean '{nearest}'?" : null));
    }

    private IReadOnlyList<Value> EvaluateCall(CallExpression expression, string? target)
    {
        var call = expression.Call;
        var name = call.Callee.Text;
        CountStages(1);
        if (FindLayer(name) is { } layer)
        {
            var given = call.Arguments.TakeWhile(argument => argument.Name is null).ToArray();
            if (layer.InputCount is 1)
                return [Fail(DiagnosticCatalogue.Misplaced(At(call.Callee.Span), name, "it as a stage")
                    .WithHint(given.Length > 0 ? $"Write {_source.Slice(given[0].Span)} -> {name}{(given.Length > 1 ? "(...)" : "")}." : $"Write value -> {name}."))];
            if (expression.Label is not null && layer.Module is null)
                return [Fail(DiagnosticCatalogue.LabelNotAllowed(At(expression.Label.Span), $"'{name}' has no module to name"))];
            return [EvaluateJoin(layer, expression, given, target)];
        }
        if (NormPolicies.Find(name) is not null && !_file.Visible.ContainsKey(name))
            return [(Value?)EvaluatePolicy(expression) ?? ErrorValue.Instance];
        if (!_file.Visible.TryGetValue(name, out var found) && !(_scope.Find(name)?.Value is ModuleValue))
        {
            ReportUnknownStage(call.Callee);
            return [ErrorValue.Instance];
        }
        return RunCall([], call, expression.Label, At(call.Span), LabelPath(expression.Label, expression.Span), false, target);
    }

    /// <summary>concat(a, b, ...): its values come before its named arguments.</summary>
    private Value EvaluateJoin(Operation layer, CallExpression expression, IReadOnlyList<Argument> all, string? target)
    {
        var call = expression.Call;
        var given = all.Take(layer.InputCount ?? all.Count).ToArray();
        var tensors = new List<TensorValue>();
        var failed = false;
        foreach (var argument in given)
            foreach (var value in EvaluateAll(argument.Value, null))
            {
                if (value is TensorValue tensor)
                    tensors.Add(tensor);
                else
                {
                    if (value is not ErrorValue && !failed)
                        Report(DiagnosticCatalogue.ValueType(At(argument.Span), $"What '{layer.Name}' joins", "a tensor", value.Describe())
                            .WithHint(value switch
                            {
                                ListValue => $"Write the values themselves: {layer.Example}.",
                                SizeValue => layer.HintForNumber,
                                _ => null,
                            }));
                    failed = true;
                }
            }
        var bound = BindArguments(call, layer.Parameters, call.Arguments.Skip(given.Length).ToArray());
        if (bound is null || failed)
            return ErrorValue.Instance;
        if (tensors.Count < (layer.InputCount ?? 1))
            return Fail(DiagnosticCatalogue.InputCount(At(call.Span), layer.Name, layer.InputCount is { } count ? $"{count} values" : "at least one value", tensors.Count));
        var path = LabelPath(expression.Label, expression.Span);
        if (layer.Module == ModuleType.Parameter && !CanBeLearnedHere(call, path))
            return ErrorValue.Instance;
        return ApplyLayer(layer, tensors, bound, At(call.Span), path, false, target, expression.Label is { } label ? At(label.Span) : null);
    }

    /// <summary>A learned tensor is one parameter under one name that the file says: torch moves it by that name.</summary>
    private bool CanBeLearnedHere(Call call, IReadOnlyList<IReadOnlyList<NamePart>> path)
    {
        if (_path.Turns.Count == 0 && _path.Loops.Count == 0 && path.All(name => name.All(part => part.Count is null)))
            return true;
        Report(DiagnosticCatalogue.Misplaced(At(call.Callee.Span), call.Callee.Text, "it outside of loops, under a name that counts nothing")
            .WithHint("Put it into a block, with what uses it, and count the blocks."));
        return false;
    }

    /// <summary>An operation, a block or a shared module, applied to values.</summary>
    private IReadOnlyList<Value> RunCall(
        IReadOnlyList<TensorValue> inputs, Call call, Label? label, Place place, IReadOnlyList<IReadOnlyList<NamePart>> path, bool beforeNorm, string? target)
    {
        var name = call.Callee.Text;
        var named = label is null ? place : At(label.Span);
        if (_scope.Find(name) is { Value: ModuleValue shared } binding)
        {
            foreach (var span in binding.Targets)
                _used.Add(span);
            if (binding.UndecidedAt is { } undecided)
                return [Fail(DiagnosticCatalogue.UndecidedModule(At(call.Callee.Span), name, undecided))];
            if (label is not null)
                Report(DiagnosticCatalogue.LabelNotAllowed(At(label.Span), $"The module '{name}' has its name already"));
            return ApplyShared(shared.Module, inputs, call, place, target);
        }
        if (_file.Visible.TryGetValue(name, out var found))
            return RunBlockCall(inputs, call, found.Declaration, found.Source, place, path, target, named);
        if (FindLayer(name) is not { } layer)
        {
            ReportUnknownStage(call.Callee);
            return [ErrorValue.Instance];
        }
        if (layer.InputCount is not 1)
            return [Fail(DiagnosticCatalogue.Misplaced(At(call.Callee.Span), name, layer.InputCount is 0 ? "it as a value" : "it with its values in parentheses")
                .WithHint($"Write {layer.Example}."))];
        var arguments = BindArguments(call, layer.Parameters);
        if (arguments is null)
            return [ErrorValue.Instance];
        if (inputs.Count != 1)
            return [Fail(DiagnosticCatalogue.InputCount(place, name, "1 value", inputs.Count))];
        return layer.IsRow
            ? ApplyRow(layer, inputs[0], arguments, place)
            : [ApplyLayer(layer, inputs, arguments, place, path, beforeNorm, target, named)];
    }

    /// <summary>An operation that stands for a row of others, which are applied one by one.</summary>
    private IReadOnlyList<Value> ApplyRow(Operation row, TensorValue input, Arguments arguments, Place place) =>
        row.Expand(new OperationCall(row, [input], arguments, place, false, _report, _require)) is { } parts
            ? parts.Select(part => ApplyLayer(part.Operation, [input], part.Arguments, place, null, false, null)).ToArray()
            : [ErrorValue.Instance];

    private Value ApplyLayer(
        Operation layer, IReadOnlyList<TensorValue> inputs, Arguments arguments, Place place,
        IReadOnlyList<IReadOnlyList<NamePart>>? path, bool beforeNorm, string? target, Place? named = null)
    {
        arguments = WithPolicy(layer, arguments, place);
        if (arguments.HasTensors)
            inputs = [.. inputs, .. arguments.Tensors];
        var call = new OperationCall(layer, inputs, arguments, place, beforeNorm, _report, _require);
        if (Infer(call) is not { } shape)
            return ErrorValue.Instance;
        Member? member = null;
        if (layer.Module is { } type && path is not null)
        {
            if (!RequireKnown(arguments, layer.Name))
                return ErrorValue.Instance;
            member = AddMember(path, type, named ?? place);
            if (member is null)
                return ErrorValue.Instance;
            _items.Add(new ConstructOperationItem(member, call, place));
        }
        return Apply(member, call, shape, place, target);
    }

    /// <summary>The shape of the output; null where an error was reported.</summary>
    private Shape? Infer(OperationCall call)
    {
        try
        {
            return call.Operation.Infer(call) is { } shape && !call.HasFailed ? shape : null;
        }
        catch (OverflowException)
        {
            Report(DiagnosticCatalogue.Overflow(call.Place));
            return null;
        }
    }

    private Arguments WithPolicy(Operation layer, Arguments arguments, Place place)
    {
        if (layer.PolicyOfNetwork is not { } parameter || arguments.Find(parameter.Name) is not null)
            return arguments;
        _usesNorm |= _path.IsPolicyAmbient && _declaration.Kind == ModuleKind.Block;
        return arguments.With(parameter.Name, _path.Policy, place);
    }

    private TensorValue Apply(Member? member, OperationCall call, Shape shape, Place place, string? target)
    {
        var name = target ?? "";
        var states = call.StateInputs.Select(_path.FactOf).ToArray();
        ChainFact chain;
        ChainFact? prior = null;
        IReadOnlyList<ApplyOperationItem>? from = null;
        if (call.Operation.Normalization(call) is { } stage)
        {
            prior = stage.StartsChain ? ChainFact.NotBegun : _path.FactOf(call.Inputs[0]);
            if (stage.From is { } missing && !stage.Policy.HasChain && !AllMembers(_root).Any(norm => norm.Path == missing))
                Report(DiagnosticCatalogue.FromUnreachable(call.PlaceOf(stage.FromParameter), missing, "none, since there is no such norm"));
            if (stage.From is { } label && stage.Policy.HasChain)
            {
                from = PathFrom(label, call.Inputs[0]);
                if (from is null)
                {
                    var reaching = prior.Predecessors.Select(norm => norm.Norm).Where(norm => PathFrom(norm, call.Inputs[0]) is not null).ToArray();
                    // A norm that is there is meant, even where it does not reach this one.
                    var nearest = AllMembers(_root).Any(norm => norm.Path == label) ? null : Spelling.Nearest(label, reaching);
                    Report(DiagnosticCatalogue.FromUnreachable(call.PlaceOf(stage.FromParameter), label,
                            string.Join(", ", reaching.DefaultIfEmpty(prior.HasState ? "none in this module" : "none")))
                        .WithHint(nearest is not null ? $"Did you mean '{nearest}'?"
                            : prior.Predecessors.Any(norm => norm.Norm == label)
                                ? "Its state comes here out of an 'if', a loop or a block: only operations may lie between." : null));
                }
                else
                    prior = new ChainFact(ChainKind.From, [new Predecessor(label, from.Skip(1).Select(step => step.Call.Operation.Name).ToArray())]);
            }
            chain = ObserveBy(call, stage.Policy, member!, prior, place);
        }
        else if (call.IsLearned)
            chain = ChainFact.NotBegun;
        else if (!call.Operation.PassesState(call))
            chain = states.FirstOrDefault(state => state.Kind != ChainKind.NotBegun) is { } cut
                ? cut.Kind == ChainKind.Cut ? cut : ChainFact.Cut(call.Operation.Name, place)
                : ChainFact.NotBegun;
        else
            chain = states.Length == 1 ? states[0].Through(call.Operation.Name) : ChainFact.Join(states, call.Operation.Name, place);
        var output = new TensorValue(shape, chain, place, name) { IsLearned = call.IsLearned };
        _items.Add(new ApplyOperationItem(member, call, output, place) { Prior = prior, From = from });
        return output;
    }

    /// <summary>The norm of a label and the stages from it to a value, or null where no path with moment rules leads there.</summary>
    private IReadOnlyList<ApplyOperationItem>? PathFrom(string label, TensorValue value)
    {
        var made = _path.ItemsOutwards().OfType<ApplyOperationItem>().ToDictionary(item => item.Output);
        var seen = new HashSet<TensorValue>();
        return Search(value);

        IReadOnlyList<ApplyOperationItem>? Search(TensorValue at)
        {
            if (!seen.Add(at) || !made.TryGetValue(at, out var item))
                return null;
            if (item.Call.Operation.Normalization(item.Call) is not null)
                return item.Member!.Path == label ? [item] : null;
            return item.Call.Operation.PassesState(item.Call)
                ? item.Call.StateInputs.Select(Search).FirstOrDefault(path => path is not null) is { } path ? [.. path, item] : null
                : null;
        }
    }

    /// <summary>A norm takes the prior that reaches it and sharpens the state of the value that it observes.</summary>
    private ChainFact ObserveBy(OperationCall call, PolicyValue policy, Member norm, ChainFact prior, Place place)
    {
        if (!policy.HasChain)
            return ChainFact.NotBegun;
        if (prior.Kind == ChainKind.Cut && !_isGeneric)
            Report(prior.CutByJoin
                ? DiagnosticCatalogue.ChainJoin(place, norm.Path, prior.CutBy!, prior.CutAt!.Value)
                : DiagnosticCatalogue.ChainCut(place, norm.Path, prior.CutBy!, prior.CutAt!.Value));
        var posterior = ChainFact.FromNorm(norm.Path);
        Observe(call.Inputs[0], posterior);
        return posterior;
    }

    /// <summary>A norm observes a value: whoever reads it later on this path reads the posterior.</summary>
    private void Observe(TensorValue value, ChainFact posterior)
    {
        _path.SetFact(value, posterior);
        if (posterior.HasState)
            _observed.Add(value);
    }

    /// <summary>A stage that is left out where its condition does not hold: its values go on as they came.</summary>
    private IReadOnlyList<Value> RunConditional(IReadOnlyList<Value> inputs, Expression condition, Stage stage, Func<IReadOnlyList<Value>> run, string? target)
    {
        var names = inputs.Select((_, i) => $"<{target ?? "x"}{(inputs.Count == 1 ? "" : i.ToString())}>").ToArray();
        for (var i = 0; i < inputs.Count; i++)
            _scope.Set(names[i], inputs[i]);
        var failed = false;
        RunIf(condition, At(TextSpan.Union(stage.Span, condition.Span)), () =>
        {
            var results = run();
            if (results.Count != inputs.Count && !results.Any(value => value is ErrorValue))
                results = [Fail(DiagnosticCatalogue.ValueCount(At(stage.Span), "A stage with a condition", inputs.Count, results.Count))];
            failed |= results.Any(value => value is ErrorValue);
            for (var i = 0; i < inputs.Count; i++)
                _scope.Set(names[i], failed ? ErrorValue.Instance : results[i]);
        }, () => { }, names, []);
        var values = names.Select(name => _scope.Find(name)!.Value).ToArray();
        foreach (var name in names)
            _scope.Remove(name);
        return values;
    }

    // ---- sequences -----------------------------------------------------------------------------------------------

    private IReadOnlyList<Value> RunSequence(
        IReadOnlyList<Value> values, TextSpan source, SequenceStage sequence, Stage? next, IReadOnlyList<IReadOnlyList<NamePart>> path, string? target)
    {
        _sequences.Add(string.Join(".", path.Select(Text)));
        var index = Size.Zero;
        for (var i = 0; i < sequence.Items.Count; i++)
        {
            var item = sequence.Items[i];
            var following = i + 1 < sequence.Items.Count ? sequence.Items[i + 1].Stage : next;
            if (item.Stage.Label is { } label)
                Report(DiagnosticCatalogue.LabelNotAllowed(At(label.Span), "A member of a sequence is numbered"));
            var name = i + 1 < sequence.Items.Count ? null : target;
            if (item.Stage.Condition is { } condition)
            {
                // The numbers of the members behind depend on whether this one is there.
                _scope.Set("<index>", new SizeValue(index));
                values = RunConditional(values, condition, item.Stage, () =>
                {
                    var results = RunItem(values, source, item with { Stage = item.Stage with { Condition = null } }, following, path, ref index, name);
                    _scope.Set("<index>", new SizeValue(index));
                    return results;
                }, name);
                index = _scope.Find("<index>") is { Value: SizeValue after } ? after.Size : index;
                _scope.Remove("<index>");
            }
            else
                values = RunItem(values, source, item, following, path, ref index, name);
        }
        return values;
    }

    private IReadOnlyList<Value> RunItem(
        IReadOnlyList<Value> values, TextSpan source, SequenceItem item, Stage? following, IReadOnlyList<IReadOnlyList<NamePart>> path, ref Size index, string? name)
    {
        var first = index;
        if (item.Count is null)
        {
            index += 1;
            return RunStage(values, source, item.Stage, following, [.. path, [Counted(first)]], name);
        }
        if (Count(item.Count) is { } count)
        {
            index += count;
            return Repeat(values, source, item, following, path, first, count, name);
        }
        RunStage(values, source, item.Stage, following, [.. path, [Counted(first)]], name);
        return [ErrorValue.Instance];
    }

    /// <summary>The names that sequences have: their members are numbered.</summary>
    private readonly HashSet<string> _sequences = [];

    private static string Text(IReadOnlyList<NamePart> name) => Member.TextOf(name);

    private Size? Count(Expression expression)
    {
        switch (Evaluate(expression))
        {
            case SizeValue { Size.Value: < 0 } negative:
                Report(DiagnosticCatalogue.ValueType(At(expression.Span), "How often a stage stands in a sequence", "at least 0", negative.Describe()));
                return null;
            case SizeValue size:
                if (size.Size.Value > ModelContext.MostStages)
                {
                    Report(DiagnosticCatalogue.TooLarge(At(expression.Span), $"This repetition ({size.Describe()} times)", ModelContext.MostStages));
                    return null;
                }
                return RequireKnown(size, At(expression.Span), "*", "number of times") ? size.Size : null;
            case ErrorValue:
                return null;
            case var other:
                Report(DiagnosticCatalogue.ValueType(At(expression.Span), "How often a stage stands in a sequence", "a whole number", other.Describe()));
                return null;
        }
    }

    private IReadOnlyList<Value> Repeat(
        IReadOnlyList<Value> values, TextSpan source, SequenceItem item, Stage? following, IReadOnlyList<IReadOnlyList<NamePart>> path, Size index, Size count, string? target)
    {
        if (count.Value is { } times && (!_isGeneric || times == 1))
        {
            for (var turn = 0; turn < times; turn++)
                values = RunStage(values, source, item.Stage, turn + 1 < times ? item.Stage : following, [.. path, [Counted(index + turn)]], turn + 1 < times ? null : target);
            return values;
        }
        // The value that goes round is a name of its own while the loop is planned.
        var name = target ?? "x";
        var hidden = Enumerable.Range(1, values.Count).Select(i => values.Count == 1 ? $"<{name}>" : $"<{name}{i}>").ToArray();
        for (var i = 0; i < values.Count; i++)
            _scope.Set(hidden[i], values[i]);
        var variable = new Symbol(LoopVariable(), SymbolKind.Construction, false);
        var failed = false;
        RunLoop(variable, Size.Zero, count, At(item.Span), () =>
        {
            var current = hidden.Select(key => _scope.Find(key)!.Value).ToArray();
            var after = RunStage(current, source, item.Stage, following, [.. path, [Counted(index + Size.Of(variable))]], null);
            failed |= after.Any(value => value is ErrorValue);
            if (after.Count != hidden.Length && !failed)
            {
                Report(DiagnosticCatalogue.ValueCount(At(item.Span), "A repeated stage", hidden.Length, after.Count));
                failed = true;
            }
            for (var i = 0; i < hidden.Length; i++)
                _scope.Set(hidden[i], failed ? ErrorValue.Instance : after[i]);
        });
        var result = hidden.Select(key => _scope.Find(key)!.Value).ToArray();
        foreach (var key in hidden)
            _scope.Remove(key);
        return failed ? [ErrorValue.Instance] : result;
    }

    private string LoopVariable()
    {
        foreach (var name in new[] { "i", "j", "k" })
            if (_scope.Find(name) is null && TakeForLoop(name))
                return name;
        return NewSymbol("turn").Name;
    }
}
