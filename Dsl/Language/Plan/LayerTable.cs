using System;
using System.Collections.Generic;
using System.Linq;
using KnDsl.Language.Values;

namespace KnDsl.Language.Plan;

/// <summary>One stage of a network as it is at certain arguments.</summary>
/// <param name="Name">The module's full name, or empty for a stage without parameters.</param>
/// <param name="Operation">The stage as the file has it.</param>
/// <param name="Output">The shape of its output.</param>
/// <param name="Parameters">How many parameters it has; null where that is too large a number.</param>
/// <param name="Macs">The multiply-accumulates of one sample; null where that is too large a number.</param>
/// <param name="Prior">For a norm: the norms that its prior comes from, with the operations between.</param>
internal sealed record LayerRow(string Name, string Operation, string Output, Size? Parameters, Size? Macs, string Prior);

/// <summary>Lists every stage of a network, those of its blocks in their places.</summary>
internal static class LayerTable
{
    public static IEnumerable<LayerRow> Of(ModuleModel model) => Rows(model.Items, "", []);

    private static IEnumerable<LayerRow> Rows(IReadOnlyList<PlanItem> items, string prefix, IReadOnlyList<ChainFact> inputs)
    {
        foreach (var item in items.All())
            if (item is ApplyOperationItem operation)
                yield return Row(operation, prefix, inputs);
            else if (item is ApplyBlockItem { Use.Instance: { } instance } block)
            {
                var chains = block.InputChains.Select(chain => chain.Within(prefix, inputs)).ToArray();
                foreach (var row in Rows(instance.Items, prefix + block.Member.Path + ".", chains))
                    yield return row;
            }
    }

    /// <summary>
    /// What the rows cost together, a module that is applied several times having its parameters once; null where that
    /// is too large a number.
    /// </summary>
    public static (Size Parameters, Size Macs)? Total(IReadOnlyCollection<LayerRow> rows)
    {
        var (parameters, macs) = (Size.Zero, Size.Zero);
        var counted = new HashSet<string>();
        try
        {
            foreach (var row in rows)
            {
                var ofRow = row.Name.Length > 0 && counted.Add(row.Name) ? row.Parameters : Size.Zero;
                if (ofRow is null || row.Macs is null)
                    return null;
                parameters += ofRow;
                macs += row.Macs;
            }
        }
        catch (OverflowException)
        {
            return null;
        }
        return (parameters, macs);
    }

    /// <summary>A number of an operation, or null where it is too large.</summary>
    private static Size? IfItFits(ApplyOperationItem item, Func<ApplyOperationItem, Size> compute)
    {
        try
        {
            return compute(item);
        }
        catch (OverflowException)
        {
            return null;
        }
    }

    /// <summary>What feeds a norm, the nearest of many; empty for a stage, or a policy, that has no prior.</summary>
    /// <param name="maximum">Of how many norms the names are wanted.</param>
    public static string PriorOf(ApplyOperationItem item, string prefix, IReadOnlyList<ChainFact> inputs, int maximum)
    {
        if (item.Call.Operation.Normalization(item.Call) is not { Policy.HasChain: true })
            return "";
        if (item.Prior is not { HasState: true } fact)
            return item.Prior is { Kind: ChainKind.Cut } cut ? $"cut by {cut.CutBy}" : "begins the chain";
        var norms = fact.Within(prefix, inputs).Predecessors;
        return string.Join("; ", norms.Take(maximum)) + (norms.Count > maximum ? $"; and {norms.Count - maximum} more" : "");
    }

    private static LayerRow Row(ApplyOperationItem item, string prefix, IReadOnlyList<ChainFact> inputs)
    {
        return new LayerRow(
            item.Member is null ? "" : prefix + item.Member.Path, Operation(item), item.Output.Shape.ToString(),
            item.Member is null ? Size.Zero : IfItFits(item, static item => item.Call.Operation.ParameterCount(item.Call)),
            IfItFits(item, static item => item.Call.Operation.Macs(item.Call, item.Output.Shape)),
            PriorOf(item, prefix, inputs, int.MaxValue));
    }

    /// <summary>The stage as written, on one line; a join as its operator.</summary>
    private static string Operation(ApplyOperationItem item) => item.Call.Operation is { IsOperator: true, InputCount: 2 } operation
        ? operation.Name
        : item.Place.OneLine();
}
