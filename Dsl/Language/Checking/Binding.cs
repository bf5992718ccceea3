using System.Collections.Generic;
using KnDsl.Language.Text;
using KnDsl.Language.Values;

namespace KnDsl.Language.Checking;

/// <summary>What a name stands for at some point of a body.</summary>
/// <param name="Targets">The places that assigned it: reading the name uses all of them.</param>
/// <param name="UndecidedAt">The if of which only one branch set it; reading it is an error.</param>
internal sealed record Binding(Value Value, IReadOnlyList<TextSpan> Targets, Place? UndecidedAt = null);

/// <summary>The names of a body, as they stand at some point; copied where paths part.</summary>
internal sealed class Scope
{
    private readonly Dictionary<string, Binding> _names;

    public Scope() => _names = [];

    private Scope(Scope other) => _names = new Dictionary<string, Binding>(other._names);

    public Scope Copy() => new(this);

    public IEnumerable<string> Names => _names.Keys;

    public Binding? Find(string name) => _names.TryGetValue(name, out var binding) ? binding : null;

    public void Set(string name, Binding binding) => _names[name] = binding;

    public void Set(string name, Value value) => _names[name] = new Binding(value, []);

    public void Remove(string name) => _names.Remove(name);
}
