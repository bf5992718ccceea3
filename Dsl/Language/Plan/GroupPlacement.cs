using System;
using System.Collections.Generic;
using System.Linq;
using KnDsl.Language.Text;

namespace KnDsl.Language.Plan;

/// <summary>
/// Puts the making of groups into a finished plan: each right before its first member is made, in the innermost part of
/// the plan that makes all of its members. A sequence of which an if leaves one member out is there all the same.
/// </summary>
internal sealed class GroupPlacement
{
    private readonly Dictionary<Member, List<Step>> _places = [];

    /// <summary>
    /// A list of the plan on the way to an item: where the way goes on, how many loops and which branches are around
    /// it.
    /// </summary>
    private readonly record struct Step(List<PlanItem> Items, int Index, int Loops, IReadOnlyList<(Place If, bool Then)> Branches);

    public static void Place(List<PlanItem> items)
    {
        var placement = new GroupPlacement();
        placement.Visit(items, [], 0, []);
        placement.Insert();
    }

    private void Visit(List<PlanItem> items, List<Step> way, int loops, IReadOnlyList<(Place If, bool Then)> branches)
    {
        for (var i = 0; i < items.Count; i++)
        {
            way.Add(new Step(items, i, loops, branches));
            if (items[i].Constructs is { } member)
                Meet(member, way);
            switch (items[i])
            {
                case IfItem branch:
                    Visit(branch.Then, way, loops, [.. branches, (branch.Place, true)]);
                    Visit(branch.Else, way, loops, [.. branches, (branch.Place, false)]);
                    break;
                case LoopItem loop:
                    Visit(loop.Body, way, loops + 1, branches);
                    break;
            }
            way.RemoveAt(way.Count - 1);
        }
    }

    /// <summary>Keeps, for each group around a member, the way that all of its members have in common.</summary>
    private void Meet(Member member, List<Step> way)
    {
        for (var group = member.Parent; group is { Parent: not null }; group = group.Parent)
            if (!_places.TryGetValue(group, out var common))
                _places[group] = way.TakeWhile(step => step.Loops <= group.LoopDepth).ToList();
            else
            {
                var shared = 0;
                while (shared < Math.Min(common.Count, way.Count) && ReferenceEquals(common[shared].Items, way[shared].Items))
                    shared++;
                common.RemoveRange(shared, common.Count - shared);
            }
    }

    private void Insert()
    {
        // From the back, so that places stay what they are; of those at one place the last first, which is the inner one of two.
        foreach (var places in _places.Reverse().GroupBy(pair => pair.Value[pair.Value.Count - 1].Items))
            foreach (var (group, at) in places.Select(pair => (pair.Key, pair.Value[pair.Value.Count - 1]))
                         .OrderByDescending(pair => pair.Item2.Index).ThenByDescending(pair => Depth(pair.Key)))
            {
                group.Branches = at.Branches;
                at.Items.Insert(at.Index, new GroupItem(group, group.Place));
            }
    }

    private static int Depth(Member member) => member.Parent is { } parent ? Depth(parent) + 1 : 0;
}
