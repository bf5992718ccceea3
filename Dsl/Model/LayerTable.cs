using System.Collections.Generic;
using System.Linq;
using KnDsl.Dsl.Layers;

namespace KnDsl.Dsl.Model;

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
                case ApplyLayerItem layer:
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

    private static LayerRow Row(ApplyLayerItem item, string prefix, IReadOnlyList<ChainFact> inputs)
    {
        var call = item.Call;
        var prior = call.Layer is not Norm || !Norm.Policy(call)!.HasChain ? ""
            : item.Prior is { HasState: true } fact ? string.Join("; ", fact.Within(prefix, inputs).Predecessors)
            : item.Prior is { Kind: ChainKind.Cut } cut ? $"cut by {cut.CutBy}" : "begins the chain";
        return new LayerRow(
            item.Member is null ? "" : prefix + item.Member.Path, Operation(item), item.Output.Shape.ToString(),
            item.Member is null ? Size.Zero : call.Layer.ParameterCount(call), call.Layer.Macs(call, item.Output.Shape), prior);
    }

    /// <summary>The stage as written, on one line; a join as its operator.</summary>
    private static string Operation(ApplyLayerItem item) => item.Call.Layer is Join join
        ? join.Name
        : item.Place.OneLine();
}
