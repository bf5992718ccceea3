using System.Collections.Generic;
using System.Linq;
using KnDsl.Language.Text;

namespace KnDsl.Language.Values;

/// <summary>Where a symbol's value comes from: that decides when it is known.</summary>
internal enum SymbolKind
{
    /// <summary>A parameter of a network or block, or a local of its constructor: known when the module is built.</summary>
    Construction,

    /// <summary>A size of an input (N, h): known when data comes, the same in every call or not.</summary>
    Data,
}

/// <summary>An unknown whole number of at least 1 (sizes) or of any value (parameters). Two symbols of one name are equal.</summary>
internal sealed record Symbol(string Name, SymbolKind Kind, bool IsPositive = true)
{
    /// <summary>How the number is found, where the symbol is more than a name.</summary>
    public SymbolOrigin? Origin { get; init; }

    /// <summary>The symbols with names of their own that the number is computed from; the symbol itself where it has one.</summary>
    public IEnumerable<Symbol> Leaves() => Origin?.Leaves() ?? [this];

    /// <summary>Whether it has a name of its own and nothing that it is computed from.</summary>
    public bool IsLeaf => Origin is null;

    public bool Equals(Symbol? other) => other is not null && Name == other.Name;

    public override int GetHashCode() => Name.GetHashCode();
}

/// <summary>How a number that has no name of its own is found.</summary>
internal abstract record SymbolOrigin
{
    /// <summary>The named symbols that it is computed from, or null where the symbol is a name itself.</summary>
    public abstract IEnumerable<Symbol>? Leaves();

    /// <summary>The number where something is put in the stead of what it is computed from, or null where that changes nothing.</summary>
    public abstract Value? Substitute(Substitution substitution);

    /// <summary>The if or loop that sets it, where it is known which.</summary>
    public virtual Place? SetAt => null;
}

/// <summary>The number of items of a list that a constructor is given.</summary>
internal sealed record ListCount(string List) : SymbolOrigin
{
    public override IEnumerable<Symbol> Leaves() => [new Symbol(List, SymbolKind.Construction)];

    public override Value? Substitute(Substitution substitution) => substitution.Find(new Symbol(List, SymbolKind.Construction)) switch
    {
        ListValue known => new SizeValue(known.Items.Count),
        ListParameterValue other => new SizeValue(Size.Of(other.Count)),
        _ => null,
    };
}

/// <summary>An item of a list that a constructor is given.</summary>
internal sealed record ListItem(string List, Size Index, bool IsFloat) : SymbolOrigin
{
    public override IEnumerable<Symbol> Leaves() => Index.Leaves().Prepend(new Symbol(List, SymbolKind.Construction));

    public override Value? Substitute(Substitution substitution)
    {
        var index = Index.Substitute(substitution);
        return substitution.Find(new Symbol(List, SymbolKind.Construction)) switch
        {
            ListValue known => index.Value < 0 || index.Value >= known.Items.Count ? null : known.ItemAt(index),
            ListParameterValue other => other.ItemAt(index),
            _ => index == Index ? null : new ListParameterValue(List, IsFloat).ItemAt(index),
        };
    }
}

/// <summary>One of several sizes, at a place that a loop counts.</summary>
internal sealed record ListChoice(IReadOnlyList<Size> Items, Size Index) : SymbolOrigin
{
    public override IEnumerable<Symbol> Leaves() => Items.Append(Index).SelectMany(size => size.Leaves());

    public override Value? Substitute(Substitution substitution)
    {
        var index = Index.Substitute(substitution);
        var items = Items.Select(item => (Value)new SizeValue(item.Substitute(substitution))).ToArray();
        return index.Value < 0 || index.Value >= items.Length ? null : new ListValue(items).ItemAt(index);
    }
}

/// <summary>A size that an if or a loop of the module sets.</summary>
internal sealed record PathSize(Place Place) : SymbolOrigin
{
    public override Place? SetAt => Place;

    public override IEnumerable<Symbol>? Leaves() => null;

    public override Value? Substitute(Substitution substitution) => null;
}
