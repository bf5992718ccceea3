using System;
using System.Collections.Generic;
using System.Linq;
using KnDsl.Language.Diagnostics;
using KnDsl.Language.Operations.Contract;
using KnDsl.Language.Plan;
using KnDsl.Language.Syntax;
using KnDsl.Language.Text;
using KnDsl.Language.Values;

namespace KnDsl.Language.Checking;

/// <summary>Members, blocks and shared modules: what a module holds, and how it uses other modules.</summary>
internal sealed partial class Elaborator
{
    /// <summary>The member of a path, with the groups on the way; null where the name is taken, which is reported.</summary>
    private Member? AddMember(IReadOnlyList<IReadOnlyList<NamePart>> path, ModuleType type, Place place)
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
            if (existing is { Loop: { } loop } && !_path.Loops.Any(frame => ReferenceEquals(frame, loop)))
            {
                // Another loop made it, under names that may or may not be those of this one.
                Report(DiagnosticCatalogue.GroupLabel(place, existing.Path, existing.Place));
                return null;
            }
            parent = existing ?? NewMember(parent, path[i], null, place, string.Join(".", path.Take(i + 1).Select(Text)));
        }
        var last = Text(path[path.Count - 1]);
        if (parent.Named(last).FirstOrDefault(child => !AreExclusive(child.Branches)) is { } taken)
        {
            Report(taken.IsGroup ? DiagnosticCatalogue.GroupLabel(place, taken.Path, taken.Place)
                : taken.Place == place ? DuplicateInLoop(place, taken.Path, taken.Place)
                : DiagnosticCatalogue.DuplicateLabel(place, taken.Path, taken.Place));
            return null;
        }
        return NewMember(parent, path[path.Count - 1], type, place, null, _isGeneric && _path.Loops.Count > parent.LoopDepth ? RepeatedBy(parent, path[path.Count - 1], place, string.Join(".", path.Select(Text))) : null);
    }

    /// <summary>
    /// A label that the loops around do not count is of one turn only; how many make it, arguments may decide. What to say
    /// then, for a member that no loop counts; where one does and another does not, a check of the turn is planned.
    /// </summary>
    private Diagnostic? RepeatedBy(Member parent, IReadOnlyList<NamePart> name, Place place, string path)
    {
        var counts = name.Where(part => part.Count is not null).SelectMany(part => part.Count!.Symbols()).ToArray();
        var loops = _path.Loops.Skip(parent.LoopDepth).ToArray();
        if (counts.Any(symbol => _path.Loops.All(loop => !loop.Variable.Equals(symbol)) && _declaration.Parameters.All(parameter => parameter.Name.Text != symbol.Name)))
            return null;
        if (!loops.Any(loop => counts.Contains(loop.Variable)))
            return DuplicateInLoop(place, path, place);
        // Where an if inside the loop decides, one turn may be the only one that comes here.
        foreach (var loop in loops)
            if (!counts.Contains(loop.Variable) && loop.Branches == _path.Branches.Count && !((loop.To - loop.From).Maximum() <= 1))
                _items.Add(new CheckItem(Size.Of(loop.Variable), Relation.SameTurn, loop.From, DuplicateInLoop(place, path, place)));
        return null;
    }

    private static Diagnostic DuplicateInLoop(Place place, string path, Place first) => DiagnosticCatalogue.DuplicateLabel(place, path, first)
        .WithHint(path.IndexOf('{') < 0 ? $"Count it, as in '{path}{{i}}', so that each turn has its own." : null);

    /// <summary>Whether what stands in those branches never exists together with what stands here.</summary>
    private bool AreExclusive(IReadOnlyList<(Place If, bool Then)> branches) =>
        branches.Any(branch => _path.Branches.Any(here => here.If == branch.If && here.Then != branch.Then));

    private Member NewMember(Member parent, IReadOnlyList<NamePart> name, ModuleType? type, Place place, string? groupPath, Diagnostic? repeated = null)
    {
        var depth = Math.Max(parent.LoopDepth, type is not null ? _path.Loops.Count : name.Max(part => part.Count is null ? 0 : LoopsOf(part.Count)));
        var member = new Member(parent, name, type, depth, place)
        {
            IsSequence = groupPath is not null && _sequences.Contains(groupPath),
            IsOptional = _path.Branches.Count > 0 && type is not null,
            Loops = depth == parent.LoopDepth ? [] : _path.Loops.Skip(parent.LoopDepth).Take(depth - parent.LoopDepth).Select(loop => (loop.Variable, loop.From, loop.To)).ToArray(),
            Branches = _path.Branches,
            Loop = depth == 0 ? null : _path.Loops[depth - 1],
            Repeated = repeated,
        };
        parent.Add(member);
        return member;
    }

    /// <summary>How many of the loops around a number counts in: a group that an outer loop counts stands outside of the inner ones.</summary>
    private int LoopsOf(Size count)
    {
        var depth = 0;
        foreach (var symbol in count.Symbols())
        {
            var loop = _path.Loops.ToList().FindIndex(frame => frame.Variable.Equals(symbol));
            var isFixed = _declaration.Parameters.Any(parameter => parameter.Name.Text == symbol.Name);
            depth = Math.Max(depth, loop >= 0 ? loop + 1 : isFixed ? 0 : _path.Loops.Count);
        }
        return depth;
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
        var (inputs, arguments) = prepared;
        var member = AddMember(path, new ModuleType(ModuleLibrary.Block, declaration.Name.Text), named ?? place);
        if (member is null)
            return failure;
        var use = Use(declaration, source, inputs, arguments, _path.Policy, _path.IsPolicyAmbient, place);
        if (use is null)
            return failure;
        _items.Add(new ConstructBlockItem(member, use, place));
        return ApplyBlock(member, use, inputs, source, place, target);
    }

    private (IReadOnlyList<TensorValue> Inputs, BlockArguments Arguments)? Prepare(
        IReadOnlyList<TensorValue> given, Call call, ModuleDeclaration declaration, SourceText source, Place place)
    {
        if (declaration.Kind == ModuleKind.Network)
        {
            Report(DiagnosticCatalogue.ValueType(place, $"'{declaration.Name.Text}'", "a block here", "a network"));
            return null;
        }
        var (_, rest) = SplitInputs(call, declaration, given.Count);
        return EvaluateInputs(given, call, declaration) is { } inputs && BindParameters(call, declaration, source, rest) is { } arguments
            && FitHeader(inputs, declaration, source, place)
                ? (inputs, arguments)
                : null;
    }

    /// <summary>A block's inputs: those that <c>-></c> hands on, then those among the arguments. Null where one is no tensor.</summary>
    private IReadOnlyList<TensorValue>? EvaluateInputs(IReadOnlyList<TensorValue> given, Call call, ModuleDeclaration declaration)
    {
        var (inputs, _) = SplitInputs(call, declaration, given.Count);
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
                        Report(DiagnosticCatalogue.ValueType(At(argument.Span), $"An input of '{declaration.Name.Text}'", "a tensor", value.Describe())
                            .WithHint($"Write value -> {declaration.Name.Text}(...), or 'module name = {declaration.Name.Text}(...)' for one to be shared."));
                }
            }
        return ok ? tensors : null;
    }

    /// <summary>Whether the inputs are as many as the block's header says, and of its ranks.</summary>
    private bool FitHeader(IReadOnlyList<TensorValue> tensors, ModuleDeclaration declaration, SourceText source, Place place)
    {
        if (tensors.Count != declaration.Inputs.Count)
        {
            var (name, names) = (declaration.Name.Text, declaration.Inputs.Select(input => input.Text).ToArray());
            Report(DiagnosticCatalogue.InputCount(place, name, $"{DiagnosticCatalogue.Count(names.Length, "value")} ({string.Join(", ", names)})", tensors.Count)
                .WithHint(names.Length < 2 ? null : $"Write {name}({string.Join(", ", names)}), or {names[0]} -> {name}({string.Join(", ", names.Skip(1))})."));
            return false;
        }
        for (var i = 0; i < tensors.Count; i++)
            if (declaration.ShapeOf(i) is { } shape && shape.Sizes.Count != tensors[i].Shape.Rank)
            {
                Report(DiagnosticCatalogue.BlockInput(place, declaration.Name.Text, source.Slice(shape.Span), declaration.Inputs[i].Text, tensors[i].Shape.ToString()));
                return false;
            }
        return true;
    }

    private BlockUse? Use(
        ModuleDeclaration declaration, SourceText source, IReadOnlyList<TensorValue> inputs, BlockArguments arguments,
        PolicyValue policy, bool isPolicyAmbient, Place place)
    {
        var generic = _context.Generic(declaration, source);
        _usesNorm |= generic.UsesNorm && isPolicyAmbient && _declaration.Kind == ModuleKind.Block;
        var use = new BlockUse(generic, arguments.All, inputs.Select(input => input.Shape).ToArray(), policy) { Given = arguments.Given };
        if (_isGeneric && (generic.IsComplete || generic.Outputs.Count > 0))
            return _context.HasFailed(declaration) || RequireKnownSizes(use, place) ? use : null;
        if (!_isGeneric)
        {
            var instance = _context.Instance(declaration, source, inputs, inputs.Select(_path.FactOf).ToArray(), arguments.All, policy);
            if (instance.IsComplete)
            {
                CountStages(instance.StageCount);
                return RequireKnownSizes(use, place) ? use with { Instance = instance } : null;
            }
            _context.SetFailed(declaration);
            // The block's own file says what is wrong with it by itself; what only this use makes wrong is said here.
            if (source.Path != _source.Path && generic.IsComplete && instance.FirstError is { } inner)
                Report(DiagnosticCatalogue.InsideBlock(place, declaration.Name.Text, inner.Code, inner.Message, inner.Place));
        }
        _failed = true;
        return null;
    }

    /// <summary>Demands that the sizes of its inputs that a block is built with are known then.</summary>
    private bool RequireKnownSizes(BlockUse use, Place place)
    {
        if (!use.Generic.IsComplete)
            return true;
        foreach (var (input, axis, _) in use.Generic.ConstructorSizes.OfInputs)
            if (use.Inputs[input].Rank == use.Generic.Inputs[input].Shape.Rank && !RequireKnown(new SizeValue(use.Inputs[input][axis]), place,
                    use.Declaration.Name.Text, $"{use.Generic.Inputs[input].Name}.{use.Inputs[input].NameOf(axis)}"))
                return false;
        return true;
    }

    private IReadOnlyList<Value> ApplyBlock(Member member, BlockUse use, IReadOnlyList<TensorValue> inputs, SourceText source, Place place, string? target)
    {
        var model = use.Instance ?? use.Generic;
        var chains = inputs.Select(_path.FactOf).ToArray();
        var prefix = member.Path + ".";
        var substitution = use.Instance is null ? Substitution(member, use, inputs) : null;
        if (substitution is not null && use.Generic.Inputs.Where((input, i) => input.Shape.Rank != inputs[i].Shape.Rank).FirstOrDefault() is { } other)
        {
            // Its operations want other ranks; which, its own check says for these inputs.
            var probe = new Elaborator(_context, use.Declaration, source, true, _diagnostics);
            var shape = inputs[use.Generic.Inputs.ToList().IndexOf(other)].Shape;
            if (probe.RunBlock(inputs, chains, use.Arguments, use.Policy).IsComplete)
                Report(DiagnosticCatalogue.BlockInput(place, use.Declaration.Name.Text, DiagnosticCatalogue.Count(other.Shape.Rank, "dimension"), other.Name, shape.ToString())
                    .WithHint($"Its operations take any number of them, and its class one: declare it in the block's header, as {other.Name}{Usual(shape.Rank)}."));
            _failed = true;
            return [ErrorValue.Instance];
        }
        // What the block was to give back is wrong, and told of there.
        if (use.Declaration.Body.OfType<ReturnStatement>().Any(given => given.Values.Count > model.Outputs.Count))
        {
            _failed = true;
            return [ErrorValue.Instance];
        }
        var outputs = model.Outputs.Select(output => new TensorValue(
            substitution is null ? output.Value.Shape : output.Value.Shape.Substitute(substitution),
            output.Chain.Within(prefix, chains), place,
            model.Outputs.Count == 1 ? target ?? "" : output.Name)).ToArray();
        for (var i = 0; i < inputs.Count; i++)
            if (model.InputChains[i] is { HasState: true } sharpened)
                Observe(inputs[i], sharpened.Within(prefix, chains));
        _items.Add(new ApplyBlockItem(member, use, inputs, outputs, place) { InputChains = chains });
        return outputs;
    }

    /// <summary>What people call the sizes of a tensor of this rank.</summary>
    private static string Usual(int rank) => rank switch
    {
        2 => "[N, C]",
        3 => "[N, L, C]",
        4 => "[N, C, H, W]",
        5 => "[N, C, D, H, W]",
        _ => $"[N{string.Concat(Enumerable.Range(1, rank - 1).Select(axis => $", S{axis}"))}]",
    };

    /// <summary>What the block's symbols are here; a size that only its own constructor computes becomes a property of it.</summary>
    private IReadOnlyDictionary<Symbol, Size> Substitution(Member member, BlockUse use, IReadOnlyList<TensorValue> inputs)
    {
        var values = new Dictionary<Symbol, Size>();
        for (var i = 0; i < inputs.Count; i++)
            for (var axis = 0; axis < Math.Min(inputs[i].Shape.Rank, use.Generic.Inputs[i].Shape.Rank); axis++)
                foreach (var symbol in use.Generic.Inputs[i].Shape[axis].Symbols())
                    values[symbol] = inputs[i].Shape[axis];
        foreach (var pair in use.Arguments)
            if (pair.Value is SizeValue size)
                values[new Symbol(pair.Key, SymbolKind.Construction)] = size.Size;
        var channels = use.Generic.Outputs.Where(output => output.Value.Shape.Rank > 1).SelectMany(output => output.Value.Shape.Channels.Symbols()).ToArray();
        foreach (var symbol in use.Generic.Outputs.SelectMany(output => output.Value.Shape.Sizes).SelectMany(size => size.Symbols()))
            if (!values.ContainsKey(symbol))
                values[symbol] = ItemOf(symbol, use, values) ?? Size.Of(new Symbol(
                    $"{member.Path}.{symbol.Name}{(_path.Loops.Count == 0 ? "" : $"@{_properties++}")}",
                    // Of its spatial sizes a block has no property: they are seen when data comes.
                    channels.Contains(symbol) ? SymbolKind.Construction : SymbolKind.Data)
                {
                    Origin = new BlockSize(member, symbol.Name),
                });
        return values;
    }

    /// <summary>An item of a list that the block is given, or the number of them, as far as it is known which.</summary>
    private static Size? ItemOf(Symbol symbol, BlockUse use, IReadOnlyDictionary<Symbol, Size> values)
    {
        var (list, place) = symbol.Origin switch
        {
            ListCount count => (count.List, null),
            ListItem item => (item.List, item.Index),
            _ => (null, (Size?)null),
        };
        if (list is null || !use.Arguments.TryGetValue(list, out var argument))
            return null;
        var index = place?.Substitute(values);
        return argument switch
        {
            ListValue known when index is null => known.Items.Count,
            ListValue known when index.Value >= 0 && index.Value < known.Items.Count => (known.Items[(int)index.Value!] as SizeValue)?.Size,
            ListParameterValue own when index is null => Size.Of(own.Count),
            ListParameterValue own when index.IsConstant => (own.ItemAt(index) as SizeValue)?.Size,
            _ => null,
        };
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
        var type = layer is null ? new ModuleType(ModuleLibrary.Block, call.Callee.Text) : layer.Module;
        if (type is null || layer is { InputCount: not 1 })
        {
            _scope.Set(name, Fail(DiagnosticCatalogue.ValueType(At(call.Span), "What 'module' declares", "a block or an operation with parameters", $"'{call.Callee.Text}'")
                .WithHint(type is null ? $"It has no weights to share: write value -> {call.Callee.Text} wherever it is wanted." : $"Write {layer!.Example}.")));
            return;
        }
        var member = AddMember(LabelPath(statement.Label, statement.Span), type, At(statement.Label.Span));
        if (member is null)
        {
            _scope.Set(name, ErrorValue.Instance);
            return;
        }
        if (DeclareShared(statement, layer, member) is not { } shared)
        {
            _scope.Set(name, ErrorValue.Instance);
            return;
        }
        _items.Add(shared.Item);
        _shared.Add(shared);
        _scope.Set(name, new Binding(new ModuleValue(shared), []));
    }

    /// <summary>What is decided where a shared module is declared: its arguments and the policy of its norms. Null where one is wrong.</summary>
    private SharedModule? DeclareShared(ModuleStatement statement, Operation? layer, Member member)
    {
        var (call, place) = (statement.Call, At(statement.Name.Span));
        if (layer is not null)
        {
            if (BindArguments(call, layer.Parameters) is not { } arguments || !RequireKnown(arguments, layer.Name))
                return null;
            if (layer.PolicyOfNetwork is { } parameter && arguments.Find(parameter.Name) is null)
                arguments = arguments.With(parameter.Name, _path.Policy, At(call.Span));
            return new SharedModule(statement.Label, call, member, place, _path.Policy, _path.IsPolicyAmbient) { Arguments = arguments };
        }
        var (declaration, source) = (_file.Visible[call.Callee.Text].Declaration, _file.Visible[call.Callee.Text].Source);
        if (declaration.Kind == ModuleKind.Network)
        {
            Report(DiagnosticCatalogue.ValueType(At(call.Span), $"'{declaration.Name.Text}'", "a block here", "a network"));
            return null;
        }
        return BindParameters(call, declaration, source, call.Arguments.Where(argument => !IsInput(argument, declaration)).ToArray()) is { } bound
            ? new SharedModule(statement.Label, call, member, place, _path.Policy, _path.IsPolicyAmbient) { BlockArguments = bound }
            : null;
    }

    private static bool IsInput(Argument argument, ModuleDeclaration declaration) =>
        argument.Name is { } name && declaration.Inputs.Any(input => input.Text == name.Text);

    /// <summary>
    /// Applies a shared module. The first use says for which input it is made; it is made where it was declared, and later
    /// inputs must fit.
    /// </summary>
    private IReadOnlyList<Value> ApplyShared(SharedModule shared, IReadOnlyList<TensorValue> given, Call call, Place place, string? target)
    {
        var failure = new Value[] { ErrorValue.Instance };
        var name = shared.Call.Callee.Text;
        if (FindLayer(name) is { } layer)
        {
            if (call.Arguments.Count > 0)
                return [Fail(ArgumentsAtUse(shared, call.Arguments))];
            if (given.Count != 1)
                return failure;
            var use = new OperationCall(layer, given, shared.Arguments!, place, false, _report, _require);
            if (Infer(use) is not { } shape || !FitsFirst(shared, given, place))
                return failure;
            _usesNorm |= layer.PolicyOfNetwork is { } parameter && shared.IsPolicyAmbient && _declaration.Kind == ModuleKind.Block
                && ReferenceEquals(shared.Arguments!.Find(parameter.Name)?.Value, shared.Policy);
            if (shared.Item.Made is null && !Make(shared, given, new ConstructOperationItem(shared.Member, use, shared.Place), place))
                return failure;
            return [Apply(shared.Member, use, shape, place, target)];
        }
        var (declaration, source) = (_file.Visible[name].Declaration, _file.Visible[name].Source);
        var inputs = new Call(shared.Call.Callee, [.. call.Arguments, .. shared.Call.Arguments.Where(argument => IsInput(argument, declaration))], true, call.Span);
        var (_, others) = SplitInputs(inputs, declaration, given.Count);
        if (others.Count > 0)
            return [Fail(ArgumentsAtUse(shared, others))];
        if (EvaluateInputs(given, inputs, declaration) is not { } tensors
            || !FitHeader(tensors, declaration, source, place) || !FitsFirst(shared, tensors, place)
            || Use(declaration, source, tensors, shared.BlockArguments!, shared.Policy, shared.IsPolicyAmbient, place) is not { } block)
            return failure;
        if (shared.Item.Made is null && !Make(shared, tensors, new ConstructBlockItem(shared.Member, block, shared.Place), place))
            return failure;
        return ApplyBlock(shared.Member, block, tensors, source, place, target);
    }

    private Diagnostic ArgumentsAtUse(SharedModule shared, IReadOnlyList<Argument> arguments) =>
        DiagnosticCatalogue.TooManyArguments(At(arguments[0].Span), shared.Label.ToString(), arguments.Count, [])
            .WithHint("Its arguments stand where it is declared.");

    /// <summary>
    /// Fills the hole that a shared module's declaration left in the plan. Sizes that are set inside of a branch or a loop
    /// which begins after the declaration are not known outside, where the module is made.
    /// </summary>
    private bool Make(SharedModule shared, IReadOnlyList<TensorValue> inputs, PlanItem made, Place place)
    {
        var outside = _path.Outwards().First(path => path.Items.Contains(shared.Item));
        var loops = _path.Loops.Skip(outside.Loops.Count).ToArray();
        var inside = _path.Outwards().TakeWhile(path => path != outside).SelectMany(path => path.Items).ToArray();
        if (SharedPlacement.SymbolsOf(inputs).FirstOrDefault(symbol =>
                loops.Any(loop => loop.Variable.Equals(symbol)) || inside.Any(item => SharedPlacement.Sets(item, symbol))) is { } inner)
        {
            Report(DiagnosticCatalogue.SharedInside(place, shared.Label.ToString(), inputs[0].Shape.ToString(), inner.Name, shared.Place));
            return false;
        }
        shared.Item.Fill(made, inputs);
        return true;
    }

    /// <summary>One set of weights has one number of input channels.</summary>
    private bool FitsFirst(SharedModule shared, IReadOnlyList<TensorValue> inputs, Place place)
    {
        if (shared.Item.Inputs is not { } first)
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
