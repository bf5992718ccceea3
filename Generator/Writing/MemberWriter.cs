using System.Collections.Generic;
using System.Linq;
using KnDsl.Generator.Naming;
using KnDsl.Generator.Planning;

namespace KnDsl.Generator.Writing;

/// <summary>Writes members as properties under their registered names (learned tensors as fields), and groups as nested classes.</summary>
internal static class MemberWriter
{
    public static void WriteProperties(
        CodeWriter writer, MemberCode owner, IReadOnlyDictionary<string, MemberUse> uses, TypeNames types, bool isGroup)
    {
        var first = isGroup;
        foreach (var child in owner.Children.Where(child => child.Form != MemberForm.ModuleListItem))
        {
            if (!first)
                writer.Line();
            first = false;
            writer.Document("summary", Describe(child, uses));
            if (child.IsList)
            {
                writer.Line($"public {types.ReadOnlyListOf(child.Type)} {child.Property} => {child.Field};");
                writer.Line($"{(isGroup ? "internal" : "private")} readonly {types.ListOf(child.Type)} {child.Field} = [];");
                continue;
            }
            var optional = IsNullable(child);
            var type = $"{child.Type}{(optional ? "?" : "")}";
            if (child.IsParameter)
            {
                // Where a parameter moves, TorchSharp sets the field that has its name. Of a property that has it TorchSharp thinks
                // that its setter registers the new one.
                if (!child.IsNamedLate)
                    writer.Line($"[{types.ComponentName}(Name = {CSharpText.Quote(child.Member.NameText)})]");
                writer.Line($"public {(isGroup ? "" : "readonly ")}{type} {child.Property}{(isGroup && !optional ? " = null!" : "")};");
            }
            else
                writer.Line(
                    $"public {type} {child.Property} "
                        + $"{{ get; {(isGroup ? "internal set; " : "")}}}{(isGroup && !optional ? " = null!;" : "")}");
        }
    }

    /// <summary>Whether its property may be null: an if decides over it.</summary>
    public static bool IsNullable(MemberCode member) =>
        !member.IsList && (member.Member.IsOptional || member.Member.IsGroup && member.Member.Branches.Count > 0);

    /// <summary>A group's own class: it holds its members and computes nothing, the forward pass of its owner does.</summary>
    public static void WriteGroups(CodeWriter writer, MemberCode owner, IReadOnlyDictionary<string, MemberUse> uses, TypeNames types)
    {
        foreach (var group in owner.Children.Where(child => child.Form == MemberForm.Group))
        {
            writer.Line();
            writer.Document("summary",
                $"The modules under '{group.Member.Path}'; the forward pass of what contains them applies them.");
            writer.Line($"public sealed class {group.DeclaredType}() : {types.Nn}.Module({CSharpText.Quote(group.DeclaredType)})");
            writer.Block(() =>
            {
                WriteProperties(writer, group, uses, types, true);
                WriteGroups(writer, group, uses, types);
            });
        }
    }

    private static string Describe(MemberCode member, IReadOnlyDictionary<string, MemberUse> uses)
    {
        if (uses.TryGetValue(member.Member.Path, out var own))
            return own.Prior() is { Length: > 0 } prior ? $"{own.Shape()}. Prior: {prior}." : own.Shape() + ".";
        var inner = member.Children.Where(child => uses.ContainsKey(child.Member.Path))
            .Select(child => uses[child.Member.Path].Shape()).ToArray();
        return inner.Length > 0 ? string.Join("; ", inner) + "." : $"The modules under '{member.Member.Path}'.";
    }
}
