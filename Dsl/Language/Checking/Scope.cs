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

/// <summary>The names of a body at some point; copied where paths part.</summary>
internal sealed class Scope
{
    private readonly Dictionary<string, Binding> _names;
    private readonly Scope? _outer;

    public Scope() => _names = [];

    private Scope(Dictionary<string, Binding> names, Scope? outer) => (_names, _outer) = (names, outer);

    /// <summary>The same names, to be changed without a change of these.</summary>
    public Scope Copy() => new(Names.ToDictionary(name => name, name => Find(name)!), null);

    /// <summary>These names with one more that is gone afterwards, the variable of a loop; all others are set here.</summary>
    public Scope With(string name, Value value) => new(new Dictionary<string, Binding> { [name] = new(value, []) }, this);

    public IEnumerable<string> Names => _outer is null ? _names.Keys : _outer.Names.Union(_names.Keys);

    public Binding? Find(string name) => _names.TryGetValue(name, out var binding) ? binding : _outer?.Find(name);

    public void Set(string name, Binding binding)
    {
        if (_outer is null || _names.ContainsKey(name))
            _names[name] = binding;
        else
            _outer.Set(name, binding);
    }

    public void Set(string name, Value value) => Set(name, new Binding(value, []));
}
