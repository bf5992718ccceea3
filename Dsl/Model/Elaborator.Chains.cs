using System;
using System.Collections.Generic;
using System.Linq;
using KnDsl.Dsl.Diagnostics;
using KnDsl.Dsl.Layers;
using KnDsl.Dsl.Syntax;
using KnDsl.Dsl.Text;

namespace KnDsl.Dsl.Model;

/// <summary>Chains and their stages: operations, blocks, sequences, shared modules.</summary>
internal sealed partial class Elaborator
{
    private IReadOnlyList<Value> EvaluateChain(ChainExpression chain, string? target)
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
        CallStage call => call.Call.Callee.Text == "norm",
        SequenceStage { Items.Count: > 0 } sequence => IsNorm(sequence.Items[0].Stage),
        _ => false,
    };

    /// <summary>The names of a stage's module from the module down: its label's segments, or its automatic name.</summary>
    private IReadOnlyList<IReadOnlyList<NamePart>> LabelPath(Stage stage) => LabelPath(stage.Label, stage.Span);

    private IReadOnlyList<IReadOnlyList<NamePart>> LabelPath(Label? label, TextSpan span)
    {
        if (label is not null)
            return label.Segments.Select(segment => (IReadOnlyList<NamePart>)segment.Parts.Select(PartOf).ToArray()).ToArray();
        var path = new List<IReadOnlyList<NamePart>>
        {
            new[] { new NamePart(_autoNames.TryGetValue(span, out var name) ? name : "stage", null) },
        };
        // In a loop the turns tell the modules apart.
        foreach (var counter in EnclosingCounters())
            path.Add([Counted(counter)]);
        return path;
    }

    private static NamePart Counted(Size count) => count.Value is { } known ? new NamePart(known.ToString(), null) : new NamePart("", count);

    private readonly List<Size> _counters = [];

    private IEnumerable<Size> EnclosingCounters() => _counters;

    private NamePart PartOf(LabelPart part)
    {
        if (part.Count is null)
            return new NamePart(part.Text, null);
        if (part.Count is ErrorExpression unreadable)
        {
            Report(DiagnosticCatalogue.ValueType(At(unreadable.Span), "What a label counts", "a whole number", $"'{_source.Slice(unreadable.Span)}'"));
            return new NamePart("?", null);
        }
        switch (Evaluate(part.Count))
        {
            case SizeValue size:
                return Counted(size.Size);
            case ErrorValue:
                return new NamePart("?", null);
            case var other:
                Report(DiagnosticCatalogue.ValueType(At(part.Count.Span), "What a label counts", "a whole number", other.Describe()));
                return new NamePart("?", null);
        }
    }

    private IReadOnlyList<Value> RunStage(
        IReadOnlyList<Value> inputs, TextSpan source, Stage stage, Stage? next, IReadOnlyList<IReadOnlyList<NamePart>> path, string? target)
    {
        CountStages(1);
        if (stage is SequenceStage sequence)
            return RunSequence(inputs, source, sequence, next, path, target);
        var call = ((CallStage)stage).Call;
        var tensors = new List<TensorValue>();
        foreach (var input in inputs)
            switch (input)
            {
                case TensorValue tensor:
                    tensors.Add(tensor);
                    break;
                case ErrorValue:
                    CheckQuietly(call);
                    return [input];
                default:
                    return [Fail(DiagnosticCatalogue.ValueType(At(source), $"What goes into '{call.Callee.Text}'", "a tensor", input.Describe()))];
            }
        return RunCall(tensors, call, stage.Label, At(call.Span), path, IsNorm(next), target);
    }

    /// <summary>Behind an error the names and arguments of a stage are still checked; only what its input decides is not.</summary>
    private void CheckQuietly(Call call)
    {
        var name = call.Callee.Text;
        if (LayerCatalogue.Find(name) is { } layer && name != "concat")
            BindArguments(call, layer.Parameters);
        else if (_context.Declarations.TryGetValue(name, out var found))
        {
            var (_, rest) = SplitInputs(call, found.Declaration, 1);
            BindParameters(call, found.Declaration, found.Source, rest);
        }
        else if (_scope.Find(name) is null && LayerCatalogue.Find(name) is null)
            ReportUnknownStage(call.Callee);
    }

    private void ReportUnknownStage(Name callee)
    {
        if (_context.Unusable.Contains(callee.Text) || _scope.Find(callee.Text)?.Value is ErrorValue)
        {
            _failed = true;
            return;
        }
        var known = LayerCatalogue.All.Select(layer => layer.Name).Concat(_context.Declarations.Keys)
            .Concat(_scope.Names.Where(name => _scope.Find(name)!.Value is ModuleValue));
        Report(DiagnosticCatalogue.UnknownStage(At(callee.Span), callee.Text)
            .WithHint((LayerCatalogue.FindByTorchName(callee.Text) ?? Spelling.Nearest(callee.Text, known)) is { } nearest ? $"Did you mean '{nearest}'?" : null));
    }

    private IReadOnlyList<Value> EvaluateCall(CallExpression expression, string? target)
    {
        var call = expression.Call;
        var name = call.Callee.Text;
        CountStages(1);
        if (LayerCatalogue.Find(name) is { } layer)
        {
            var given = call.Arguments.TakeWhile(argument => argument.Name is null).ToArray();
            if (layer.InputCount is 1)
                return [Fail(DiagnosticCatalogue.Misplaced(At(call.Callee.Span), name, "it as a stage")
                    .WithHint(given.Length > 0 ? $"Write {_source.Slice(given[0].Span)} -> {name}{(given.Length > 1 ? "(...)" : "")}." : $"Write value -> {name}."))];
            if (expression.Label is not null && layer is Concat)
                return [Fail(DiagnosticCatalogue.LabelNotAllowed(At(expression.Label.Span), $"'{name}' has no module to name"))];
            return [EvaluateJoin(layer, call, given, target)];
        }
        if (NormPolicies.Find(name) is not null && !_context.Declarations.ContainsKey(name))
            return [(Value?)EvaluatePolicy(expression) ?? ErrorValue.Instance];
        if (!_context.Declarations.TryGetValue(name, out var found) && !(_scope.Find(name)?.Value is ModuleValue))
        {
            ReportUnknownStage(call.Callee);
            return [ErrorValue.Instance];
        }
        return RunCall([], call, expression.Label, At(call.Span), LabelPath(expression.Label, expression.Span), false, target);
    }

    /// <summary>concat(a, b, ...): its values come before its named arguments.</summary>
    private Value EvaluateJoin(Layer layer, Call call, IReadOnlyList<Argument> given, string? target)
    {
        var tensors = new List<TensorValue>();
        var failed = false;
        foreach (var argument in given)
            foreach (var value in EvaluateAll(argument.Value, null))
            {
                if (value is TensorValue tensor)
                    tensors.Add(tensor);
                else
                {
                    failed = true;
                    if (value is not ErrorValue)
                        Report(DiagnosticCatalogue.ValueType(At(argument.Span), $"What '{layer.Name}' joins", "a tensor", value.Describe()));
                }
            }
        var bound = BindArguments(call, layer.Parameters, call.Arguments.Skip(given.Count).ToArray());
        if (bound is null || failed)
            return ErrorValue.Instance;
        if (tensors.Count < (layer.InputCount ?? 1))
            return Fail(DiagnosticCatalogue.ValueCount(At(call.Span), $"The list of '{layer.Name}'", layer.InputCount ?? 2, tensors.Count));
        return ApplyLayer(layer, tensors, bound, At(call.Span), null, false, target);
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
            if (label is not null)
                Report(DiagnosticCatalogue.LabelNotAllowed(At(label.Span), $"The module '{name}' has its name already"));
            return ApplyShared(shared.Module, inputs, call, place, target);
        }
        if (_context.Declarations.TryGetValue(name, out var found))
            return RunBlockCall(inputs, call, found.Declaration, found.Source, place, path, target, named);
        if (LayerCatalogue.Find(name) is not { } layer)
        {
            ReportUnknownStage(call.Callee);
            return [ErrorValue.Instance];
        }
        if (layer.InputCount is not 1)
            return [Fail(DiagnosticCatalogue.Misplaced(At(call.Callee.Span), name, "it with its values in parentheses").WithHint($"Write {layer.Example}."))];
        var arguments = BindArguments(call, layer.Parameters);
        if (arguments is null)
            return [ErrorValue.Instance];
        if (inputs.Count != 1)
            return [Fail(DiagnosticCatalogue.ValueCount(place, $"What goes into '{name}'", 1, inputs.Count))];
        return [ApplyLayer(layer, inputs, arguments, place, path, beforeNorm, target, named)];
    }

    private Value ApplyLayer(
        Layer layer, IReadOnlyList<TensorValue> inputs, IReadOnlyDictionary<string, (Value Value, Place Place)> arguments, Place place,
        IReadOnlyList<IReadOnlyList<NamePart>>? path, bool beforeNorm, string? target, Place? named = null)
    {
        if (layer is Norm)
            arguments = WithPolicy(arguments, place);
        var call = new LayerCall(layer, inputs, arguments, place, beforeNorm, Report, Require);
        if (Infer(call) is not { } shape)
            return ErrorValue.Instance;
        call.Output = shape;
        Member? member = null;
        if (layer.ModuleType is { } type && path is not null)
        {
            member = AddMember(path, type, named ?? place);
            if (member is null)
                return ErrorValue.Instance;
            _items.Add(new ConstructLayerItem(member, call, place));
        }
        return Apply(member, call, shape, place, target);
    }

    /// <summary>The shape of the output; null where an error was reported.</summary>
    private Shape? Infer(LayerCall call)
    {
        try
        {
            return call.Layer.Infer(call) is { } shape && !call.HasFailed ? shape : null;
        }
        catch (OverflowException)
        {
            Report(DiagnosticCatalogue.Overflow(call.Place));
            return null;
        }
    }

    private IReadOnlyDictionary<string, (Value Value, Place Place)> WithPolicy(IReadOnlyDictionary<string, (Value Value, Place Place)> arguments, Place place)
    {
        if (arguments.ContainsKey("policy"))
            return arguments;
        _usesNorm |= _policyIsAmbient && _declaration.Kind == ModuleKind.Block;
        var all = arguments.ToDictionary(pair => pair.Key, pair => pair.Value);
        all["policy"] = (_policy, place);
        return all;
    }

    private TensorValue Apply(Member? member, LayerCall call, Shape shape, Place place, string? target)
    {
        var name = target ?? "";
        var states = call.Inputs.Select(input => input.Chain).ToArray();
        ChainFact chain;
        ChainFact? prior = null;
        if (call.Layer is Norm)
        {
            prior = Norm.StartsChain(call) ? ChainFact.NotBegun : call.Inputs[0].Chain;
            chain = ObserveBy(call, member!, prior, place);
        }
        else if (!call.Layer.PassesState(call))
            chain = states.FirstOrDefault(state => state.Kind != ChainKind.NotBegun) is { } cut
                ? cut.Kind == ChainKind.Cut ? cut : ChainFact.Cut(call.Layer.Name, place)
                : ChainFact.NotBegun;
        else
            chain = states.Length == 1 ? states[0].Through(call.Layer.Name) : ChainFact.Join(states, call.Layer.Name, place);
        var output = new TensorValue(shape, chain, place, name);
        _items.Add(new ApplyLayerItem(member, call, output, place) { Prior = prior });
        return output;
    }

    /// <summary>A norm takes the prior that reaches it and sharpens the state of the value that it observes.</summary>
    private ChainFact ObserveBy(LayerCall call, Member norm, ChainFact prior, Place place)
    {
        var policy = Norm.Policy(call)!;
        if (!policy.HasChain)
            return ChainFact.NotBegun;
        if (prior.Kind == ChainKind.Cut && !_isGeneric)
            Report(prior.CutByJoin
                ? DiagnosticCatalogue.ChainJoin(place, norm.Path, prior.CutBy!, prior.CutAt!.Value)
                : DiagnosticCatalogue.ChainCut(place, norm.Path, prior.CutBy!, prior.CutAt!.Value));
        call.Inputs[0].Chain = ChainFact.FromNorm(norm.Path);
        return ChainFact.FromNorm(norm.Path);
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
            if (item.Count is null)
            {
                values = RunStage(values, source, item.Stage, following, [.. path, [Counted(index)]], name);
                index += 1;
                continue;
            }
            if (Count(item.Count) is not { } count)
            {
                values = RunStage(values, source, item.Stage, following, [.. path, [Counted(index)]], name);
                if (!values.Any(value => value is ErrorValue))
                    values = [ErrorValue.Instance];
                continue;
            }
            values = Repeat(values, source, item, following, path, index, count, name);
            index += count;
        }
        return values;
    }

    /// <summary>The names that sequences have: their members are numbered.</summary>
    private readonly HashSet<string> _sequences = [];

    private static string Text(IReadOnlyList<NamePart> name) => string.Concat(name.Select(part => part.Count is null ? part.Text : $"{{{part.Count}}}"));

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
                return size.Size;
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
            if (_scope.Find(name) is null && _loops.All(loop => loop.Variable.Name != name))
                return name;
        return $"turn{_loops.Count + 1}";
    }
}
