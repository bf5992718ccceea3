using System.Collections.Generic;
using System.Linq;
using KnDsl.Language.Values;

namespace KnDsl.Language.Plan;

/// <summary>Goes through the items of a plan, those inside of others included.</summary>
internal static class PlanWalker
{
    /// <summary>All items in order, each before those inside it.</summary>
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

    /// <summary>All values that items read, those inside of others included.</summary>
    public static IEnumerable<TensorValue> AllReads(this IReadOnlyList<PlanItem> items) => items.All().SelectMany(item => item.Reads);
}
