using System;
using System.Collections.Generic;
using System.Linq;
using KnDsl.Language.Plan;
using KnDsl.Language.Values;

namespace KnDsl.Generator.Planning;

/// <summary>
/// How large data must be so that no window of a convolution or a pool is larger than what it slides over: what comes after it would
/// have no size. What branches, loops and arguments of the constructor decide is left to torch.
/// </summary>
internal static class LeastSizes
{
    /// <summary>Sizes that nobody gives more than; a window that needs more is torch's to refuse.</summary>
    private const long Largest = 1 << 14;

    /// <summary>The code of an operation that leaves nothing of a size.</summary>
    private const string VanishedSize = "KN0202";

    /// <summary>The symbols of a module's inputs that must be more than 1, each with the least number that will do.</summary>
    public static IReadOnlyDictionary<Symbol, long> Of(ClassPlan plan)
    {
        var found = new Dictionary<Symbol, long>();
        foreach (var demand in Demands(plan))
        {
            var symbols = demand.Symbols().Distinct().ToArray();
            if (symbols.Length == 1 && IsOfData(plan, symbols[0]) && Least(demand, symbols[0]) is { } least)
                found[symbols[0]] = Math.Max(least, found.TryGetValue(symbols[0], out var known) ? known : 1);
        }
        return found;
    }

    /// <summary>Whether a symbol is a size of an input that the constructor is not told.</summary>
    private static bool IsOfData(ClassPlan plan, Symbol symbol) => plan.SourceOf(symbol) is not null
        && plan.Model.Declaration.ParameterOf(symbol.Name) is null && plan.Sizes.OfInputs.All(size => size.Symbol != symbol);

    /// <summary>What must hold in every forward pass.</summary>
    private static IEnumerable<Condition> Demands(ClassPlan plan)
    {
        foreach (var item in plan.Model.Items)
        {
            // Of slices and the like the operation itself says more.
            if (item is LimitCheck { Diagnostic.Code: VanishedSize } limit)
                yield return limit.Condition;
            else if (item is ApplyBlockItem { Use: var use })
            {
                foreach (var demand in OfBlock(use, plan.Plans[use.Generic]))
                    yield return demand;
            }
        }
    }

    /// <summary>What a block demands of its inputs, in the symbols of the module that uses it.</summary>
    private static IEnumerable<Condition> OfBlock(BlockUse use, ClassPlan block)
    {
        foreach (var least in block.LeastSizes)
        {
            for (var input = 0; input < use.Inputs.Count; input++)
            {
                var axis = use.Generic.Inputs[input].Shape.Sizes.ToList().FindIndex(size => size == Size.Of(least.Key));
                if (axis >= 0)
                    yield return Condition.Compare(Comparison.GreaterOrEqual, use.Inputs[input][axis], least.Value);
            }
        }
    }

    /// <summary>The least number for which a condition holds; null where 1 will do, and where larger ones do not do as well.</summary>
    private static long? Least(Condition condition, Symbol symbol)
    {
        if (Holds(1))
            return null;
        var (below, enough) = (1L, 2L);
        while (!Holds(enough))
        {
            (below, enough) = (enough, enough * 2);
            if (enough > Largest)
                return null;
        }
        while (enough - below > 1)
        {
            var middle = (below + enough) / 2;
            (below, enough) = Holds(middle) ? (below, middle) : (middle, enough);
        }
        return Holds(enough + 1) && Holds(enough * 2) ? enough : null;

        bool Holds(long value) => condition.Substitute(
            new Substitution(new Dictionary<Symbol, Size> { [symbol] = value })).Value == true;
    }
}
