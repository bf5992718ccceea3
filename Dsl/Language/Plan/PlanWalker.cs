using System.Collections.Generic;
using System.Linq;
using KnDsl.Language.Values;

namespace KnDsl.Language.Plan;

/// <summary>Goes through all of a plan, branches and loops included.</summary>
internal static class PlanWalker
{
    /// <summary>All items in their order, each before those of its bodies.</summary>
    public static IEnumerable<PlanItem> All(this IReadOnlyList<PlanItem> items)
    {
        foreach (var item in items)
        {
            yield return item;
            foreach (var body in item.Bodies)
                foreach (var inner in body.All())
                    yield return inner;
        }
    }

    /// <summary>All rows of items: this one, then the bodies inside.</summary>
    public static IEnumerable<List<PlanItem>> Rows(this List<PlanItem> items) =>
        items.SelectMany(item => item.Bodies).SelectMany(Rows).Prepend(items);

    /// <summary>All values that items read, those of their bodies included.</summary>
    public static IEnumerable<TensorValue> AllReads(this IReadOnlyList<PlanItem> items) => items.All().SelectMany(item => item.Reads);
}
