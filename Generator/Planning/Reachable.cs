using System;
using System.Collections.Generic;
using KnDsl.Language.Values;

namespace KnDsl.Generator.Planning;

/// <summary>A value and those that it leads to, directly or through others.</summary>
internal static class Reachable
{
    /// <summary>Each once, found as they are asked for.</summary>
    /// <param name="value">The value, which comes first.</param>
    /// <param name="next">The values that one leads to; null is none.</param>
    public static IEnumerable<TensorValue> From(TensorValue value, Func<TensorValue, IReadOnlyList<TensorValue>?> next)
    {
        var (found, open) = (new HashSet<TensorValue>(), new Stack<TensorValue>());
        for (open.Push(value); open.Count > 0;)
            if (open.Pop() is var reached && found.Add(reached))
            {
                yield return reached;
                foreach (var other in next(reached) ?? [])
                    open.Push(other);
            }
    }
}
