using System.Collections.Generic;
using System.Linq;
using KnDsl.Language.Plan;

namespace KnDsl.Generator.Planning;

/// <summary>A norm and the layer that it is folded into, both reached from the innermost module that holds both.</summary>
/// <param name="Into">The way to the layer, the layer last.</param>
/// <param name="Norm">The way to the norm, the norm last.</param>
/// <param name="IsIndexed">Whether a loop makes several of both: the items of two lists belong together one by one.</param>
internal sealed record FoldPair(MemberCode Owner, IReadOnlyList<MemberCode> Into, IReadOnlyList<MemberCode> Norm, bool IsIndexed);

/// <summary>What <c>fold()</c> of a class does: which norms go into the layer before them, and which blocks fold by themselves.</summary>
internal sealed class FoldPlan
{
    private readonly HashSet<MemberCode> _blocks = [];
    private readonly ILookup<(MemberCode Owner, MemberCode First), FoldPair> _pairs;
    private readonly HashSet<MemberCode> _owners;

    public FoldPlan(ClassPlan module)
    {
        foreach (var block in module.Model.Items.All().OfType<ConstructBlockItem>())
            if (!module.Plans[block.Use.Generic].Folds.IsEmpty)
                _blocks.Add(module.Layout[block.Member]);
        _pairs = FoldFinder.Find(module.Model)
            .GroupBy(fold => (Into: module.Layout[fold.Into], Norm: module.Layout[fold.Norm]))
            // Branches of an if may share a property: it must be of the pair whichever of them made it.
            .Where(folds => IsOfAll(folds.Key.Into, folds.Select(fold => fold.Into))
                && IsOfAll(folds.Key.Norm, folds.Select(fold => fold.Norm)))
            .Select(folds => PairOf(folds.Key.Into, folds.Key.Norm, folds.All(fold => fold.AreTogether)))
            .OfType<FoldPair>().ToLookup(pair => (pair.Owner, pair.Into[0]));
        _owners = [.. _pairs.Select(pairs => pairs.Key.Owner)];
    }

    public bool IsEmpty => _pairs.Count == 0 && _blocks.Count == 0;

    /// <summary>The pairs that this group, or the class itself, is the innermost to hold.</summary>
    /// <param name="first">The child of it that the way to the layer begins with.</param>
    public IEnumerable<FoldPair> PairsOf(MemberCode owner, MemberCode first) => _pairs[(owner, first)];

    /// <summary>Whether it is a block, or a list of blocks, with something to fold.</summary>
    public bool IsBlock(MemberCode member) =>
        _blocks.Contains(member) || member.Form == MemberForm.ModuleList && _blocks.Contains(member.Children[0]);

    /// <summary>Whether there is something to fold in a group.</summary>
    public bool HasWork(MemberCode group) =>
        _owners.Contains(group) || group.Children.Any(child => IsBlock(child) || child.Form == MemberForm.Group && HasWork(child));

    private static bool IsOfAll(MemberCode property, IEnumerable<Member> members) =>
        property.Sharers == 1 || property.Sharers == members.Distinct().Count();

    /// <summary>Null where no simple code says which of several belongs to which.</summary>
    private static FoldPair? PairOf(MemberCode into, MemberCode norm, bool areTogether)
    {
        var owner = Ancestors(into).First(Ancestors(norm).Contains);
        var (intoWay, normWay) = (WayFrom(owner, into), WayFrom(owner, norm));
        var isIndexed = IsItem(norm);
        return IsItem(into) == isIndexed && (areTogether || !isIndexed) && IsSimple(intoWay) && IsSimple(normWay)
            ? new FoldPair(owner, intoWay, normWay, isIndexed)
            : null;
    }

    private static IEnumerable<MemberCode> Ancestors(MemberCode member)
    {
        for (var parent = member.Parent; parent is not null; parent = parent.Parent)
            yield return parent;
    }

    private static IReadOnlyList<MemberCode> WayFrom(MemberCode owner, MemberCode member) =>
        member.Parent == owner ? [member] : [.. Ancestors(member).TakeWhile(parent => parent != owner).Reverse(), member];

    /// <summary>Whether it is made once a turn of a loop, alone in its list.</summary>
    private static bool IsItem(MemberCode member) =>
        member.Form == MemberForm.List || member is { Form: MemberForm.ModuleListItem, Member.Loops.Count: > 0, Parent.Children.Count: 1 };

    /// <summary>Whether the way has no list but the last, and that one has a place that is known or counted.</summary>
    private static bool IsSimple(IReadOnlyList<MemberCode> way) =>
        way.Take(way.Count - 1).All(group => !group.IsList)
            && (way[way.Count - 1] is not { Form: MemberForm.ModuleListItem } item || IsItem(item) || IsNumbered(item));

    private static bool IsNumbered(MemberCode item) => item.Member.Name[0].Count is null;
}
