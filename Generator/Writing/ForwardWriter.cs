using System;
using System.Collections.Generic;
using System.Linq;
using KnDsl.Generator.Planning;
using KnDsl.Language.Plan;
using KnDsl.Language.Syntax;
using KnDsl.Language.Values;

namespace KnDsl.Generator.Writing;

/// <summary>
/// Writes the forward pass: every stage a line, mapped to its place in the .knnet file; the chain's states as locals beside
/// the values they describe; a value is freed on the line that reads it last. Numbers that ifs and loops set are locals where
/// a stage or a condition reads them; which do, is known when all is written, so that it may be written once more.
/// </summary>
internal sealed class ForwardWriter
{
    private readonly ModuleCode _module;
    private readonly ForwardFields _fields;
    private readonly Liveness _live;
    private readonly CSharpPrinter _code;
    private readonly OperationPrinter _operations;
    private readonly NamePool _names;
    private readonly Dictionary<TensorValue, string> _locals = [];
    private readonly HashSet<string> _localNames = [];
    private readonly Dictionary<TensorValue, string> _states = [];
    private readonly HashSet<TensorValue> _owned = [];
    private readonly Dictionary<MemberCode, string> _counters = [];
    private readonly HashSet<Symbol> _turns;
    private readonly HashSet<Symbol> _numbers;
    private readonly Dictionary<Symbol, string> _numberNames = [];
    private CodeWriter _writer = new();
    private int _temporaries;
    private int _loopDepth;

    /// <param name="module">What is written.</param>
    /// <param name="fields">What the forward pass needs of the constructor's arguments.</param>
    /// <param name="numbers">The numbers that are to be locals.</param>
    private ForwardWriter(ModuleCode module, ForwardFields fields, HashSet<Symbol> numbers)
    {
        _module = module;
        _fields = fields;
        _numbers = numbers;
        _turns = [.. LoopsIn(module.Model.Items).Select(loop => loop.Variable)];
        _live = new Liveness(module.Model);
        _code = new CSharpPrinter(NameOf);
        _operations = new OperationPrinter(_code);
        _names = new NamePool([
            .. module.Layout.Root.Children.Select(child => child.Property),
            .. module.Model.Declaration.Parameters.Select(parameter => CSharpNames.Identifier(parameter.Name.Text)),
            .. module.Model.Declaration.Parameters.Select(parameter => ForwardFields.NameOf(parameter.Name.Text)),
            .. LoopsIn(Model.Items).Select(loop => CSharpNames.Identifier(loop.Variable.Name)),
            .. module.Layout.Locals,
            "scope", "outputs", "forward", "training", "norm", "device", "dtype", "nn", "torch",
        ]);
        FindNaming(Model.Items);
        foreach (var input in Model.Inputs)
            Declare(input, false);
    }

    /// <summary>The forward pass as text; the result type is that of the writer.</summary>
    public static (CodeWriter Text, ForwardWriter Writer) Write(ModuleCode module, ForwardFields fields)
    {
        var numbers = new HashSet<Symbol>();
        while (true)
        {
            var before = numbers.Count;
            var text = new CodeWriter();
            var writer = new ForwardWriter(module, fields, numbers);
            text.Indented(() => writer.Write(text));
            if (numbers.Count == before)
                return (text, writer);
        }
    }

    private ModuleModel Model => _module.Model;

    private bool IsBlock => Model.Declaration.Kind == ModuleKind.Block;

    /// <summary>Whether the forward pass takes and gives states beside the values.</summary>
    private bool HasChain => IsBlock && Liveness.HasChainForward(Model);

    private IEnumerable<string> InputNames => Model.Inputs.Select(input => _locals[input]);

    /// <summary>The type of what forward gives: a tensor, or a record of several.</summary>
    public string ResultType => Model.Outputs.Count == 1 ? "Tensor" : ResultRecord(Model);

    /// <summary>The record that a module with several outputs gives.</summary>
    public static string ResultRecord(ModuleModel model) => $"{CSharpNames.Identifier(model.Name)}Output";

    private void Write(CodeWriter writer)
    {
        _writer = writer;
        if (HasChain)
            WriteChained();
        else
            WritePlain();
    }

    private string PlainSignature =>
        $"public override {ResultType} forward({string.Join(", ", InputNames.Select(name => $"Tensor {name}"))})";

    private void WritePlain()
    {
        _writer.Line("/// <inheritdoc/>");
        _writer.Line(PlainSignature);
        _writer.Block(() =>
        {
            _writer.Line("using var scope = NewDisposeScope();");
            foreach (var input in Model.Inputs.Where(_live.IsStateNeeded))
                _writer.Line($"ChannelState? {StateName(input)} = null;");
            WriteBody();
            var outputs = Returned().Select(output => $"scope.MoveToOuter({output.Code})").ToArray();
            _writer.Line(outputs.Length == 1 ? $"return {outputs[0]};" : $"return new {ResultType}({string.Join(", ", outputs)});");
        });
    }

    private void WriteChained()
    {
        var states = Model.Inputs.Select((input, i) => (Name: StateName(input), IsReference: Liveness.IsSharpened(Model, i))).ToArray();
        _writer.Line("/// <inheritdoc/>");
        _writer.Line(PlainSignature);
        _writer.Block(() =>
        {
            _writer.Line("using var scope = NewDisposeScope();");
            foreach (var state in states.Where(state => state.IsReference))
                _writer.Line($"ChannelState? {state.Name} = null;");
            var arguments = InputNames.Zip(states, (name, state) => $"{name}, {(state.IsReference ? $"ref {state.Name}" : "null")}");
            var call = $"forward({string.Join(", ", arguments)})";
            if (Model.Outputs.Count == 1)
                _writer.Line($"return scope.MoveToOuter({call}.output);");
            else
            {
                _writer.Line($"var outputs = {call};");
                var fields = OutputFields().Select(field => $"scope.MoveToOuter(outputs.{field})");
                _writer.Line($"return new {ResultType}({string.Join(", ", fields)});");
            }
        });
        _writer.Line();
        _writer.Line("/// <summary>The forward pass as part of a statistic chain: states come in and go out beside the values.</summary>");
        foreach (var (input, state) in Model.Inputs.Zip(states, (input, state) => (input, state)))
            if (state.IsReference)
                _writer.Line(
                    $"/// <remarks>A norm observes <paramref name=\"{_locals[input].TrimStart('@')}\"/>, so its state comes back as the "
                        + "posterior.</remarks>");
        var parameters = InputNames.Zip(states, (name, state) =>
            $"Tensor {name}, {(state.IsReference ? "ref " : "")}ChannelState? {state.Name}");
        var fields = OutputFields().ToArray();
        var results = Model.Outputs.Count == 1 ? "Tensor output, ChannelState? state"
            : string.Join(", ", fields.Select(field => $"Tensor {field}, ChannelState? {field.TrimStart('@')}State"));
        _writer.Line($"public ({results}) forward({string.Join(", ", parameters)})");
        _writer.Block(() =>
        {
            _writer.Line("using var scope = NewDisposeScope();");
            WriteBody();
            foreach (var state in states.Where(state => state.IsReference))
                _writer.Line($"{state.Name} = {state.Name}?.MoveToOuter(scope);");
            var outputs = Returned().Select(output =>
                $"scope.MoveToOuter({output.Code}), "
                    + $"{(HasState(output.Value) ? $"{StateName(output.Value)}?.MoveToOuter(scope)" : "null")}");
            _writer.Line($"return ({string.Join(", ", outputs)});");
        });
    }

    public IEnumerable<string> OutputFields() => Model.Outputs.Select(output => CSharpNames.Identifier(output.Name));

    /// <summary>What is given back; a value that is not a handle of our own gets one.</summary>
    private IEnumerable<(string Code, TensorValue Value)> Returned()
    {
        var seen = new HashSet<TensorValue>();
        foreach (var output in Model.Outputs)
        {
            var value = output.Value;
            var isOwn = !Model.Inputs.Contains(value) && !(value.MayBeInput && !_owned.Contains(value)) && seen.Add(value)
                && !(value.IsVariable && !_owned.Contains(value) && Model.Outputs.Count > 1);
            yield return (isOwn ? _locals[value] : $"{_locals[value]}.alias()", value);
        }
    }

    private void WriteBody()
    {
        DeclareCounters(_module.Layout.Root);
        WriteItems(Model.Items);
    }

    private void DeclareCounters(MemberCode owner)
    {
        foreach (var counter in CountersOf(owner))
        {
            _counters[counter] = _names.Take(counter.Property.TrimStart('@') + "At");
            _writer.Line($"var {_counters[counter]} = 0;");
        }
    }

    /// <summary>Lists whose index is no simple function of one loop's variable: they are gone through with a counter.</summary>
    private static IEnumerable<MemberCode> CountersOf(MemberCode owner) =>
        owner.Children.Where(child => child.IsList && NeedsCounter(child))
        .Concat(owner.Children.Where(child => !child.IsList && child.Children.Count > 0).SelectMany(CountersOf));

    private static bool NeedsCounter(MemberCode list) =>
        list.Member.Loops.Count > 1 || list.Member.IsOptional || IsMadeInBranch(list.Member);

    // ---- names ---------------------------------------------------------------------------------------------------

    private string NameOf(Symbol symbol)
    {
        if (Model.Declaration.Parameters.Any(parameter => parameter.Name.Text == symbol.Name))
            return _fields.Use(symbol.Name);
        if (FromInput(symbol) is { } code)
            return code;
        if (_turns.Contains(symbol))
            return CSharpNames.Identifier(symbol.Name);
        _numbers.Add(symbol);
        return _numberNames.TryGetValue(symbol, out var name) ? name : CSharpNames.Identifier(symbol.Name);
    }

    /// <summary>The symbol as a size of an input tells it: the size itself, or a part of it.</summary>
    private string? FromInput(Symbol symbol) => FromSizesOf(Model.Inputs, symbol);

    private string? FromSizesOf(IEnumerable<TensorValue> values, Symbol symbol)
    {
        string? part = null;
        foreach (var value in values)
            for (var axis = 0; axis < value.Shape.Rank; axis++)
                if (value.Shape[axis].LinearIn(symbol) is var (factor, rest))
                {
                    var size = $"{_locals[value]}.shape[{axis}]";
                    if (factor == Size.One && rest == Size.Zero)
                        return size;
                    var multiple = rest == Size.Zero ? size : rest.Value < 0 ? $"({size} + {-rest})" : $"({size} - {Operand(rest)})";
                    part ??= factor == Size.One ? multiple : $"({multiple} / {Operand(factor)})";
                }
        return part;
    }

    private string Operand(Size size) => size.IsConstant ? _code.Of(size) : $"({_code.Of(size)})";

    /// <summary>A local for a number, if one is wanted.</summary>
    private string? DeclareNumber(Symbol symbol) =>
        _numbers.Contains(symbol) ? _numberNames[symbol] = _names.Take(CSharpNames.Identifier(symbol.Name)) : null;

    /// <summary>A number of C#'s usual kind; sizes of tensors are long.</summary>
    private string Number(Size size)
    {
        var code = _code.Of(size);
        return code.Contains(".shape[") ? $"(int)({code})" : code;
    }

    /// <summary>Sizes that only the block knows: what it gives tells them.</summary>
    private void DeclareSizesOf(IReadOnlyList<TensorValue> outputs)
    {
        foreach (var symbol in outputs.SelectMany(output => output.Shape.Sizes).SelectMany(size => size.Symbols()).Distinct())
            if (symbol.Origin is BlockSize && !_numberNames.ContainsKey(symbol) && FromSizesOf(outputs, symbol) is { } code
                && DeclareNumber(symbol) is { } name)
                _writer.Line($"var {name} = (int){code};");
    }

    private string Declare(TensorValue value, bool owned)
    {
        var name = _names.Take(value.Name.Length > 0 ? CSharpNames.Identifier(value.Name) : $"t{++_temporaries}");
        _locals[value] = name;
        _localNames.Add(name);
        _states[value] = _names.Take(name.TrimStart('@') + "State");
        if (owned)
            _owned.Add(value);
        return name;
    }

    private bool HasState(TensorValue value) => Model.CanHaveState(value);

    private string StateName(TensorValue value) => _states[value];

    /// <summary>The state as an argument: null where the value never has one.</summary>
    private string StateOf(TensorValue value) => _live.IsStateNeeded(value) ? StateName(value) : "null";

    /// <summary>What a moment rule is given of an input: its state or, of a learned tensor, the tensor.</summary>
    private string StateFor(TensorValue value) => value.IsLearned ? _locals[value] : StateOf(value);

    private string Access(MemberCode member) => member.Form switch
    {
        MemberForm.ModuleListItem => $"{Access(member.Parent!)}[{IndexCode(member)}]",
        _ when member.IsList && member.Form == MemberForm.Group => member.Local,
        _ when member.IsList && NeedsCounter(member) => member.Local,
        _ when member.IsList => $"{OwnerAccess(member)}{member.Property}[{ListIndex(member)}]",
        _ => $"{OwnerAccess(member)}{member.Property}{(member.Member.IsOptional && member.Form == MemberForm.Single ? "!" : "")}",
    };

    private string OwnerAccess(MemberCode member)
    {
        if (member.Parent is { Parent: not null } parent)
            return Access(parent) + (parent.Member.IsOptional || IsMadeInBranch(parent.Member) ? "!." : ".");
        // A local may hide a property of the same name; then 'this' says which is meant.
        return _localNames.Contains(member.Property) ? "this." : "";
    }

    private static bool IsMadeInBranch(Member group) => group.IsGroup && group.Branches.Count > 0;

    private string IndexCode(MemberCode item)
    {
        var part = item.Member.Name[0];
        return part.Count is null ? part.Text : Number(part.Count);
    }

    private string ListIndex(MemberCode list)
    {
        if (NeedsCounter(list))
            return _counters[list] + "++";
        var (variable, from, _) = list.Member.Loops[0];
        return Number(Size.Of(variable) - from);
    }

    // ---- items ---------------------------------------------------------------------------------------------------

    private void WriteItems(IReadOnlyList<PlanItem> items, string? freeAtEnd = null)
    {
        foreach (var item in items)
            switch (item)
            {
                case GroupItem group when _module.Layout[group.Group] is { IsList: true } list:
                    _writer.Line($"var {list.Local} = {OwnerAccess(list)}{list.Property}[{ListIndex(list)}];");
                    DeclareCounters(list);
                    break;
                case ApplyOperationItem { Call.Operation.PolicyOfNetwork: not null } norm:
                    WriteNorm(norm, items);
                    break;
                case ApplyOperationItem layer:
                    WriteLayer(layer, items);
                    break;
                case ApplyBlockItem block:
                    WriteBlock(block, items);
                    break;
                case IfItem branch:
                    WriteIf(branch, items);
                    break;
                case LoopItem loop:
                    WriteLoop(loop, items);
                    break;
            }
        if (freeAtEnd is not null)
            _writer.Line(freeAtEnd);
    }

    /// <summary>The next item of a list that a counter goes through, under a name for this turn.</summary>
    private void TakeNext(Member? member)
    {
        if (member is not null && _module.Layout[member] is { Form: MemberForm.List } list && NeedsCounter(list))
            _writer.Line($"var {list.Local} = {OwnerAccess(list)}{list.Property}[{ListIndex(list)}];");
    }

    private void WriteLayer(ApplyOperationItem item, IReadOnlyList<PlanItem> items)
    {
        TakeNext(item.Member);
        var inputs = item.Call.Inputs.Select(input => _locals[input]).ToArray();
        var module = item.Member is null ? "" : Access(_module.Layout[item.Member]);
        var output = Declare(item.Output, true);
        var state = _live.IsStateNeeded(item.Output) ? StateBehind(item, module, output) : null;
        if (state is not (null or "null")
            && OperationPrinter.Together(item.Call.Operation.Moments(item.Call), module, inputs[0],
                StateOf(item.Call.Inputs[0])) is { } together)
            _writer.Line(item.Place, $"(var {output}, var {StateName(item.Output)}) = {together};");
        else
        {
            _writer.Line(item.Place, $"var {output} = {_operations.Compute(item.Call.Operation.Compute(item.Call), module, inputs)};");
            WriteState(item, state);
        }
        foreach (var later in NamingThrough(item))
            if (item.Call.Operation.InputCount == 1 && item.Call.Operation.Moments(item.Call) is { } step)
                SetPrior(later, _operations.Moments(step, module, [_priors[later].Name], output), items);
        Free(item, item.Call.Inputs.Append(item.Output), items);
    }

    /// <summary>The state of a layer's output: null for a value that never had one, whatever it passes.</summary>
    private string StateBehind(ApplyOperationItem item, string module, string output)
    {
        if (!item.Call.Operation.PassesState(item.Call) || item.Call.StateInputs.All(input => StateOf(input) == "null"))
            return "null";
        var states = item.Call.Inputs.Select(StateFor).ToArray();
        return item.Call.Operation.Moments(item.Call) is { } step ? _operations.Moments(step, module, states, output) : states[0];
    }

    private void WriteState(ApplyOperationItem item, string? state)
    {
        if (state is not null)
            _writer.Line(state == "null" ? $"ChannelState? {StateName(item.Output)} = null;" : $"var {StateName(item.Output)} = {state};");
    }

    private void WriteNorm(ApplyOperationItem item, IReadOnlyList<PlanItem> items)
    {
        TakeNext(item.Member);
        var input = item.Call.Inputs[0];
        var module = Access(_module.Layout[item.Member!]);
        var output = Declare(item.Output, true);
        var prior = item.From is not null ? _priors[item].Name
            : Liveness.IsChained(item.Call) && !Liveness.StartsChain(item.Call) && item.Prior!.HasState ? StateOf(input)
            : "null";
        var emits = _live.IsStateNeeded(item.Output) && Liveness.IsChained(item.Call);
        var sharpens = _live.IsStateNeeded(input) && _live.IsStateLiveAfter(item, input) && Liveness.IsChained(item.Call);
        if (prior == "null" && !emits && !sharpens)
        {
            _writer.Line(item.Place, $"var {output} = {module}.call({_locals[input]});");
            if (_live.IsStateNeeded(item.Output))
                _writer.Line($"ChannelState? {StateName(item.Output)} = null;");
        }
        else
            _writer.Line(item.Place,
                $"(var {output}, {(emits ? $"var {StateName(item.Output)}" : "_")}, {(sharpens ? StateName(input) : "_")}) = "
                    + $"{module}.forward({_locals[input]}, {prior});");
        foreach (var later in NamingThrough(item))
            SetPrior(later, StateName(item.Output), items);
        Free(item, [input, item.Output], items);
    }

    /// <summary>The norms that name a predecessor and are reached from it through an item, itself included.</summary>
    private IReadOnlyList<ApplyOperationItem> NamingThrough(ApplyOperationItem item) =>
        _naming.TryGetValue(item, out var norms) ? norms : (IReadOnlyList<ApplyOperationItem>)[];

    private void FindNaming(IReadOnlyList<PlanItem> items)
    {
        foreach (var item in items)
            switch (item)
            {
                case ApplyOperationItem { From: { } way } norm:
                    foreach (var step in way)
                    {
                        if (!_naming.TryGetValue(step, out var norms))
                            _naming[step] = norms = [];
                        norms.Add(norm);
                    }
                    break;
                case IfItem branch:
                    FindNaming(branch.Then);
                    FindNaming(branch.Else);
                    break;
                case LoopItem loop:
                    FindNaming(loop.Body);
                    break;
            }
    }

    private readonly Dictionary<ApplyOperationItem, List<ApplyOperationItem>> _naming = [];

    /// <summary>
    /// For each norm that names its predecessor the local that has its prior so far, and the row of items that declares it.
    /// </summary>
    private readonly Dictionary<ApplyOperationItem, (string Name, IReadOnlyList<PlanItem> Items)> _priors = [];

    /// <summary>
    /// The prior of a norm that names its predecessor is a state of its own, followed along the way from there. A branch or
    /// a turn of a loop on the way goes on with a local of its own, so that the next turn begins with the same state.
    /// </summary>
    private void SetPrior(ApplyOperationItem norm, string state, IReadOnlyList<PlanItem> items)
    {
        if (_priors.TryGetValue(norm, out var prior) && ReferenceEquals(prior.Items, items))
        {
            _writer.Line($"{prior.Name} = {state};");
            return;
        }
        var label = string.Concat(norm.Member!.Name.Select(part => part.Count is null ? part.Text : ""));
        var name = _names.Take(CSharpNames.Identifier(label.Length == 0 ? "norm" : label).TrimStart('@') + "Prior");
        _priors[norm] = (name, items);
        _writer.Line($"var {name} = {state};");
    }

    private void WriteBlock(ApplyBlockItem item, IReadOnlyList<PlanItem> items)
    {
        TakeNext(item.Member);
        var callee = item.Use.Generic;
        var module = Access(_module.Layout[item.Member]);
        var inputs = item.Inputs.Select(input => _locals[input]).ToArray();
        var outputs = item.Outputs.Select(output => Declare(output, true)).ToArray();
        var wantsState = item.Outputs.Any(_live.IsStateNeeded);
        if (!Liveness.HasChainForward(callee) || !wantsState
            && (!Liveness.ObservesStates(callee) || item.Inputs.All(input => !_live.IsStateNeeded(input))))
        {
            if (outputs.Length == 1)
                _writer.Line(item.Place, $"var {outputs[0]} = {module}.call({string.Join(", ", inputs)});");
            else
                _writer.Line(item.Place,
                    $"({string.Join(", ", outputs.Select(output => $"var {output}"))}) = {module}.call({string.Join(", ", inputs)});");
            foreach (var output in item.Outputs.Where(_live.IsStateNeeded))
                _writer.Line($"ChannelState? {StateName(output)} = null;");
        }
        else
        {
            var arguments = item.Inputs.Select((input, i) =>
            {
                if (!Liveness.IsSharpened(callee, i))
                    return $"{_locals[input]}, {StateOf(input)}";
                if (_live.IsStateNeeded(input))
                    return $"{_locals[input]}, ref {StateName(input)}";
                // Nobody here asks for the posterior.
                var unused = _names.Take(StateName(input) + "Unused");
                _writer.Line($"ChannelState? {unused} = null;");
                return $"{_locals[input]}, ref {unused}";
            }).ToArray();
            var results = item.Outputs.Select((output, i) =>
                $"var {outputs[i]}, {(_live.IsStateNeeded(output) ? $"var {StateName(output)}" : "_")}");
            _writer.Line(item.Place, $"({string.Join(", ", results)}) = {module}.forward({string.Join(", ", arguments)});");
        }
        DeclareSizesOf(item.Outputs);
        Free(item, item.Inputs.Concat(item.Outputs), items);
    }

    private void WriteIf(IfItem item, IReadOnlyList<PlanItem> items)
    {
        if (!HasWork(item))
            return;
        var sizes = item.Sizes.Select(size => (Size: size, Name: DeclareNumber(size.Variable)))
            .Where(size => size.Name is not null).ToArray();
        foreach (var size in sizes)
            _writer.Line($"int {size.Name};");
        foreach (var merge in item.Merges)
        {
            _writer.Line($"Tensor {Declare(merge.Variable, _live.IsOwn(merge.Variable))};");
            if (_live.IsStateNeeded(merge.Variable))
                _writer.Line($"ChannelState? {StateName(merge.Variable)};");
        }
        _writer.Line(item.Place, $"if ({_fields.Condition(item, _loopDepth > 0, _code)})");
        WriteBranch(item.Then, item.Merges.Select(merge => (merge.Variable, merge.Then)).ToArray(),
            sizes.Select(size => (size.Name!, size.Size.Then)));
        if (HasWork(item.Else) || item.Merges.Count > 0 || sizes.Length > 0)
        {
            _writer.Line("else");
            WriteBranch(item.Else, item.Merges.Select(merge => (merge.Variable, merge.Else)).ToArray(),
                sizes.Select(size => (size.Name!, size.Size.Else)));
        }
        Free(item, Used(item.Then).Concat(Used(item.Else))
            .Concat(item.Merges.SelectMany(merge => new[] { merge.Then, merge.Else, merge.Variable })), items);
    }

    /// <summary>Whether the forward pass does anything of it; the constructor may do the rest.</summary>
    private bool HasWork(IReadOnlyList<PlanItem> items) => items.Any(HasWork);

    private bool HasWork(PlanItem item) => item switch
    {
        ApplyOperationItem or ApplyBlockItem => true,
        IfItem branch =>
            branch.Merges.Count > 0 || HasWork(branch.Then) || HasWork(branch.Else)
                || branch.Sizes.Any(size => _numbers.Contains(size.Variable)),
        LoopItem loop => loop.Carried.Count > 0 || HasWork(loop.Body) || loop.Sizes.Any(size => _numbers.Contains(size.Variable)),
        _ => false,
    };

    private void WriteBranch(
        IReadOnlyList<PlanItem> items, IReadOnlyList<(TensorValue Variable, TensorValue Value)> assigned,
        IEnumerable<(string Name, Size Value)> sizes) =>
        _writer.Block(() =>
        {
            WriteItems(items);
            foreach (var (variable, value) in assigned)
            {
                _writer.Line($"{_locals[variable]} = {_locals[value]};");
                if (_live.IsStateNeeded(variable))
                    _writer.Line($"{StateName(variable)} = {StateOf(value)};");
            }
            foreach (var (name, value) in sizes)
                _writer.Line($"{name} = {Number(value)};");
        });

    private void WriteLoop(LoopItem item, IReadOnlyList<PlanItem> items)
    {
        if (!HasWork(item))
            return;
        foreach (var carried in item.Carried)
        {
            // The loop frees what it replaces: its own handle, which is the value's where nothing else reads that any more.
            var taken = _owned.Contains(carried.Before) && !_live.IsLiveAfter(item, carried.Before) && _live.IsOwn(carried.Variable)
                && _live.Defines(items, carried.Before) && item.Carried.Count(other => other.Before == carried.Before) == 1
                && !Used(item.Body).Contains(carried.Before);
            var copied = !taken && _live.IsOwn(carried.Variable);
            var name = Declare(carried.Variable, taken || copied);
            _writer.Line($"var {name} = {_locals[carried.Before]}{(copied ? ".alias()" : "")};");
            if (_live.IsStateNeeded(carried.Variable))
                _writer.Line(
                    $"{(StateOf(carried.Before) == "null" ? "ChannelState?" : "var")} {StateName(carried.Variable)} = "
                        + $"{StateOf(carried.Before)};");
            if (taken)
                _owned.Remove(carried.Before);
        }
        var starts = item.Sizes.Where(size => _numbers.Contains(size.Variable)).Select(size => Number(size.Before)).ToArray();
        var sizes = item.Sizes.Where(size => _numbers.Contains(size.Variable))
            .Select(size => (Name: DeclareNumber(size.Variable)!, size.Next)).ToArray();
        foreach (var (size, start) in sizes.Zip(starts, (size, start) => (size, start)))
            _writer.Line($"var {size.Name} = {start};");
        var variable = CSharpNames.Identifier(item.Variable.Name);
        _writer.Line(item.Place, $"for (var {variable} = {Number(item.From)}; {variable} < {_code.Of(item.To)}; {variable}++)");
        _loopDepth++;
        _writer.Block(() =>
        {
            WriteItems(item.Body);
            foreach (var carried in item.Carried)
            {
                _writer.Line($"{_locals[carried.Variable]} = {_locals[carried.Next]};");
                if (_live.IsStateNeeded(carried.Variable))
                    _writer.Line($"{StateName(carried.Variable)} = {StateOf(carried.Next)};");
            }
            if (sizes.Length == 1)
                _writer.Line($"{sizes[0].Name} = {Number(sizes[0].Next)};");
            else if (sizes.Length > 1)
                _writer.Line(
                    $"({string.Join(", ", sizes.Select(size => size.Name))}) = "
                        + $"({string.Join(", ", sizes.Select(size => Number(size.Next)))});");
        });
        _loopDepth--;
        Free(item, Used(item.Body).Concat(item.Carried.SelectMany(carried => new[] { carried.Before, carried.Variable })), items);
    }

    /// <summary>All values that items read.</summary>
    private static IEnumerable<TensorValue> Used(IReadOnlyList<PlanItem> items) => items.SelectMany(item => item switch
    {
        ApplyOperationItem layer => layer.Call.Inputs,
        ApplyBlockItem block => block.Inputs,
        IfItem branch =>
            Used(branch.Then).Concat(Used(branch.Else)).Concat(branch.Merges.SelectMany(merge => new[] { merge.Then, merge.Else })),
        LoopItem loop => Used(loop.Body).Concat(loop.Carried.SelectMany(carried => new[] { carried.Before, carried.Next })),
        _ => (IEnumerable<TensorValue>)[],
    });

    /// <summary>
    /// Frees what this item read last: only handles of our own that were made in this row of items, or that its loop owns.
    /// </summary>
    private void Free(PlanItem item, IEnumerable<TensorValue> values, IReadOnlyList<PlanItem> items)
    {
        foreach (var value in values.Distinct())
            if (_owned.Contains(value) && !_live.IsLiveAfter(item, value)
                && (_live.Defines(items, value) || _live.IsLoopVariableOf(items, value)))
                _writer.Line($"{_locals[value]}.Dispose();");
    }

    private static IEnumerable<LoopItem> LoopsIn(IReadOnlyList<PlanItem> items) => items.SelectMany(item => item switch
    {
        LoopItem loop => LoopsIn(loop.Body).Prepend(loop),
        IfItem branch => LoopsIn(branch.Then).Concat(LoopsIn(branch.Else)),
        _ => [],
    });
}
