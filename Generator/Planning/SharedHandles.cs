using System.Collections.Generic;
using KnDsl.Language.Values;

namespace KnDsl.Generator.Planning;

/// <summary>
/// The variables of one if or loop that may have the same handle at the end of a branch or a turn. Neither has it for its own: what frees
/// one would free the other.
/// </summary>
internal sealed class SharedHandles
{
    private readonly HashSet<TensorValue> _shared = [];
    private readonly HashSet<(TensorValue, TensorValue)> _pairs = [];
    private readonly Dictionary<TensorValue, IReadOnlyList<TensorValue>> _names = [];

    /// <summary>Whether another variable may have the variable's handle.</summary>
    public bool Contains(TensorValue variable) => _shared.Contains(variable);

    /// <summary>A variable may be another name for these values.</summary>
    public void Name(TensorValue variable, IReadOnlyList<TensorValue> values) => _names[variable] = values;

    /// <summary>Variables get values at the end of a branch or a turn.</summary>
    public void Join(IReadOnlyList<(TensorValue Variable, TensorValue Value)> assigned)
    {
        if (assigned.Count < 2)
            return;
        var handles = new List<HashSet<TensorValue>>(assigned.Count);
        foreach (var (_, value) in assigned)
            handles.Add(HandlesOf(value));
        for (var i = 0; i < assigned.Count; i++)
            for (var j = 0; j < i; j++)
                if (Overlap(handles[i], handles[j]))
                {
                    _shared.Add(assigned[i].Variable);
                    _shared.Add(assigned[j].Variable);
                    _pairs.Add((assigned[i].Variable, assigned[j].Variable));
                    _pairs.Add((assigned[j].Variable, assigned[i].Variable));
                }
    }

    /// <summary>The value, and all that it may be another name for.</summary>
    private HashSet<TensorValue> HandlesOf(TensorValue value) =>
        [.. Reachable.From(value, next => _names.TryGetValue(next, out var others) ? others : null)];

    private bool Overlap(HashSet<TensorValue> one, HashSet<TensorValue> other)
    {
        if (one.Overlaps(other))
            return true;
        foreach (var a in one)
            if (_shared.Contains(a))
                foreach (var b in other)
                    if (_pairs.Contains((a, b)))
                        return true;
        return false;
    }
}
