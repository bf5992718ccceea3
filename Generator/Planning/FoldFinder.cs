using System.Collections.Generic;
using System.Linq;
using KnDsl.Language.Plan;
using KnDsl.Language.Values;

namespace KnDsl.Generator.Planning;

/// <summary>A norm and the layer right before it, which takes it over.</summary>
/// <param name="AreTogether">Whether the norm is there wherever the layer is: no if decides over one of them alone.</param>
internal sealed record Fold(Member Into, Member Norm, bool AreTogether);

/// <summary>
/// Finds the norms that can be folded into the layer before them: it is a convolution or a linear layer, nothing else reads
/// its output wherever the norm is applied, and both are applied once each time they are made.
/// </summary>
internal sealed class FoldFinder
{
    private readonly Dictionary<TensorValue, (ApplyOperationItem Item, Row Row)> _producers = [];
    private readonly Dictionary<TensorValue, List<(PlanItem? Reader, Row Row)>> _readers = [];
    private readonly Dictionary<Member, Row> _constructed = [];
    private readonly Dictionary<Member, int> _applications = [];
    private readonly List<(ApplyOperationItem Item, Row Row)> _norms = [];

    /// <summary>A row of items and what contains it: the whole module's, a branch's of an if, or a loop's body.</summary>
    private sealed class Row(Row? parent, PlanItem? owner, bool isThen)
    {
        private Row? Parent => parent;

        private PlanItem? Owner => owner;

        private bool IsThen => isThen;

        /// <summary>Whether the items of one never run together with those of the other.</summary>
        public static bool AreExclusive(Row a, Row b) =>
            a.Branches().Any(one => b.Branches().Any(other => one.Owner == other.Owner && one.IsThen != other.IsThen));

        private IEnumerable<Row> Branches()
        {
            for (var row = this; row is not null; row = row.Parent)
                if (row.Owner is IfItem)
                    yield return row;
        }

        /// <summary>Whether the other row is this one, or around it with nothing but ifs between.</summary>
        public bool IsInside(Row other)
        {
            var row = this;
            while (row != other && row is { Owner: IfItem, Parent: { } around })
                row = around;
            return row == other;
        }
    }

    private FoldFinder(ModuleModel model)
    {
        var top = new Row(null, null, false);
        Visit(model.Items, top);
        foreach (var output in model.Outputs)
            Read(output.Value, null, top);
    }

    /// <summary>The norms, each with the layer that it is folded into.</summary>
    public static IEnumerable<Fold> Find(ModuleModel model)
    {
        var finder = new FoldFinder(model);
        return finder._norms.Select(norm => finder.FoldOf(norm.Item, norm.Row)).OfType<Fold>();
    }

    private Fold? FoldOf(ApplyOperationItem norm, Row row)
    {
        var value = norm.Call.Inputs[0];
        return _producers.TryGetValue(value, out var producer)
            && HasChannelsAsOutputs(producer.Item)
            && IsAppliedOnce(producer.Item.Member!, producer.Row) && IsAppliedOnce(norm.Member!, row)
            && row.IsInside(producer.Row)
            && _readers[value].All(reader => reader.Reader == norm || Row.AreExclusive(reader.Row, row))
                ? new Fold(producer.Item.Member!, norm.Member!, producer.Row == row)
                : null;
    }

    private static bool HasChannelsAsOutputs(ApplyOperationItem item) => item.Call.Operation.TakesFold(item.Output.Shape);

    /// <summary>Whether each module that is made is applied once: a shared one may be applied in a loop, or in several places.</summary>
    private bool IsAppliedOnce(Member member, Row row) =>
        _applications[member] == 1 && _constructed.TryGetValue(member, out var constructed) && constructed == row;

    private void Visit(IReadOnlyList<PlanItem> items, Row row)
    {
        foreach (var item in items)
            switch (item)
            {
                case ConstructOperationItem layer:
                    _constructed[layer.Member] = row;
                    break;
                case ApplyOperationItem layer:
                    VisitLayer(layer, row);
                    break;
                case ApplyBlockItem block:
                    foreach (var input in block.Inputs)
                        Read(input, block, row);
                    break;
                case IfItem branch:
                    var (then, otherwise) = (new Row(row, branch, true), new Row(row, branch, false));
                    Visit(branch.Then, then);
                    Visit(branch.Else, otherwise);
                    foreach (var merge in branch.Merges)
                    {
                        Read(merge.Then, branch, then);
                        Read(merge.Else, branch, otherwise);
                    }
                    break;
                case LoopItem loop:
                    var body = new Row(row, loop, false);
                    Visit(loop.Body, body);
                    foreach (var carried in loop.Carried)
                    {
                        Read(carried.Before, loop, row);
                        Read(carried.Next, loop, body);
                    }
                    break;
            }
    }

    private void VisitLayer(ApplyOperationItem layer, Row row)
    {
        foreach (var input in layer.Call.Inputs)
            Read(input, layer, row);
        _producers[layer.Output] = (layer, row);
        if (layer.Member is not { } member)
            return;
        _applications[member] = _applications.TryGetValue(member, out var count) ? count + 1 : 1;
        if (layer.Call.Operation.PolicyOfNetwork is not null)
            _norms.Add((layer, row));
    }

    private void Read(TensorValue value, PlanItem? reader, Row row)
    {
        if (!_readers.TryGetValue(value, out var readers))
            _readers[value] = readers = new(1);
        readers.Add((reader, row));
    }
}
