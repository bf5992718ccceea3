using System.Collections.Generic;
using System.Linq;
using KnDsl.Language.Values;

namespace KnDsl.Language.Plan;

/// <summary>
/// Puts what makes the shared modules into a finished plan: where each was declared or, where the sizes that it is made for
/// are set later, right after that. One that nothing applies is left out, and its member with it.
/// </summary>
internal static class SharedPlacement
{
    public static void Place(List<PlanItem> items)
    {
        foreach (var row in items.Rows().Reverse().ToArray())
        {
            PlaceIn(row);
            // An if that held nothing else than a module which nothing applies has nothing to decide.
            row.RemoveAll(static item => item.Bodies.Count > 0 && item.Bodies.All(body => body.Count == 0) && !item.Makes.Any()
                && !item.SizeVariables.Any());
        }
    }

    private static void PlaceIn(List<PlanItem> items)
    {
        var moved = new HashSet<PlanItem>();
        for (var at = 0; at < items.Count; at++)
        {
            if (items[at] is not SharedModuleItem hole)
                continue;
            if (hole.Made is not { } made)
            {
                hole.Member.Remove();
                continue;
            }
            var needed = SymbolsOf(hole.Inputs!);
            var last = needed.Count == 0 ? -1 : items.FindLastIndex(item => needed.Any(symbol => Sets(item, symbol)));
            if (last < at)
            {
                items[at] = made;
                continue;
            }
            // Of several that wait for one size, the first that was declared comes first.
            last++;
            while (last < items.Count && moved.Contains(items[last]))
                last++;
            moved.Add(made);
            items.Insert(last, made);
        }
        items.RemoveAll(item => item is SharedModuleItem);
    }

    /// <summary>The symbols of the inputs' sizes that are known when a module is built.</summary>
    public static IReadOnlyCollection<Symbol> SymbolsOf(IReadOnlyList<TensorValue> inputs) =>
    [
        .. inputs.SelectMany(input => input.Shape.Sizes).SelectMany(size => size.Leaves())
        .Where(symbol => symbol.Kind == SymbolKind.Construction).Distinct(),
    ];

    /// <summary>Whether a symbol has its value from an item on: a size that an if or a loop sets, or a property of a block.</summary>
    public static bool Sets(PlanItem item, Symbol symbol) =>
        item.SizeVariables.Any(size => size.Variable.Equals(symbol))
        || item is ConstructBlockItem block && symbol.Origin is BlockSize size && size.Member == block.Member;
}
