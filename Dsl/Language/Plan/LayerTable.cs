using System;
using System.Collections.Generic;
using System.Linq;
using KnDsl.Language.Values;

namespace KnDsl.Language.Plan;

/// <summary>One stage of a network as it is at certain arguments.</summary>
/// <param name="Name">The module's full name, or empty for a stage without parameters.</param>
/// <param name="Operation">The stage as it stands in the file.</param>
/// <param name="Prior">For a norm: the norms that its prior comes from, with the operations between.</param>
internal sealed record LayerRow(string Name, string Operation, string Output, Size Parameters, Size Macs, string Prior);

/// <summary>Lists every stage of a network, those of its blocks in their places.</summary>
internal static class LayerTable
{
    public static IEnumerable<LayerRow> Of(ModuleModel model) => Rows(model.Items, "", []);

    private static IEnumerable<LayerRow> Rows(IReadOnlyList<PlanItem> items, string prefix, IReadOnlyList<ChainFact> inputs)
    {
        foreach (var item in items)
            switch (item)
            {
                case ApplyOperationItem layer:
                    yield return Row(layer, prefix, inputs);
                    break;
                case ApplyBlockItem { Use.Instance: { } instance } block:
                    var chains = block.InputChains.Select(chain => chain.Within(prefix, inputs)).ToArray();
                    foreach (var row in Rows(instance.Items, prefix + block.Member.Path + ".", chains))
                        yield return row;
                    break;
                case IfItem branch:
                    foreach (var row in Rows(branch.Then, prefix, inputs).Concat(Rows(branch.Else, prefix, inputs)))
                        yield return row;
                    break;
                case LoopItem loop:
                    foreach (var row in Rows(loop.Body, prefix, inputs))
                        yield return row;
                    break;
            }
    }

    /// <summary>
    /// What the rows cost together, a module that is applied several times having its parameters once; null where that
    /// is too large a number.
    /// </summary>
    public static (Size Parameters, Size Macs)? Total(IReadOnlyCollection<LayerRow> rows)
    {
        try
        {
            return (Sum(rows.Where(row => row.Name.Length > 0).GroupBy(row => row.Name).Select(module => module.First().Parameters)),
                Sum(rows.Select(row => row.Macs)));
        }
        catch (OverflowException)
        {
            return null;
        }
    }

    private static Size Sum(IEnumerable<Size> sizes) => sizes.Aggregate(Size.Zero, (sum, size) => sum + size);

    /// <summary>What feeds a norm, the nearest of many; empty for a stage, or a policy, that has no prior.</summary>
    /// <param name="most">Of how many norms the names are wanted.</param>
    public static string PriorOf(ApplyOperationItem item, string prefix, IReadOnlyList<ChainFact> inputs, int most)
    {
        if (item.Call.Operation.Normalization(item.Call) is not { Policy.HasChain: true })
            return "";
        if (item.Prior is not { HasState: true } fact)
            return item.Prior is { Kind: ChainKind.Cut } cut ? $"cut by {cut.CutBy}" : "begins the chain";
        var norms = fact.Within(prefix, inputs).Predecessors;
        return string.Join("; ", norms.Take(most)) + (norms.Count > most ? $"; and {norms.Count - most} more" : "");
    }

    private static LayerRow Row(ApplyOperationItem item, string prefix, IReadOnlyList<ChainFact> inputs)
    {
        var call = item.Call;
        return new LayerRow(
            item.Member is null ? "" : prefix + item.Member.Path, Operation(item), item.Output.Shape.ToString(),
            item.Member is null ? Size.Zero : call.Operation.ParameterCount(call), call.Operation.Macs(call, item.Output.Shape),
            PriorOf(item, prefix, inputs, int.MaxValue));
    }

    /// <summary>The stage as written, on one line; a join as its operator.</summary>
    private static string Operation(ApplyOperationItem item) => item.Call.Operation is { IsOperator: true, InputCount: 2 } operation
        ? operation.Name
        : item.Place.OneLine();
}
