using System;
using System.Collections.Generic;
using System.Linq;
using KnDsl.Language.Plan;
using KnDsl.Language.Text;
using KnDsl.Language.Values;

namespace KnDsl.Language.Checking;

/// <summary>A loop that the plan keeps, as the body inside it sees it.</summary>
/// <param name="Branches">How many branches of ifs are around it.</param>
internal sealed record LoopFrame(Symbol Variable, Size From, Size To, int Branches);

/// <summary>The variable of a <c>for</c>.</summary>
/// <param name="IsItem">Whether it is an item of a list, of which two may be equal.</param>
internal sealed record LoopVariable(string Name, Place Place, bool IsItem);

/// <summary>
/// A way through a module's body, and all that belongs to it: the names, the plan so far, the policy in force, what the
/// conditions around it say of symbols, the branches and loops around it, and what is known of each value's state. It forks
/// where an if or a loop begins and joins where that ends, so nothing has to be saved before and restored after.
/// </summary>
internal sealed class BodyPath
{
    private static readonly IReadOnlyDictionary<Symbol, Size> NoAssumptions = new Dictionary<Symbol, Size>();

    /// <summary>What norms did to states since the fork; anything else is as it was outside, or as the value was made.</summary>
    private readonly Dictionary<TensorValue, ChainFact> _facts;

    /// <summary>What the checks of the plan demand.</summary>
    private readonly HashSet<object> _checks;

    /// <summary>The path of a whole body.</summary>
    public BodyPath(PolicyValue policy)
    {
        (Scope, Items, _facts, _checks) = (new Scope(), [], [], []);
        Policy = new PolicyInForce(policy);
    }

    private BodyPath(BodyPath outer, bool sharesPlan, Scope scope)
    {
        Outer = outer;
        Scope = scope;
        (Items, _facts, _checks) = sharesPlan ? (outer.Items, outer._facts, outer._checks) : ([], [], []);
        Policy = outer.Policy;
        (Assumptions, Branches, Loops) = (outer.Assumptions, outer.Branches, outer.Loops);
        (Turns, Variables) = (outer.Turns, outer.Variables);
    }

    /// <summary>The path that this one forked from; null for a whole body's.</summary>
    public BodyPath? Outer { get; }

    public Scope Scope { get; }

    /// <summary>The plan since the fork.</summary>
    public List<PlanItem> Items { get; }

    /// <summary>The policy of the norm stages that come next.</summary>
    public PolicyInForce Policy { get; set; }

    /// <summary>What the conditions around say of symbols.</summary>
    public IReadOnlyDictionary<Symbol, Size> Assumptions { get; private init; } = NoAssumptions;

    /// <summary>The branches of ifs around, outermost first.</summary>
    public IReadOnlyList<(Place If, bool Then)> Branches { get; private init; } = [];

    /// <summary>The loops around that the plan keeps, outermost first.</summary>
    public IReadOnlyList<LoopFrame> Loops { get; private init; } = [];

    /// <summary>The turns of the <c>for</c> loops around, counted from 0.</summary>
    public IReadOnlyList<Size> Turns { get; private init; } = [];

    /// <summary>The variables of the <c>for</c> loops around, outermost first.</summary>
    public IReadOnlyList<LoopVariable> Variables { get; private init; } = [];

    /// <summary>This path and those around it, innermost first.</summary>
    public IEnumerable<BodyPath> Outwards()
    {
        for (var path = this; path is not null; path = path.Outer)
            yield return path;
    }

    /// <summary>All items that were planned on the way here, those of the innermost list first.</summary>
    public IEnumerable<PlanItem> ItemsOutwards() => Outwards().Select(path => path.Items).Distinct().SelectMany(items => items);

    /// <summary>Plans a check, unless the same is planned already: of a parameter that ten stages have, one is enough.</summary>
    /// <param name="demand">What it demands; see <see cref="CheckItem.Demand"/>.</param>
    /// <param name="check">Makes it.</param>
    public void PlanOnce(object demand, Func<CheckItem> check)
    {
        if (Outwards().Any(path => path._checks.Contains(demand)))
            return;
        _checks.Add(demand);
        Items.Add(check());
    }

    /// <summary>Forgets what was planned here after the first <paramref name="count"/> items.</summary>
    public void Forget(int count)
    {
        foreach (var check in Items.Skip(count).OfType<CheckItem>())
            _checks.Remove(check.Demand);
        Items.RemoveRange(count, Items.Count - count);
    }

    /// <summary>A body inside that goes on with the plan and the names of this path: a policy that it sets ends with it.</summary>
    public BodyPath Inside() => new(this, true, Scope);

    /// <summary>A body inside that has a variable of its own.</summary>
    /// <param name="turn">The turn, counted from 0; null where it is not known.</param>
    public BodyPath Inside(LoopVariable variable, Value value, Size? turn = null) => new(this, true, Scope.With(variable.Name, value))
    {
        Turns = turn is null ? Turns : [.. Turns, turn],
        Variables = [.. Variables, variable],
    };

    /// <summary>A branch of an if that the plan keeps.</summary>
    /// <param name="facts">What its condition says of symbols.</param>
    public BodyPath Branch(Place place, bool then, IEnumerable<SizeFact> facts)
    {
        var assumptions = Assumptions.ToDictionary(pair => pair.Key, pair => pair.Value);
        foreach (var (symbol, value) in facts)
            assumptions[symbol] = value.Substitute(Assumptions);
        return new BodyPath(this, false, Scope.Fork()) { Assumptions = assumptions, Branches = [.. Branches, (place, then)] };
    }

    /// <summary>The body of a loop that the plan keeps.</summary>
    public BodyPath Loop(LoopFrame frame) => new(this, false, Scope.Fork()) { Loops = [.. Loops, frame] };

    /// <summary>What is known here of a value's state.</summary>
    public ChainFact FactOf(TensorValue value)
    {
        for (var path = this; path is not null; path = path.Outer)
            if (path._facts.TryGetValue(value, out var fact))
                return fact;
        return value.Chain;
    }

    /// <summary>Changes what is known of a value's state from here on: a norm observes it.</summary>
    public void SetFact(TensorValue value, ChainFact fact) => _facts[value] = fact;

    /// <summary>The values whose facts changed since the fork.</summary>
    public IEnumerable<TensorValue> ChangedFacts => _facts.Keys;

    /// <summary>
    /// Takes over the facts of two paths that forked from this one and end here: each value has the state of one of
    /// them.
    /// </summary>
    public void Join(BodyPath one, BodyPath other)
    {
        foreach (var value in one.ChangedFacts.Union(other.ChangedFacts).ToArray())
            SetFact(value, ChainFact.Either(one.FactOf(value), other.FactOf(value)));
    }
}
