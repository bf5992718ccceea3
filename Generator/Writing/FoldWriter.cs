using System;
using System.Collections.Generic;
using System.Linq;
using KnDsl.Generator.Naming;
using KnDsl.Generator.Planning;

namespace KnDsl.Generator.Writing;

/// <summary>Writes <c>fold()</c>: each norm goes into the layer before it, a line each, and blocks fold themselves.</summary>
internal sealed class FoldWriter
{
    private readonly ClassPlan _module;
    private readonly CodeWriter _writer;
    private readonly string _block;
    private readonly string _index;

    public FoldWriter(ClassPlan module, CodeWriter writer)
    {
        (_module, _writer) = (module, writer);
        var names = new NamePool(module.Layout.Root.Children.Select(child => child.Property));
        (_block, _index) = (names.Take("block"), names.Take("i"));
    }

    public void Write()
    {
        _writer.Document("summary",
            "Folds, in place, each normalization layer into the convolution or linear layer whose output it alone reads, for",
            "inference: the outputs do not change. Norms of policies that compute statistics of the sample (group, layer, instance) stay,",
            "and so do those in other places. A folded module can no longer be trained; folding it again changes nothing.");
        _writer.DocumentException(_module.Plans.Types.InvalidOperationException, "It is in training mode; nothing is changed.");
        _writer.Line("public void fold()");
        _writer.Block(() =>
        {
            _writer.Line($"{_module.Plans.Types.Runtime("Folding")}.RequireEvaluation(this);");
            WriteMembers(_module.Layout.Root, "");
        });
    }

    private void WriteMembers(MemberCode owner, string access)
    {
        foreach (var child in owner.Children)
        {
            foreach (var pair in _module.Folds.PairsOf(owner, child))
                WritePair(pair, access);
            if (_module.Folds.IsBlock(child))
                WriteBlock(child, access + child.Property);
            else if (child.Form == MemberForm.Group && _module.Folds.HasWork(child))
                WriteGroup(child, access + child.Property);
        }
    }

    private void WritePair(FoldPair pair, string access)
    {
        if (!pair.IsIndexed)
        {
            _writer.Line($"{access}{Path(pair.Norm, "?")}.TryFoldInto({access}{Path(pair.Into, "!")});");
            return;
        }
        var (norms, into) = (ListOf(pair.Norm), access + Path(ListOf(pair.Into), "!"));
        WriteIfThere(norms.Any(MayBeNull) ? access + Path(norms, "?").TrimEnd('?') : null, () =>
        {
            var list = access + Path(norms, "");
            _writer.Line($"for (var {_index} = 0; {_index} < {list}.Count; {_index}++)");
            _writer.Indented(() => _writer.Line($"{list}[{_index}].TryFoldInto({into}[{_index}]);"));
        });
    }

    private void WriteBlock(MemberCode block, string access)
    {
        if (block.Form == MemberForm.Single)
            _writer.Line($"{access}{(MayBeNull(block) ? "?" : "")}.fold();");
        else
            WriteIfThere(MayBeNull(block) ? access : null, () =>
            {
                _writer.Line($"foreach (var {_block} in {access})");
                _writer.Indented(() => _writer.Line($"{_block}.fold();"));
            });
    }

    private void WriteGroup(MemberCode group, string access)
    {
        if (!group.IsList)
        {
            WriteIfThere(MayBeNull(group) ? access : null, () => WriteMembers(group, access + "."));
            return;
        }
        _writer.Line($"foreach (var {group.Local} in {access})");
        _writer.Block(() => WriteMembers(group, group.Local + "."));
    }

    private void WriteIfThere(string? what, Action body)
    {
        if (what is null)
        {
            body();
            return;
        }
        _writer.Line($"if ({what} is not null)");
        _writer.Block(body);
    }

    /// <summary>The way to a module as code, what may be null on it followed by <paramref name="ifNull"/>.</summary>
    private static string Path(IReadOnlyList<MemberCode> way, string ifNull) => string.Concat(way.Select((member, i) =>
        member.Form == MemberForm.ModuleListItem
            ? $"[{member.Member.NameText}]"
            : $"{(i == 0 ? "" : ".")}{member.Property}{(MayBeNull(member) ? ifNull : "")}"));

    /// <summary>The way to the list that an item is in.</summary>
    private static IReadOnlyList<MemberCode> ListOf(IReadOnlyList<MemberCode> way) =>
        way[way.Count - 1].Form == MemberForm.ModuleListItem ? way.Take(way.Count - 1).ToArray() : way;

    private static bool MayBeNull(MemberCode member) => member.Form != MemberForm.ModuleListItem && MemberWriter.IsNullable(member);
}
