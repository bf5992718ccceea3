using System.Collections.Generic;
using System.Linq;
using KnDsl.Language.Plan;
using KnDsl.Language.Text;
using KnDsl.Language.Values;

namespace KnDsl.Generator.Planning;

/// <summary>A norm, perhaps a sum with another value, and perhaps an activation, which are one call.</summary>
/// <param name="Norm">The norm.</param>
/// <param name="Sum">The sum of its output and another value; null where there is none.</param>
/// <param name="Activation">The activation; null where there is none.</param>
internal sealed record Fusion(ApplyOperationItem Norm, ApplyOperationItem? Sum, ApplyOperationItem? Activation)
{
    /// <summary>The stage that the call comes in the place of.</summary>
    public ApplyOperationItem Last => (Activation ?? Sum)!;

    /// <summary>What comes after the norm.</summary>
    public IEnumerable<ApplyOperationItem> AfterNorm => new[] { Sum, Activation }.OfType<ApplyOperationItem>();

    /// <summary>The value that is added to the norm's output.</summary>
    public TensorValue? Addend => Sum?.Call.Inputs.First(input => input != Norm.Output);

    /// <summary>The values that the call reads.</summary>
    public IEnumerable<TensorValue> Reads => Addend is { } addend ? [Norm.Call.Inputs[0], addend] : [Norm.Call.Inputs[0]];

    /// <summary>The last stage that reads or makes a value of the call: nothing between the stages reads what the call does.</summary>
    public ApplyOperationItem LastUseOf(TensorValue value) =>
        AfterNorm.Prepend(Norm).Last(item => item.Output == value || item.Call.Inputs.Contains(value));

    /// <summary>From the first stage to the last: the call has one place in the file.</summary>
    public Place Place => new(Norm.Place.Text, AfterNorm.Aggregate(Norm.Place.Span, (span, item) => TextSpan.Union(span, item.Place.Span)));
}

/// <summary>The norms of a module that are one call with what comes right after them.</summary>
internal sealed class Fusions
{
    private readonly Dictionary<PlanItem, Fusion> _byLast;
    private readonly HashSet<PlanItem> _others;

    public Fusions(IEnumerable<Fusion> fusions)
    {
        _byLast = fusions.ToDictionary(fusion => (PlanItem)fusion.Last);
        _others = [.. _byLast.Values.SelectMany(fusion => fusion.AfterNorm.Prepend(fusion.Norm).Where(item => item != fusion.Last))];
    }

    /// <summary>The call that comes in the place of an item, or null.</summary>
    public Fusion? EndingAt(PlanItem item) => _byLast.TryGetValue(item, out var fusion) ? fusion : null;

    /// <summary>Whether an item is part of a call that comes later.</summary>
    public bool ComesLater(PlanItem item) => _others.Contains(item);
}
