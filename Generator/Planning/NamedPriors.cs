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
    private readonly ILookup<ApplyOperationItem, ApplyOperationItem> _norms;

    public NamedPriors(IReadOnlyList<PlanItem> items) => _norms = items.All().OfType<ApplyOperationItem>()
        .SelectMany(norm => (norm.From ?? []).Select(step => (Step: step, Norm: norm)))
        .ToLookup(pair => pair.Step, pair => pair.Norm);

    /// <summary>The norms whose prior passes an item, or begins at it.</summary>
    public IReadOnlyList<ApplyOperationItem> Through(ApplyOperationItem item) => [.. _norms[item]];
}
