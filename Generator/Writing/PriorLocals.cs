using System.Collections.Generic;
using System.Linq;
using KnDsl.Generator.Naming;
using KnDsl.Language.Plan;

namespace KnDsl.Generator.Writing;

/// <summary>
/// The priors of norms that name their predecessor, as locals. Each is a state of its own, followed along the way from there. A branch or
/// a turn of a loop on the way goes on with a local of its own, so that the next turn begins with the same state.
/// </summary>
internal sealed class PriorLocals(ForwardNames names)
{
    /// <summary>For each norm the local that has its prior so far, and the row of items that declares it.</summary>
    private readonly Dictionary<ApplyOperationItem, (string Name, IReadOnlyList<PlanItem> Items)> _locals = [];

    /// <summary>The local that has the prior of a norm so far.</summary>
    public string this[ApplyOperationItem norm] => _locals[norm].Name;

    /// <summary>The local that is to hold the prior from here on, as the left side of an assignment.</summary>
    public string ToSet(ApplyOperationItem norm, IReadOnlyList<PlanItem> items)
    {
        if (_locals.TryGetValue(norm, out var prior) && ReferenceEquals(prior.Items, items))
            return prior.Name;
        var label = string.Concat(norm.Member!.Name.Select(part => part.Count is null ? part.Text : ""));
        var name = names.Take(CSharpNames.Bare(CSharpNames.Identifier(label.Length == 0 ? "norm" : label)) + "Prior");
        _locals[norm] = (name, items);
        return $"var {name}";
    }
}
