using System;
using System.Collections.Generic;
using System.Linq;
using KnDsl.Language.Operations.Contract;
using KnDsl.Language.Plan;
using KnDsl.Language.Values;

namespace KnDsl.Generator.Planning;

/// <summary>
/// Which values and states are still read after each item of a plan. It decides when a tensor is freed, which states are
/// computed at all, and whether a norm's posterior is wanted.
/// </summary>
internal sealed class Liveness
{
    private readonly Dictionary<PlanItem, object[]> _after = [];
    private readonly Dictionary<TensorValue, IReadOnlyList<TensorValue>> _aliases = [];
    private readonly Dictionary<TensorValue, IReadOnlyList<PlanItem>> _definedIn = [];
    private readonly Dictionary<IReadOnlyList<PlanItem>, LoopItem> _loops = [];
    private readonly HashSet<TensorValue> _neededStates = [];
    private readonly ModuleModel _model;

    public Liveness(ModuleModel model)
    {
        _model = model;
        FindDefinitions(model.Items);
        FindAliases(model.Items);
        FindNeededStates();
        var live = new HashSet<object>();
        foreach (var output in model.Outputs)
        {
            Read(live, output.Value);
            if (IsStateNeeded(output.Value))
                live.Add(new StateOf(output.Value));
        }
        // A posterior of an input goes back to the module that uses the block.
        if (model.Declaration.Kind == Language.Syntax.ModuleKind.Block)
            for (var i = 0; i < model.Inputs.Count; i++)
                if (IsSharpened(model, i))
                    live.Add(new StateOf(model.Inputs[i]));
        Walk(model.Items, live);
    }

    /// <summary>A value's state, as something that is read and written apart from the value.</summary>
    private sealed record StateOf(TensorValue Value);

    /// <summary>Whether a norm inside observes an input itself, so that its state comes back sharpened.</summary>
    public static bool IsSharpened(ModuleModel model, int input) =>
        model.InputChains.Count > input && model.InputChains[input].Predecessors.Any(from => from.Norm[0] != '#');

    /// <summary>Whether a norm's layer threads a state: its policy has a chain, or is not known.</summary>
    public static bool IsChained(OperationCall norm) => norm.Operation.Normalization(norm)!.Policy.HasChain;

    /// <summary>Whether a norm begins a chain instead of taking the prior that reaches it.</summary>
    public static bool StartsChain(OperationCall norm) => norm.Operation.Normalization(norm)!.StartsChain;

    /// <summary>Whether the state of an operation's output is needed, and follows from those of its inputs.</summary>
    public bool PassesState(ApplyOperationItem item) => IsStateNeeded(item.Output) && item.Call.Operation.PassesState(item.Call)
        && item.Call.StateInputs.Any(IsStateNeeded);

    public bool IsStateNeeded(TensorValue value) => _neededStates.Contains(value);

    /// <summary>Whether the value, or a variable that may be another name for it, is read after the item.</summary>
    public bool IsLiveAfter(PlanItem item, TensorValue value) =>
        IsReadAfter(item, value) || _aliases.Count > 0
            && _aliases.Keys.Any(variable => IsReadAfter(item, variable) && IsAlias(variable, value));

    /// <summary>Whether the value itself is read after the item.</summary>
    public bool IsReadAfter(PlanItem item, TensorValue value) => Array.IndexOf(_after[item], value) >= 0;

    private bool IsAlias(TensorValue variable, TensorValue value) =>
        _aliases.TryGetValue(variable, out var sources)
            && sources.Any(source => source == value || source != variable && IsAlias(source, value));

    public bool IsStateLiveAfter(PlanItem item, TensorValue value) => Array.IndexOf(_after[item], new StateOf(value)) >= 0;

    // ---- which states are needed ---------------------------------------------------------------------------------

    private void FindNeededStates()
    {
        if (_model.Declaration.Kind == Language.Syntax.ModuleKind.Block)
        {
            foreach (var output in _model.Outputs.Where(output => output.Chain.HasState))
                _neededStates.Add(output.Value);
        }
        int before;
        do
        {
            before = _neededStates.Count;
            Need(_model.Items);
        } while (_neededStates.Count > before);
    }

    /// <summary>From the end to the start, as needs go: only loops take another round.</summary>
    private void Need(IReadOnlyList<PlanItem> items)
    {
        for (var i = items.Count - 1; i >= 0; i--)
            switch (items[i])
            {
                case ApplyOperationItem { Call.Operation.PolicyOfNetwork: not null } norm:
                    if (norm.From is { } path)
                        _neededStates.Add(path[0].Output);
                    else if (IsChained(norm.Call) && !StartsChain(norm.Call) && norm.Prior!.HasState)
                        _neededStates.Add(norm.Call.Inputs[0]);
                    break;
                case ApplyOperationItem layer when _neededStates.Contains(layer.Output) && layer.Call.Operation.PassesState(layer.Call):
                    foreach (var input in layer.Call.StateInputs.Where(_model.CanHaveState))
                        _neededStates.Add(input);
                    break;
                case ApplyBlockItem block when block.Use.Generic.ObservesStates || block.Use.Generic.HasChainForward
                    && block.Outputs.Any(_neededStates.Contains):
                    foreach (var input in block.Inputs.Where(_model.CanHaveState))
                        _neededStates.Add(input);
                    break;
                case IfItem branch:
                    foreach (var merge in branch.Merges.Where(merge => _neededStates.Contains(merge.Variable)))
                        foreach (var source in new[] { merge.Then, merge.Else }.Where(_model.CanHaveState))
                            _neededStates.Add(source);
                    Need(branch.Then);
                    Need(branch.Else);
                    break;
                case LoopItem loop:
                    foreach (var carried in loop.Carried.Where(carried => _neededStates.Contains(carried.Variable)))
                        foreach (var source in new[] { carried.Before, carried.Next }.Where(_model.CanHaveState))
                            _neededStates.Add(source);
                    Need(loop.Body);
                    break;
            }
    }

    // ---- aliases -------------------------------------------------------------------------------------------------

    /// <summary>A variable may be another name for a value that was made outside: that one must live as long.</summary>
    private void FindAliases(IReadOnlyList<PlanItem> items)
    {
        foreach (var item in items)
            switch (item)
            {
                case IfItem branch:
                    FindAliases(branch.Then);
                    FindAliases(branch.Else);
                    foreach (var merge in branch.Merges)
                        _aliases[merge.Variable] = [.. OthersOf(branch.Then, merge.Then), .. OthersOf(branch.Else, merge.Else)];
                    break;
                case LoopItem loop:
                    FindAliases(loop.Body);
                    foreach (var carried in loop.Carried)
                    {
                        // A loop whose turns give it a handle of its own, or the one that it has, begins with one of its own too.
                        var others = OthersOf(loop.Body, carried.Next).Where(other => other != carried.Variable).ToArray();
                        _aliases[carried.Variable] = others.Length == 0 ? [] : [carried.Before, .. others];
                    }
                    break;
            }
    }

    /// <summary>
    /// The values from outside of a row of items whose handle a value at its end may be; none for one that was made there.
    /// </summary>
    private IEnumerable<TensorValue> OthersOf(IReadOnlyList<PlanItem> items, TensorValue value) =>
        !Defines(items, value) ? [value]
        : _aliases.TryGetValue(value, out var others) ? others.Where(other => !Defines(items, other))
        : [];

    /// <summary>Whether a variable has a handle of its own, whichever path gives its value.</summary>
    public bool IsOwn(TensorValue variable) => _aliases[variable].Count == 0;

    /// <summary>Whether a row of items makes the value, itself and not inside a branch or a loop.</summary>
    public bool Defines(IReadOnlyList<PlanItem> items, TensorValue value) =>
        _definedIn.TryGetValue(value, out var row) && ReferenceEquals(row, items);

    /// <summary>The loop whose variable the value is, if the row is its body.</summary>
    public bool IsLoopVariableOf(IReadOnlyList<PlanItem> items, TensorValue value) =>
        _loops.TryGetValue(items, out var loop) && loop.Carried.Any(carried => carried.Variable == value);

    private void FindDefinitions(IReadOnlyList<PlanItem> items)
    {
        foreach (var item in items)
        {
            foreach (var value in item.Makes)
                _definedIn[value] = items;
            if (item is LoopItem loop)
                _loops[loop.Body] = loop;
            foreach (var body in item.Bodies)
                FindDefinitions(body);
        }
    }

    private static void Read(HashSet<object> live, TensorValue value) => live.Add(value);

    // ---- the walk, from the end to the start ---------------------------------------------------------------------

    private HashSet<object> Walk(IReadOnlyList<PlanItem> items, HashSet<object> live)
    {
        live = new HashSet<object>(live);
        for (var i = items.Count - 1; i >= 0; i--)
        {
            var item = items[i];
            // What only the constructor does reads no value.
            if (item is ApplyOperationItem or ApplyBlockItem or IfItem or LoopItem)
                _after[item] = [.. live];
            switch (item)
            {
                case ApplyOperationItem or ApplyBlockItem:
                    foreach (var output in item.Makes)
                    {
                        live.Remove(output);
                        live.Remove(new StateOf(output));
                    }
                    foreach (var input in item.Reads)
                    {
                        Read(live, input);
                        ReadState(live, input);
                    }
                    break;
                case IfItem branch:
                    foreach (var merge in branch.Merges)
                    {
                        live.Remove(merge.Variable);
                        live.Remove(new StateOf(merge.Variable));
                    }
                    var (then, otherwise) = (new HashSet<object>(live), new HashSet<object>(live));
                    foreach (var merge in branch.Merges)
                    {
                        Read(then, merge.Then);
                        ReadState(then, merge.Then);
                        Read(otherwise, merge.Else);
                        ReadState(otherwise, merge.Else);
                    }
                    live = Walk(branch.Then, then);
                    live.UnionWith(Walk(branch.Else, otherwise));
                    break;
                case LoopItem loop:
                    var body = new HashSet<object>(live);
                    foreach (var carried in loop.Carried)
                    {
                        // The end of a turn sets the variable anew.
                        body.Remove(carried.Variable);
                        body.Remove(new StateOf(carried.Variable));
                        Read(body, carried.Next);
                        ReadState(body, carried.Next);
                    }
                    // What an iteration reads of the outside, the one before it must leave alive.
                    var again = Walk(loop.Body, body);
                    foreach (var carried in loop.Carried)
                    {
                        again.Remove(carried.Variable);
                        again.Remove(new StateOf(carried.Variable));
                    }
                    body.UnionWith(again);
                    live = Walk(loop.Body, body);
                    foreach (var carried in loop.Carried)
                    {
                        live.Remove(carried.Variable);
                        live.Remove(new StateOf(carried.Variable));
                        Read(live, carried.Before);
                        ReadState(live, carried.Before);
                    }
                    break;
            }
        }
        return live;
    }

    private void ReadState(HashSet<object> live, TensorValue value)
    {
        if (IsStateNeeded(value))
            live.Add(new StateOf(value));
    }
}
