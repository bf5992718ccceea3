using System.Collections.Generic;

namespace KnDsl.Generator.Naming;

/// <summary>Gives every name once.</summary>
internal sealed class NamePool(IEnumerable<string> taken)
{
    private readonly HashSet<string> _taken = new(taken);
    private readonly Dictionary<string, int> _next = [];

    public string Take(string wanted)
    {
        if (_taken.Add(wanted))
            return wanted;
        // Numbers below the next one are taken already.
        var number = _next.TryGetValue(wanted, out var next) ? next : 2;
        while (!_taken.Add($"{wanted}_{number}"))
            number++;
        _next[wanted] = number + 1;
        return $"{wanted}_{number}";
    }
}
