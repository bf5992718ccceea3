using System.Collections.Generic;
using System.Linq;
using KnDsl.Language.Operations.Contract;
using KnDsl.Language.Plan;
using KnDsl.Language.Values;

namespace KnDsl.Generator.Planning;

/// <summary>How a member appears in C#.</summary>
internal enum MemberForm
{
    /// <summary>A property of its type.</summary>
    Single,

    /// <summary>A read-only list of its type: a loop makes it.</summary>
    List,

    /// <summary>TorchSharp's ModuleList: a sequence whose members are all of one type.</summary>
    ModuleList,

    /// <summary>An item of a ModuleList; it has no property of its own.</summary>
    ModuleListItem,

    /// <summary>A nested class that holds others.</summary>
    Group,
}

/// <summary>A member with its C# names.</summary>
internal sealed class MemberCode(Member member, MemberForm form, string property, string type, MemberCode? parent)
{
    public Member Member => member;

    public MemberForm Form => form;

    /// <summary>The property's name in its owner.</summary>
    public string Property => property;

    /// <summary>The C# type of one of it, as code of the generated class names it.</summary>
    public string Type => form == MemberForm.Group && parent is { Type.Length: > 0 } ? $"{parent.Type}.{type}" : type;

    /// <summary>The name under which a group's own class is declared.</summary>
    public string DeclaredType => type;

    public MemberCode? Parent => parent;

    /// <summary>How many members have the property: branches of an if may share one.</summary>
    public int Sharers { get; set; } = 1;

    /// <summary>Whether it is a learned tensor, no module.</summary>
    public bool IsParameter => form == MemberForm.Single && member.Type == ModuleType.Parameter;

    public List<MemberCode> Children { get; } = [];

    public bool IsList => form == MemberForm.List || form == MemberForm.Group && member.IsList;

    /// <summary>Whether no attribute can say its name: the constructor counts it, or it is one that TorchSharp keeps for itself.</summary>
    public bool IsNamedLate => form != MemberForm.ModuleListItem && (member.IsNamedLate || FieldsOfModule.Contains(member.NameText));

    /// <summary>TorchSharp looks for a module's fields by name when it moves: a second field of these names makes it fail.</summary>
    private static readonly HashSet<string> FieldsOfModule = ["name", "handle", "boxedModule"];

    /// <summary>The local under which a turn of the loop has this item of a list; empty for what is no list.</summary>
    public string Local { get; set; } = "";

    /// <summary>The field that holds a list; empty for what is no list.</summary>
    public string Field { get; set; } = "";

    // ---- the way to it in the forward pass -----------------------------------------------------------------------

    /// <summary>Whether it is a group that only one branch of an if makes.</summary>
    public bool IsMadeInBranch => member.IsGroup && member.Branches.Count > 0;

    /// <summary>Whether the index of the list is no simple function of one loop's variable: a counter goes through it.</summary>
    public bool NeedsCounter => member.Loops.Count > 1 || member.IsOptional || IsMadeInBranch;

    /// <summary>Of a list without a counter, the index of a turn's item.</summary>
    public Size Index => Size.Of(member.Loops[0].Variable) - member.Loops[0].From;

    /// <summary>The sizes that the way to this turn's item of the list reads.</summary>
    public IEnumerable<Size> IndexSizes() => NeedsCounter ? OwnerSizes() : OwnerSizes().Append(Index);

    /// <summary>The sizes that the way to the member reads.</summary>
    public IEnumerable<Size> AccessSizes() => form switch
    {
        MemberForm.ModuleListItem => member.Name[0].Count is { } count ? parent!.AccessSizes().Append(count) : parent!.AccessSizes(),
        // A group of a list is a local of its turn.
        MemberForm.Group when IsList => [],
        _ => IsList ? IndexSizes() : OwnerSizes(),
    };

    private IEnumerable<Size> OwnerSizes() => parent is { Parent: not null } ? parent.AccessSizes() : [];
}
