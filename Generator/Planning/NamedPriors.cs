using System.Collections.Generic;
using System.Linq;
using KnDsl.Language.Plan;

namespace KnDsl.Generator.Planning;

/// <summary>
/// The norms that name their predecessor: the prior of each is a state of its own, followed along the way from there. Here is
/// which of them each item on the way serves.
/// </summary>
internal sealed class NamedPriors
{
    private readonly Dictionary<ApplyOperationItem, List<ApplyOperationItem>> _norms = [];

    public NamedPriors(IReadOnlyList<PlanItem> items)
    {
        foreach (var norm in items.All().OfType<ApplyOperationItem>())
            foreach (var step in norm.From ?? [])
                if (_norms.TryGetValue(step, out var others))
                    others.Add(norm);
                else
                    _norms[step] = [norm];
    }

    /// <summary>The norms whose prior passes an item, or begins at it.</summary>
    public IReadOnlyList<ApplyOperationItem> Through(ApplyOperationItem item) =>
        _norms.TryGetValue(item, out var norms) ? norms : (IReadOnlyList<ApplyOperationItem>)[];

    /// <summary>The norms whose prior an operation passes on by a rule of its own.</summary>
    public IReadOnlyList<ApplyOperationItem> PassedBy(ApplyOperationItem item) =>
        item.Call.StateInputs.Count == 1 && item.Call.Operation.Moments(item.Call) is not null ? Through(item) : [];
}
