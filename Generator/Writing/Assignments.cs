using System;
using System.Collections.Generic;
using System.Linq;
using KnDsl.Generator.Planning;
using KnDsl.Language.Plan;
using KnDsl.Language.Values;

namespace KnDsl.Generator.Writing;

/// <summary>
/// Writes how the variables of ifs and loops get their values, and the states of these. Each variable has a handle of its own: that of a
/// value which nothing else needs any more, or another handle of the same tensor.
/// </summary>
internal sealed class Assignments(ClassPlan plan, ForwardNames names, OwnHandles owned, CodeWriter writer)
{
    private Liveness Live => plan.Forward.Live;

    /// <summary>
    /// At the end of a branch or a turn: one after the other; all at once where the new value of one is what another held before.
    /// </summary>
    /// <param name="row">The items of the branch or the turn.</param>
    public void Write(IReadOnlyList<(TensorValue Variable, TensorValue Value)> all, IReadOnlyList<PlanItem> row)
    {
        // One that keeps its value has nothing to do.
        var assigned = all.Where(pair => pair.Variable != pair.Value).ToArray();
        var taken = new HashSet<TensorValue>(all.Except(assigned).Select(pair => pair.Value));
        var sources = assigned.Select(pair => Source(pair.Value, row, taken)).ToArray();
        // What a turn neither reads nor hands on goes when another takes its place.
        foreach (var (variable, _) in assigned)
            if (Live.IsLoopVariableOf(row, variable) && !all.Any(pair => pair.Value == variable) && !row.AllReads().Contains(variable))
                writer.Line($"scope.Free({names[variable]});");
        // A loop inside may have taken what a variable had.
        foreach (var (variable, _) in assigned)
            owned.Add(variable);
        var withStates = assigned.Where(pair => Live.IsStateNeeded(pair.Variable)).ToArray();
        if (assigned.Any(pair => assigned.Any(other => other != pair && other.Variable == pair.Value)))
        {
            writer.Line(Together([.. assigned.Select(pair => names[pair.Variable])], sources));
            if (withStates.Length > 0)
                writer.Line(Together(
                    [.. withStates.Select(pair => names.State(pair.Variable))],
                    [.. withStates.Select(pair => names.StateOrNull(pair.Value))]));
            return;
        }
        for (var i = 0; i < assigned.Length; i++)
        {
            var (variable, value) = assigned[i];
            writer.Line($"{names[variable]} = {sources[i]};");
            if (Live.IsStateNeeded(variable))
                writer.Line($"{names.State(variable)} = {names.StateOrNull(value)};");
        }
    }

    /// <summary>Declares the variables of a loop, with what they are before its first turn.</summary>
    /// <param name="row">The items of which the loop is one.</param>
    public void Begin(LoopItem loop, IReadOnlyList<PlanItem> row)
    {
        var needed = new HashSet<TensorValue>(loop.Body.AllReads().Concat(loop.Carried.Select(carried => carried.Next)));
        needed.UnionWith(loop.Carried.Select(carried => carried.Before).Where(before => Live.IsLiveAfter(loop, before)));
        foreach (var carried in loop.Carried)
        {
            var source = Source(carried.Before, row, needed);
            var name = owned.Declare(carried.Variable);
            writer.Line($"var {name} = {source};");
            if (!source.EndsWith(Alias, StringComparison.Ordinal))
                owned.Remove(carried.Before);
            if (!Live.IsStateNeeded(carried.Variable))
                continue;
            var state = names.StateOrNull(carried.Before);
            writer.Line($"{(state == "null" ? $"{plan.Plans.Types.ChannelState}?" : "var")} {names.State(carried.Variable)} = {state};");
        }
    }

    private const string Alias = ".alias()";

    /// <summary>The handle of a value, where the row made it and nothing else needs it; else another one.</summary>
    /// <param name="needed">The values whose handles are needed; gets this one.</param>
    private string Source(TensorValue value, IReadOnlyList<PlanItem> row, HashSet<TensorValue> needed)
    {
        var isOfRow = owned.Contains(value) && (Live.Defines(row, value) || Live.IsLoopVariableOf(row, value));
        return isOfRow && needed.Add(value) ? names[value] : names[value] + Alias;
    }

    private static string Together(IReadOnlyList<string> variables, IReadOnlyList<string> values) => variables.Count == 1
        ? $"{variables[0]} = {values[0]};"
        : $"({string.Join(", ", variables)}) = ({string.Join(", ", values)});";
}
