using System.Collections.Generic;
using KnDsl.Generator.Planning;
using KnDsl.Language.Plan;
using KnDsl.Language.Values;

namespace KnDsl.Generator.Writing;

/// <summary>The values whose handles are the module's own, and the lines that free them after the last item that reads them.</summary>
internal sealed class OwnHandles(ClassPlan plan, ForwardNames names, CodeWriter writer)
{
    private readonly HashSet<TensorValue> _values = [];

    private Liveness Live => plan.Forward.Live;

    /// <summary>Declares a value that has a handle of its own.</summary>
    /// <returns>Its name.</returns>
    public string Declare(TensorValue value)
    {
        _values.Add(value);
        return names.Declare(value);
    }

    public void Add(TensorValue value) => _values.Add(value);

    public void Remove(TensorValue value) => _values.Remove(value);

    public bool Contains(TensorValue value) => _values.Contains(value);

    /// <summary>
    /// Frees what an item read last: only handles of our own that were made in this row of items, or that its loop owns.
    /// </summary>
    public void FreeAfter(PlanItem item, IEnumerable<TensorValue> values, IReadOnlyList<PlanItem> items)
    {
        List<TensorValue>? freed = null;
        foreach (var value in values)
            if (Contains(value) && !Live.IsLiveAfter(item, value) && (Live.Defines(items, value) || Live.IsLoopVariableOf(items, value))
                && freed?.Contains(value) != true)
            {
                (freed ??= []).Add(value);
                writer.Line(plan.Forward.Recomputations.ReaderOf(value) == item
                    ? $"{plan.RecomputeField}.Free(scope, {names[value]}, ref {MadeBy((ApplyOperationItem)item)});"
                    : $"scope.Free({names[value]});");
            }
    }

    /// <summary>What a reader made, and the reader where it is a module.</summary>
    private string MadeBy(ApplyOperationItem reader) =>
        names[reader.Output] + (reader.Member is { } member ? $", {names.Access(plan.Layout[member])}" : "");
}
