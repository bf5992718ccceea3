using System;
using System.Collections.Generic;
using System.Linq;
using KnDsl.Generator.Naming;
using KnDsl.Language.Plan;
using KnDsl.Language.Text;
using KnDsl.Language.Values;

namespace KnDsl.Generator.Planning;

/// <summary>Decides how members appear in C#.</summary>
internal sealed class MemberLayout
{
    private readonly Dictionary<Member, MemberCode> _codes = [];

    private readonly Func<Member, string> _typeOf;
    private readonly TypeNames _types;
    private readonly string _className;
    private readonly HashSet<string> _classes;

    /// <param name="root">Holds the members.</param>
    /// <param name="className">The class that has them: none of them may have its name.</param>
    /// <param name="classes">The classes of its blocks.</param>
    /// <param name="typeOf">The C# type of a member that is no group.</param>
    /// <param name="types">The names of what the code takes from elsewhere.</param>
    /// <param name="taken">Names that no local may have besides those of the properties.</param>
    public MemberLayout(Member root, string className, HashSet<string> classes, Func<Member, string> typeOf, TypeNames types,
        IEnumerable<string> taken)
    {
        (_typeOf, _types, _classes) = (typeOf, types, classes);
        _className = className;
        Root = new MemberCode(root, MemberForm.Group, "", "", null);
        Add(Root);
        NameLocals(Root, new NamePool([.. Root.Children.Select(child => child.Property), .. taken]));
    }

    /// <summary>The locals of all lists, of which two may have one property's name in their own groups.</summary>
    public IEnumerable<string> Locals => _codes.Values.Where(code => code.IsList).Select(code => code.Local);

    private static void NameLocals(MemberCode owner, NamePool names)
    {
        foreach (var child in owner.Children)
        {
            if (child.IsList)
                child.Local = names.Take("current" + CSharpNames.Pascal(child.Property));
            NameLocals(child, names);
        }
    }

    /// <summary>The names of the class's properties and of the fields beside them.</summary>
    public IEnumerable<string> Names
    {
        get
        {
            foreach (var child in Root.Children)
            {
                yield return child.Property;
                yield return child.Field;
                yield return child.DeclaredType;
            }
        }
    }

    public MemberCode Root { get; }

    public MemberCode this[Member member] => _codes[member];

    private void Add(MemberCode parent)
    {
        var names = new NamePool(parent.Parent is null ? [_className] : TypesAround(parent));
        foreach (var child in parent.Member.Children)
        {
            if (parent.Form == MemberForm.ModuleList)
            {
                Keep(new MemberCode(child, MemberForm.ModuleListItem, "", _typeOf(child), parent));
                continue;
            }
            // Alternatives of an if may share a label: they are one property where their types agree.
            if (parent.Member.Named(child.NameText)[0] is var first && first != child && child.Type is not null
                && _codes[first] is var same && same.Type == _typeOf(child))
            {
                _codes[child] = same;
                same.Sharers++;
                continue;
            }
            var property = names.Take(PropertyOf(child));
            if (!child.IsGroup)
                Keep(new MemberCode(child, child.IsList ? MemberForm.List : MemberForm.Single, property, _typeOf(child), parent));
            else if (IsModuleList(child))
                Add(Keep(new MemberCode(child, MemberForm.ModuleList, property, _types.ModuleListOf(_typeOf(child.Children[0])), parent)));
            else
                Add(Keep(
                    new MemberCode(child, MemberForm.Group, property,
                        names.Take(NameOfClass(CSharpNames.Pascal(property) + (child.IsSequence ? "Sequence" : "Group"))), parent)));
        }

        MemberCode Keep(MemberCode code)
        {
            if (code.IsList)
                code.Field = names.Take(CSharpNames.Field(code.Property));
            _codes[code.Member] = code;
            parent.Children.Add(code);
            return code;
        }
    }

    /// <summary>A class of its own, which must not hide one that a member is of.</summary>
    private string NameOfClass(string wanted)
    {
        while (_classes.Contains(wanted))
            wanted += "_";
        return wanted;
    }

    /// <summary>The classes around a group, itself too: inside, a class of the same name would hide them.</summary>
    private static IEnumerable<string> TypesAround(MemberCode? group)
    {
        for (; group is { DeclaredType.Length: > 0 }; group = group.Parent)
            yield return group.DeclaredType;
    }

    /// <summary>What a member's property is called, unless another one has the name.</summary>
    public static string PropertyOf(Member member)
    {
        var label = string.Concat(member.Name.Select(part => part.Count is null ? part.Text : part.Count.Value?.ToString() ?? ""));
        return CSharpNames.Property(label.Length > 0 ? label : member.Loops.Count > 0 ? "items" : NameOfType(member));
    }

    /// <summary>What a member is called whose number is not known: by what it is.</summary>
    private static string NameOfType(Member member)
    {
        var type = member.IsGroup ? "sequence" : member.Type!.Name;
        return Casing.Camel(type.Substring(type.LastIndexOf('.') + 1));
    }

    /// <summary>A sequence without gaps in its numbers, its members of one type.</summary>
    private static bool IsModuleList(Member group)
    {
        if (!group.IsSequence || group.IsList || group.Children.Count == 0)
            return false;
        var next = Size.Zero;
        foreach (var child in group.Children)
        {
            if (child.Type != group.Children[0].Type || child.IsGroup || child.IsOptional && !group.IsOptional || child.Name.Count != 1
                || child.Loops.Count > 1)
                return false;
            var number = child.Name[0].Count ?? (long.TryParse(child.Name[0].Text, out var value) ? Size.Of(value) : null);
            if (number is null)
                return false;
            if (child.Loops.Count == 1)
            {
                if (number - Size.Of(child.Loops[0].Variable) != next)
                    return false;
                next += child.Loops[0].To - child.Loops[0].From;
            }
            else if (number != next)
                return false;
            else
                next += 1;
        }
        return true;
    }
}
