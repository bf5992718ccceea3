using System;
using System.Collections.Generic;
using System.Linq;
using KnDsl.Dsl.Diagnostics;
using KnDsl.Dsl.Layers;
using KnDsl.Dsl.Syntax;
using KnDsl.Dsl.Text;

namespace KnDsl.Dsl.Model;

/// <summary>Members, blocks and shared modules: what a module holds, and how it uses other modules.</summary>
internal sealed partial class Elaborator
{
    /// <summary>The member of a path, with the groups on the way; null where the name is taken, which is reported.</summary>
    private Member? AddMember(IReadOnlyList<IReadOnlyList<NamePart>> path, string type, Place place)
    {
        var parent = _root;
        for (var i = 0; i < path.Count - 1; i++)
        {
            var name = Text(path[i]);
            var existing = parent.Named(name).FirstOrDefault();
            if (existing is { IsGroup: false })
            {
                Report(DiagnosticCatalogue.ConflictingLabel(place, string.Join(".", path.Select(Text)), existing.Path, existing.Place));
                return null;
            }
            if (existing is not null && !StandsHere(existing))
            {
                Report(DiagnosticCatalogue.DuplicateLabel(place, existing.Path, existing.Place)
                    .WithHint("A group that a loop makes is filled in that loop only."));
                return null;
            }
            parent = existing ?? NewMember(parent, path[i], null, place, string.Join(".", path.Take(i + 1).Select(Text)));
        }
        var last = Text(path[path.Count - 1]);
        if (parent.Named(last).FirstOrDefault(child => !AreExclusive(child.Branches)) is { } taken)
        {
            Report(taken.IsGroup ? DiagnosticCatalogue.GroupLabel(place, taken.Path, taken.Place)
                : DiagnosticCatalogue.DuplicateLabel(place, taken.Path, taken.Place)
                    .WithHint(taken.Place == place && last.IndexOf('{') < 0 ? $"Count it, as in '{last}{{i}}', so that each turn has its own." : null));
            return null;
        }
        return NewMember(parent, path[path.Count - 1], type, place, null);
    }

    /// <summary>Whether what stands in those branches never exists together with what stands here.</summary>
    private bool AreExclusive(IReadOnlyList<(Place If, bool Then)> branches) =>
        branches.Any(branch => _branches.Any(here => here.If == branch.If && here.Then != branch.Then));

    /// <summary>Whether the loops that make a group are those around this place.</summary>
    private bool StandsHere(Member group) => group.LoopDepth <= _loops.Count
        && group.Loops.Select((loop, i) => ReferenceEquals(loop, _loops[group.LoopDepth - group.Loops.Count + i])).All(same => same);

    private Member NewMember(Member parent, IReadOnlyList<NamePart> name, string? type, Place place, string? groupPath)
    {
        // A group stands in those of the loops around its members that its name counts: a turn of the others finds it made.
        var own = type is not null ? _loops.Count : name.Select(part => part.Count?.LoopDepth ?? 0).DefaultIfEmpty(0).Max();
        var depth = Math.Max(parent.LoopDepth, own);
        var member = new Member(parent, name, type, depth, place)
        {
            IsSequence = groupPath is not null && _sequences.Contains(groupPath),
            IsOptional = _branches.Count > 0 && type is not null,
            Loops = _loops.Skip(parent.LoopDepth).Take(depth - parent.LoopDepth).ToArray(),
            Branches = _branches.ToArray(),
        };
        parent.Add(member);
        return member;
    }

    // ---- blocks --------------------------------------------------------------------------------------------------

    /// <summary>A block's inputs that are given as arguments, and the arguments that remain.</summary>
    private static (IReadOnlyList<Argument> Inputs, IReadOnlyList<Argument> Others) SplitInputs(Call call, ModuleDeclaration declaration, int given)
    {
        var missing = Math.Max(0, declaration.Inputs.Count - given);
        var named = call.Arguments.Where(argument => argument.Name is { } name && declaration.Inputs.Any(input => input.Text == name.Text)).ToArray();
        var byPosition = call.Arguments.Where(argument => argument.Name is null).Take(missing - named.Length).ToArray();
        return ([.. byPosition, .. named], call.Arguments.Where(argument => !byPosition.Contains(argument) && !named.Contains(argument)).ToArray());
    }

    private IReadOnlyList<Value> RunBlockCall(
        IReadOnlyList<TensorValue> given, Call call, ModuleDeclaration declaration, SourceText source, Place place,
        IReadOnlyList<IReadOnlyList<NamePart>> path, string? target, Place? named = null)
    {
        var failure = new Value[] { ErrorValue.Instance };
        if (Prepare(given, call, declaration, source, place) is not { } prepared)
            return failure;
        var member = AddMember(path, declaration.Name.Text, named ?? place);
        if (member is null)
            return failure;
        var use = Use(declaration, source, prepared, place);
        if (use is null)
            return failure;
        _items.Add(new ConstructBlockItem(member, use, place));
        return ApplyBlock(member, use, prepared.Inputs, source, place, target);
    }

    private (IReadOnlyList<TensorValue> Inputs, IReadOnlyDictionary<string, Value> Arguments, IReadOnlyCollection<string> Given)? Prepare(
        IReadOnlyList<TensorValue> given, Call call, ModuleDeclaration declaration, SourceText source, Place place)
    {
        if (declaration.Kind == ModuleKind.Network)
        {
            Report(DiagnosticCatalogue.ValueType(place, $"'{declaration.Name.Text}'", "a block here", "a network"));
            return null;
        }
        var (inputs, rest) = SplitInputs(call, declaration, given.Count);
        var tensors = given.ToList();
        var ok = true;
        foreach (var argument in inputs)
            foreach (var value in EvaluateAll(argument.Value, null))
            {
                if (value is TensorValue tensor)
                    tensors.Add(tensor);
                else
                {
                    ok = false;
                    if (value is not ErrorValue)
                        Report(DiagnosticCatalogue.ValueType(At(argument.Span), $"An input of '{declaration.Name.Text}'", "a tensor", value.Describe()));
                }
            }
        var arguments = BindParameters(call, declaration, source, rest);
        if (!ok || arguments is null)
            return null;
        if (tensors.Count != declaration.Inputs.Count)
        {
            Report(DiagnosticCatalogue.ValueCount(place, $"What goes into '{declaration.Name.Text}'", declaration.Inputs.Count, tensors.Count));
            return null;
        }
        return (tensors, arguments.Value.All, arguments.Value.Given);
    }

    private BlockUse? Use(
        ModuleDeclaration declaration, SourceText source,
        (IReadOnlyList<TensorValue> Inputs, IReadOnlyDictionary<string, Value> Arguments, IReadOnlyCollection<string> Given) call, Place place)
    {
        var generic = _context.Generic(declaration, source);
        _usesNorm |= generic.UsesNorm && _policyIsAmbient && _declaration.Kind == ModuleKind.Block;
        var use = new BlockUse(generic, call.Arguments, call.Inputs.Select(input => input.Shape).ToArray(), _policy) { Given = call.Given };
        if (_isGeneric && (generic.IsComplete || generic.Outputs.Count > 0))
            return use;
        if (!_isGeneric)
        {
            var instance = _context.Instance(declaration, source, call.Inputs, call.Arguments, _policy);
            if (instance.IsComplete)
            {
                CountStages(instance.StageCount);
                return use with { Instance = instance };
            }
            // The block's own file says what is wrong with it by itself; what only this use makes wrong is said here.
            if (source.Path != _source.Path && generic.IsComplete && instance.FirstError is { } inner)
                Report(DiagnosticCatalogue.InsideBlock(place, declaration.Name.Text, inner.Code, inner.Message, inner.Place));
        }
        _failed = true;
        return null;
    }

    private IReadOnlyList<Value> ApplyBlock(Member member, BlockUse use, IReadOnlyList<TensorValue> inputs, SourceText source, Place place, string? target)
    {
        var model = use.Instance ?? use.Generic;
        var chains = inputs.Select(input => input.Chain).ToArray();
        var prefix = member.Path + ".";
        var substitution = use.Instance is null ? Substitution(member, use, inputs) : null;
        if (substitution is not null && use.Generic.Inputs.Where((input, i) => input.Shape.Rank != inputs[i].Shape.Rank).Any())
        {
            // Its operations want other ranks; which, its own check says for these inputs.
            var probe = new Elaborator(_context, use.Declaration, source, true, _diagnostics);
            probe.RunBlock(inputs, use.Arguments, _policy);
            _failed = true;
            return [ErrorValue.Instance];
        }
        var outputs = model.Outputs.Select(output => new TensorValue(
            substitution is null ? output.Value.Shape : output.Value.Shape.Substitute(substitution),
            output.Value.Chain.Within(prefix, chains), place,
            model.Outputs.Count == 1 ? target ?? "" : output.Name)).ToArray();
        for (var i = 0; i < inputs.Count; i++)
            if (model.InputChains[i] is { HasState: true } sharpened)
                inputs[i].Chain = sharpened.Within(prefix, chains);
        _items.Add(new ApplyBlockItem(member, use, inputs, outputs, place) { InputChains = chains });
        return outputs;
    }

    /// <summary>What the block's symbols are here; a size that only its own constructor computes becomes a property of it.</summary>
    private IReadOnlyDictionary<Symbol, Size> Substitution(Member member, BlockUse use, IReadOnlyList<TensorValue> inputs)
    {
        var values = new Dictionary<Symbol, Size>();
        for (var i = 0; i < inputs.Count; i++)
            for (var axis = 0; axis < Math.Min(inputs[i].Shape.Rank, use.Generic.Inputs[i].Shape.Rank); axis++)
                foreach (var symbol in use.Generic.Inputs[i].Shape[axis].Symbols())
                    values[symbol] = inputs[i].Shape[axis];
        foreach (var pair in use.Arguments)
        {
            if (pair.Value is SizeValue size)
                values[new Symbol(pair.Key, SymbolKind.Construction)] = size.Size;
            else if (pair.Value is ListValue list)
                for (var i = 0; i < list.Items.Count; i++)
                    if (list.Items[i] is SizeValue item)
                        values[new Symbol($"{pair.Key}[{i}]", SymbolKind.Construction)] = item.Size;
        }
        foreach (var output in use.Generic.Outputs)
            for (var axis = 0; axis < output.Value.Shape.Rank; axis++)
                foreach (var symbol in output.Value.Shape[axis].Symbols())
                    if (!values.ContainsKey(symbol))
                        values[symbol] = Size.Of(new Symbol($"{member.Path}.{symbol.Name}{(_loops.Count == 0 ? "" : $"@{_properties++}")}", SymbolKind.Construction)
                        {
                            Member = member,
                            MemberProperty = symbol.Name,
                            LoopDepth = _loops.Count,
                        });
        return values;
    }

    // ---- shared modules ------------------------------------------------------------------------------------------

    private void RunModule(ModuleStatement statement)
    {
        var call = statement.Call;
        var name = statement.Name.Text;
        var layer = FindLayer(call.Callee.Text);
        if (layer is null && !_file.Visible.ContainsKey(call.Callee.Text))
        {
            ReportUnknownStage(call.Callee);
            _scope.Set(name, ErrorValue.Instance);
            return;
        }
        var type = layer is null ? call.Callee.Text : layer.ModuleType;
        if (type is null)
        {
            _scope.Set(name, Fail(DiagnosticCatalogue.ValueType(At(call.Span), "What 'module' declares", "a block or an operation with parameters", $"'{call.Callee.Text}'")
                .WithHint($"It has no weights to share: write value -> {call.Callee.Text} wherever it is wanted.")));
            return;
        }
        var member = AddMember(LabelPath(statement.Label, statement.Span), type, At(statement.Label.Span));
        if (member is null)
        {
            _scope.Set(name, ErrorValue.Instance);
            return;
        }
        var shared = new SharedModule(statement.Label, call, member, At(statement.Name.Span), _items, _policy);
        _shared.Add(shared);
        _scope.Set(name, new Binding(new ModuleValue(shared), []));
    }

    /// <summary>Applies a shared module; the first time tells its inputs' sizes, later ones must fit them.</summary>
    private IReadOnlyList<Value> ApplyShared(SharedModule shared, IReadOnlyList<TensorValue> given, Call call, Place place, string? target)
    {
        var failure = new Value[] { ErrorValue.Instance };
        var name = shared.Call.Callee.Text;
        if (FindLayer(name) is { } layer)
        {
            if (call.Arguments.Count > 0)
                return [Fail(DiagnosticCatalogue.TooManyArguments(At(call.Arguments[0].Span), shared.Label.ToString(), call.Arguments.Count, 0))];
            var arguments = BindArguments(shared.Call, layer.Parameters);
            if (arguments is null || given.Count != 1)
                return failure;
            var use = new LayerCall(layer, given, layer is Norm ? WithPolicy(arguments, place) : arguments, place, false, _report, _require);
            if (Infer(use) is not { } shape || !FitsFirst(shared, given, place))
                return failure;
            if (shared.FirstInputs is null)
                shared.Construct(given, new ConstructLayerItem(shared.Member, use, shared.Place), null);
            use.Output = shape;
            return [Apply(shared.Member, use, shape, place, target)];
        }
        var (declaration, source) = (_file.Visible[name].Declaration, _file.Visible[name].Source);
        var merged = new Call(shared.Call.Callee, [.. call.Arguments, .. shared.Call.Arguments], true, call.Span);
        if (Prepare(given, merged, declaration, source, place) is not { } prepared || !FitsFirst(shared, prepared.Inputs, place))
            return failure;
        if (Use(declaration, source, prepared, place) is not { } block)
            return failure;
        if (shared.FirstInputs is null)
            shared.Construct(prepared.Inputs, new ConstructBlockItem(shared.Member, block, shared.Place), block);
        return ApplyBlock(shared.Member, block, prepared.Inputs, source, place, target);
    }

    /// <summary>One set of weights has one number of input channels.</summary>
    private bool FitsFirst(SharedModule shared, IReadOnlyList<TensorValue> inputs, Place place)
    {
        if (shared.FirstInputs is not { } first)
            return true;
        for (var i = 0; i < first.Count; i++)
        {
            var (a, b) = (first[i].Shape, inputs[i].Shape);
            if (a.Rank != b.Rank || !Require(a.Channels, b.Channels, () => DiagnosticCatalogue.SharedShape(
                    place, shared.Label.ToString(), b.ToString(), a.ToString(), first[i].Origin)))
            {
                if (a.Rank != b.Rank)
                    Report(DiagnosticCatalogue.SharedShape(place, shared.Label.ToString(), b.ToString(), a.ToString(), first[i].Origin));
                return false;
            }
        }
        return true;
    }
}
