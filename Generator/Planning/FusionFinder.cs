using System.Collections.Generic;
using System.Linq;
using KnDsl.Language.Plan;
using KnDsl.Language.Values;

namespace KnDsl.Generator.Planning;

/// <summary>
/// Finds the norms that are one call with what comes right after them: nothing else reads what lies between. The call comes in the
/// place of the last stage. What stands between the norm and a sum, as the shortcut does that is added to it, comes before the norm then;
/// it must not read what the norm reads, whose state the norm sharpens.
/// </summary>
internal sealed class FusionFinder
{
    private readonly ReadCounts _reads;
    private readonly List<Fusion> _found = [];

    private FusionFinder(ModuleModel model, ReadCounts reads)
    {
        _reads = reads;
        Visit(model.Items);
    }

    public static IReadOnlyList<Fusion> Find(ModuleModel model, ReadCounts reads) => new FusionFinder(model, reads)._found;

    private void Visit(IReadOnlyList<PlanItem> items)
    {
        // Of a sum of two norms the later one takes the other's output in, and the earlier one stays as it is.
        var taken = new HashSet<PlanItem>();
        for (var i = items.Count - 1; i >= 0; i--)
        {
            foreach (var body in items[i].Bodies)
                Visit(body);
            if (items[i] is ApplyOperationItem { Call.Operation.PolicyOfNetwork: not null } norm
                && Find(norm, items, i) is { } fusion && !fusion.AfterNorm.Any(taken.Contains))
            {
                taken.UnionWith(fusion.AfterNorm);
                _found.Add(fusion);
            }
        }
    }

    private Fusion? Find(ApplyOperationItem norm, IReadOnlyList<PlanItem> items, int at)
    {
        if (OnlyReader(norm.Output, items, at) is not { } next || !CanWait(norm, items, at, next))
            return null;
        var reader = (ApplyOperationItem)items[next];
        if (reader.Call.Operation.FusesWithNorm)
            return new Fusion(norm, null, reader);
        if (!reader.Call.Operation.IsSum(reader.Call))
            return null;
        // What the sum reads may be freed after it: nothing comes between it and its activation.
        return OnlyReader(reader.Output, items, next) is { } last && items[last] is ApplyOperationItem after
            && after.Call.Operation.FusesWithNorm && !items.Skip(next + 1).Take(last - next - 1).Any(IsInForwardPass)
                ? new Fusion(norm, reader, after)
                : new Fusion(norm, reader, null);
    }

    /// <summary>Where in the row the operation is that alone reads a value, or null.</summary>
    private int? OnlyReader(TensorValue value, IReadOnlyList<PlanItem> items, int at)
    {
        if (!_reads.IsReadOnce(value))
            return null;
        for (var i = at + 1; i < items.Count; i++)
        {
            if (items[i] is ApplyOperationItem operation && operation.Call.Inputs.Contains(value))
                return i;
        }
        return null;
    }

    private static bool CanWait(ApplyOperationItem norm, IReadOnlyList<PlanItem> items, int from, int to) =>
        !items.Skip(from + 1).Take(to - from - 1)
            .Any(item => item.Reads.Concat(item.Bodies.SelectMany(body => body.AllReads())).Contains(norm.Call.Inputs[0]));

    private static bool IsInForwardPass(PlanItem item) => item is ApplyOperationItem or ApplyBlockItem or IfItem or LoopItem;
}
