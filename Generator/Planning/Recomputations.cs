using System.Collections.Generic;
using KnDsl.Language.Plan;
using KnDsl.Language.Values;

namespace KnDsl.Generator.Planning;

/// <summary>
/// The values that training may compute again in place of keeping them: what a norm and an activation give in one call, where a single
/// operation reads it, right there, into memory of its own.
/// </summary>
internal sealed class Recomputations
{
    private readonly Dictionary<TensorValue, ApplyOperationItem> _readers = [];

    public Recomputations(ModuleModel model, Fusions fusions, ReadCounts reads) => Visit(model.Items, fusions, reads);

    public bool IsEmpty => _readers.Count == 0;

    /// <summary>Whether a value may be computed again.</summary>
    public bool Contains(TensorValue value) => _readers.ContainsKey(value);

    /// <summary>The operation that alone reads a value, which may be computed again; null for any other value.</summary>
    public ApplyOperationItem? ReaderOf(TensorValue value) => _readers.TryGetValue(value, out var reader) ? reader : null;

    private void Visit(IReadOnlyList<PlanItem> items, Fusions fusions, ReadCounts reads)
    {
        var made = new HashSet<TensorValue>();
        foreach (var item in items)
        {
            foreach (var body in item.Bodies)
                Visit(body, fusions, reads);
            if (item is not ApplyOperationItem operation)
                continue;
            if (operation.Call.Operation.OwnsOutput && operation.Call.Inputs.Count == 1 && made.Contains(operation.Call.Inputs[0]))
                _readers[operation.Call.Inputs[0]] = operation;
            if (fusions.EndingAt(operation) is { Sum: null, Activation: not null } fusion && reads.IsReadOnce(fusion.Last.Output))
                made.Add(fusion.Last.Output);
        }
    }
}
