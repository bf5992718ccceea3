using System;
using System.Collections.Generic;
using System.Linq;
using KnDsl.Generator.Planning;
using KnDsl.Language.Values;

namespace KnDsl.Generator.Writing;

/// <summary>Writes how the variables of ifs and loops get their values at the end of a branch or a turn, and their states.</summary>
internal sealed class Assignments(ClassPlan plan, ForwardNames names, CodeWriter writer)
{
    private Liveness Live => plan.Forward.Live;

    /// <summary>One after the other; all at once where the new value of one is what another held before.</summary>
    public void Write(IReadOnlyList<(TensorValue Variable, TensorValue Value)> assigned)
    {
        var withStates = assigned.Where(pair => Live.IsStateNeeded(pair.Variable)).ToArray();
        if (assigned.Any(pair => assigned.Any(other => other != pair && other.Variable == pair.Value)))
        {
            writer.Line(Together(assigned, value => names[value], value => names[value]));
            if (withStates.Length > 0)
                writer.Line(Together(withStates, names.State, names.StateOrNull));
            return;
        }
        foreach (var (variable, value) in assigned)
        {
            writer.Line($"{names[variable]} = {names[value]};");
            if (Live.IsStateNeeded(variable))
                writer.Line($"{names.State(variable)} = {names.StateOrNull(value)};");
        }
    }

    private static string Together(
        IReadOnlyList<(TensorValue Variable, TensorValue Value)> assigned, Func<TensorValue, string> variable,
        Func<TensorValue, string> value)
    {
        var (left, right) = (assigned.Select(pair => variable(pair.Variable)), assigned.Select(pair => value(pair.Value)));
        return assigned.Count == 1 ? $"{left.First()} = {right.First()};" : $"({string.Join(", ", left)}) = ({string.Join(", ", right)});";
    }
}
