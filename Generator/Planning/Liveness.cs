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
    /// <summary>Of the values that an item reads or makes, those that are live after it, and those whose states are.</summary>
    private readonly Dictionary<PlanItem, (TensorValue[] Values, TensorValue[] States)> _after = [];
    private readonly List<TensorValue> _values = [];
    private readonly List<TensorValue> _states = [];
    private readonly Dictionary<TensorValue, IReadOnlyList<PlanItem>> _definedIn = [];
    private readonly Dictionary<IReadOnlyList<PlanItem>, LoopItem> _loops = [];
    private readonly HashSet<TensorValue> _neededStates = [];
    private readonly ModuleModel _model;

    public Liveness(ModuleModel model)
    {
        _model = model;
        FindDefinitions(model.Items);
        FindNeededStates();
        var live = new LiveSet();
        foreach (var output in model.Outputs)
            Read(live, output.Value);
        // A posterior of an input goes back to the module that uses the block.
        if (model.Declaration.Kind == Language.Syntax.ModuleKind.Block)
            for (var i = 0; i < model.Inputs.Count; i++)
                if (IsSharpened(model, i))
                    live.AddState(model.Inputs[i]);
        Walk(model.Items, live);
    }

    /// <summary>Whether a norm inside observes an input itself, so that its state comes back sharpened.</summary>
    public static bool IsSharpened(ModuleModel model, int input) =>
        model.InputChains.Count > input && model.InputChains[input].Predecessors.Any(from => !ChainFact.IsInput(from.Norm));

    /// <summary>Whether a norm's layer threads a state: its policy has a chain, or is not known.</summary>
    public static bool IsChained(OperationCall norm) => norm.Operation.Normalization(norm)!.Value.Policy.HasChain;

    /// <summary>Whether a norm begins a chain instead of taking the prior that reaches it.</summary>
    public static bool StartsChain(OperationCall norm) => norm.Operation.Normalization(norm)!.Value.StartsChain;

    /// <summary>Whether the state of an operation's output is needed, and follows from those of its inputs.</summary>
    public bool PassesState(ApplyOperationItem item) => IsStateNeeded(item.Output) && item.Call.Operation.PassesState(item.Call)
        && IsStateNeeded(item.Call.StateInputs);

    public bool IsStateNeeded(TensorValue value) => _neededStates.Contains(value);

    /// <summary>Whether the state of one of several values is needed.</summary>
    public bool IsStateNeeded(IReadOnlyList<TensorValue> values)
    {
        for (var i = 0; i < values.Count; i++)
            if (IsStateNeeded(values[i]))
                return true;
        return false;
    }

    /// <summary>Whether the value is read after an item that reads or makes it.</summary>
    public bool IsLiveAfter(PlanItem item, TensorValue value) => Array.IndexOf(_after[item].Values, value) >= 0;

    /// <summary>The same of the state of a value.</summary>
    public bool IsStateLiveAfter(PlanItem item, TensorValue value) => Array.IndexOf(_after[item].States, value) >= 0;

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
                    foreach (var input in layer.Call.StateInputs)
                        if (_model.CanHaveState(input))
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

    // ---- where values are made -----------------------------------------------------------------------------------

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

    // ---- the walk, from the end to the start ---------------------------------------------------------------------

    /// <summary>Adds what a row of items reads to what is live after it.</summary>
    private void Walk(IReadOnlyList<PlanItem> items, LiveSet live)
    {
        for (var i = items.Count - 1; i >= 0; i--)
        {
            var item = items[i];
            switch (item)
            {
                case ApplyOperationItem or ApplyBlockItem:
                    Keep(item, item.Reads, live);
                    foreach (var output in item.Makes)
                        live.Remove(output);
                    foreach (var input in item.Reads)
                        Read(live, input);
                    break;
                case IfItem branch:
                    Keep(item, branch.Then.AllReads().Concat(branch.Else.AllReads()).Concat(item.Reads), live);
                    foreach (var merge in branch.Merges)
                        live.Remove(merge.Variable);
                    var otherwise = live.Fork();
                    foreach (var merge in branch.Merges)
                    {
                        Read(live, merge.Then);
                        Read(otherwise, merge.Else);
                    }
                    Walk(branch.Then, live);
                    Walk(branch.Else, otherwise);
                    live.UnionWith(otherwise);
                    break;
                case LoopItem loop:
                    Keep(item, loop.Body.AllReads().Concat(item.Reads), live);
                    var body = live.Fork();
                    foreach (var carried in loop.Carried)
                        // The end of a turn sets the variable anew.
                        body.Remove(carried.Variable);
                    foreach (var carried in loop.Carried)
                        Read(body, carried.Next);
                    // What an iteration reads of the outside, the one before it must leave alive.
                    foreach (var outside in ReadFromOutside(loop))
                        Read(body, outside);
                    Walk(loop.Body, body);
                    foreach (var carried in loop.Carried)
                        body.Remove(carried.Variable);
                    foreach (var carried in loop.Carried)
                        Read(body, carried.Before);
                    live.Take(body);
                    break;
            }
        }
    }

    /// <summary>The values that the body of a loop reads and does not make: each value is made in one place.</summary>
    private static IEnumerable<TensorValue> ReadFromOutside(LoopItem loop)
    {
        var made = new HashSet<TensorValue>(loop.Body.All().SelectMany(item => item.Makes).Concat(loop.Makes));
        return loop.Body.AllReads().Where(value => !made.Contains(value));
    }

    /// <summary>Keeps what is live after an item of the values that it reads or makes: nothing else is asked.</summary>
    private void Keep(PlanItem item, IEnumerable<TensorValue> reads, LiveSet live)
    {
        foreach (var value in reads)
            Keep(value, live);
        foreach (var value in item.Makes)
            Keep(value, live);
        _after[item] = (_values.ToArray(), _states.ToArray());
        _values.Clear();
        _states.Clear();
    }

    private void Keep(TensorValue value, LiveSet live)
    {
        if (live.Has(value))
            _values.Add(value);
        if (live.HasState(value))
            _states.Add(value);
    }

    private void Read(LiveSet live, TensorValue value)
    {
        live.Add(value);
        if (IsStateNeeded(value))
            live.AddState(value);
    }

    /// <summary>The values and the states that are read later.</summary>
    private sealed class LiveSet
    {
        private HashSet<TensorValue> _values = [];
        private HashSet<TensorValue> _states = [];

        public bool Has(TensorValue value) => _values.Contains(value);

        public bool HasState(TensorValue value) => _states.Contains(value);

        public void Add(TensorValue value) => _values.Add(value);

        public void AddState(TensorValue value) => _states.Add(value);

        public void Remove(TensorValue value)
        {
            _values.Remove(value);
            _states.Remove(value);
        }

        public LiveSet Fork() => new() { _values = new(_values), _states = new(_states) };

        public void UnionWith(LiveSet other)
        {
            _values.UnionWith(other._values);
            _states.UnionWith(other._states);
        }

        public void Take(LiveSet other) => (_values, _states) = (other._values, other._states);
    }
}
