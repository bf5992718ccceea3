using System.Collections.Generic;
using System.Linq;
using KnDsl.Language.Text;
using KnDsl.Language.Values;

namespace KnDsl.Language.Checking;

/// <summary>What a name stands for at some point of a body.</summary>
/// <param name="Targets">The places that assigned it: reading the name uses all of them.</param>
/// <param name="UndecidedAt">The if of which only one branch set it; reading it is an error.</param>
internal sealed record Binding(Value Value, IReadOnlyList<TextSpan> Targets, Place? UndecidedAt = null)
{
    /// <summary>The same after an if or a loop that may pass it over; what was wrong in it is reported, and needs no second word.</summary>
    public Binding Undecided(Place place) => Value is ErrorValue && UndecidedAt is null ? this : this with { UndecidedAt = place };
}

/// <summary>The names of a body at some point. Where paths part, each has a scope over that before, which holds what it sets.</summary>
internal sealed class Scope
{
    private readonly Dictionary<string, Binding> _names = [];
    private readonly Scope? _outer;

    /// <summary>The one name that it holds, where all others are set in the scope around it.</summary>
    private readonly string? _only;

    public Scope()
    {
    }

    private Scope(Scope outer, string? only = null) => (_outer, _only) = (outer, only);

    /// <summary>The same names, to be changed without a change of these. These must stay as they are meanwhile.</summary>
    public Scope Fork() => new(this);

    /// <summary>These names with one more that is gone afterwards, the variable of a loop; all others are set here.</summary>
    public Scope With(string name, Value value) => new(this, name) { _names = { [name] = new Binding(value, []) } };

    /// <summary>The names that were set since the fork.</summary>
    public IEnumerable<string> Changed => _names.Keys;

    public IEnumerable<string> Names => _outer is null ? _names.Keys : _outer.Names.Union(_names.Keys);

    /// <summary>The names that stand for values of a kind.</summary>
    public IEnumerable<string> NamesOf<T>() where T : Value => Names.Where(name => Find(name)!.Value is T);

    public Binding? Find(string name) => _names.TryGetValue(name, out var binding) ? binding : _outer?.Find(name);

    public void Set(string name, Binding binding)
    {
        if (_only is null || _only == name)
            _names[name] = binding;
        else
            _outer!.Set(name, binding);
    }

    public void Set(string name, Value value) => Set(name, new Binding(value, []));
}
