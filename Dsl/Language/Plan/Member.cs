using System.Collections.Generic;
using System.Linq;
using KnDsl.Language.Operations.Contract;
using KnDsl.Language.Text;
using KnDsl.Language.Values;

namespace KnDsl.Language.Plan;

/// <summary>A piece of a name: text, or a number that a loop counts.</summary>
internal readonly record struct NamePart(string Text, Size? Count);

/// <summary>A module inside a module, by its registered name; a group holds others and computes nothing.</summary>
internal sealed class Member(Member? parent, IReadOnlyList<NamePart> name, ModuleType? type, int loopDepth, Place place)
{
    /// <summary>Null for the module itself.</summary>
    public Member? Parent => parent;

    /// <summary>The registered name: one segment of a state_dict key.</summary>
    public IReadOnlyList<NamePart> Name => name;

    /// <summary>The class of the module, or null for a group.</summary>
    public ModuleType? Type => type;

    public bool IsGroup => type is null;

    /// <summary>Whether the group is a sequence in brackets, its members numbered.</summary>
    public bool IsSequence { get; init; }

    /// <summary>How many loops are around it: more than around its parent makes it a list.</summary>
    public int LoopDepth => loopDepth;

    /// <summary>Whether there are several of it in its parent.</summary>
    public bool IsList => parent is not null && loopDepth > parent.LoopDepth;

    /// <summary>Whether it is in one branch of an if only.</summary>
    public bool IsOptional { get; set; }

    /// <summary>
    /// The variables of the loops between its parent and itself, outermost first, with their first values and the ones
    /// they stop before.
    /// </summary>
    public IReadOnlyList<(Symbol Variable, Size From, Size To)> Loops { get; init; } = [];

    /// <summary>The innermost loop that makes it, as the planning knows it.</summary>
    public object? Loop { get; init; }

    /// <summary>What is wrong where a loop makes a second one of its name.</summary>
    public Diagnostics.Diagnostic? Repeated { get; init; }

    /// <summary>The branches of ifs around it: two members may share a name if they never exist together.</summary>
    public IReadOnlyList<(Place If, bool Then)> Branches { get; set; } = [];

    /// <summary>Whether only the constructor knows its name: it counts what came before.</summary>
    public bool IsNamedLate => name.Any(part => part.Count is { Value: null });

    public IReadOnlyList<Member> Children => _children ?? (IReadOnlyList<Member>)[];

    /// <summary>The children with a number in their name.</summary>
    public IReadOnlyList<Member> ChildrenWithCounts => _withCounts ??= [.. Children.Where(child => child.HasCount)];

    /// <summary>Whether there is a number in its name.</summary>
    public bool HasCount
    {
        get
        {
            foreach (var part in name)
                if (part.Count is not null)
                    return true;
            return false;
        }
    }

    // Most members hold none.
    private List<Member>? _children;
    private IReadOnlyList<Member>? _withCounts;
    private Dictionary<string, List<Member>>? _byName;
    private string? _nameText;
    private string? _pattern;
    private string? _path;

    public void Add(Member child)
    {
        _withCounts = null;
        (_children ??= []).Add(child);
        _byName ??= [];
        if (!_byName.TryGetValue(child.NameText, out var namesakes))
            _byName[child.NameText] = namesakes = new List<Member>(1);
        namesakes.Add(child);
    }

    /// <summary>Forgets the child that was added last.</summary>
    public void RemoveLast()
    {
        _withCounts = null;
        var namesakes = _byName![_children![_children.Count - 1].NameText];
        namesakes.RemoveAt(namesakes.Count - 1);
        _children.RemoveAt(_children.Count - 1);
    }

    /// <summary>Takes it out of its group, and groups around that hold nothing else.</summary>
    public void Remove()
    {
        for (var member = this; member is { Parent: { } group } && member.Children.Count == 0; member = group)
        {
            group._withCounts = null;
            group._children!.Remove(member);
            group._byName![member.NameText].Remove(member);
        }
    }

    /// <summary>The children of a name: several where branches of an if share one.</summary>
    public IReadOnlyList<Member> Named(string nameText) => _byName is not null && _byName.TryGetValue(nameText, out var namesakes)
        ? namesakes
        : [];

    public Place Place => place;

    /// <summary>The name as text; counted parts in braces.</summary>
    public string NameText => _nameText ??= TextOf(name);

    public static string TextOf(IReadOnlyList<NamePart> name) => name.Count == 1 ? TextOf(name[0]) : string.Concat(name.Select(TextOf));

    /// <summary>In a <see cref="Pattern"/> it stands for the digits of a number, of which there is at least one.</summary>
    public const char Number = '\0';

    /// <summary>The characters of the name; a number that is counted is one of its own.</summary>
    public string Pattern => _pattern ??= string.Concat(name.Select(part => part.Count is null ? part.Text : Number.ToString()));

    private static string TextOf(NamePart part) => part.Count is null ? part.Text
        : part.Count.Value is { } value ? value.ToString()
        : $"{{{part.Count}}}";

    /// <summary>The full name from the module down.</summary>
    public string Path => _path ??= parent is null || parent.Parent is null && parent.Name.Count == 0
        ? NameText
        : $"{parent.Path}.{NameText}";
}
