using System.Collections.Generic;
using System.Linq;
using KnDsl.Language.Diagnostics;
using KnDsl.Language.Operations.Contract;
using KnDsl.Language.Plan;
using KnDsl.Language.Text;
using KnDsl.Language.Values;

namespace KnDsl.Language.Checking;

/// <summary>What an operation does to the statistic chain.</summary>
/// <param name="Output">What is known of its output's state.</param>
/// <param name="Prior">For a norm: what feeds it.</param>
/// <param name="From">For a norm that names its predecessor: that norm, then the stages on the way from it.</param>
internal sealed record ChainStep(ChainFact Output, ChainFact? Prior = null, IReadOnlyList<ApplyOperationItem>? From = null);

/// <summary>Follows the states of the statistic chain from norm to norm.</summary>
internal sealed class ChainTracker(Subject subject, Findings findings, MemberTable members)
{
    private readonly HashSet<TensorValue> _observed = [];

    /// <summary>What made each value on the paths so far, once a norm names its predecessor: in few modules one does.</summary>
    private Dictionary<TensorValue, ApplyOperationItem>? _made;

    /// <summary>The values that norms observe: they have states from then on.</summary>
    public ISet<TensorValue> Observed => _observed;

    /// <summary>Follows the chain through an operation; a norm changes what the path knows of its input.</summary>
    public ChainStep Pass(BodyPath path, OperationCall call, Member? member, Place place)
    {
        if (call.Operation.Normalization(call) is { } stage)
            return PassNorm(path, call, stage, member!, place);
        if (call.IsLearned)
            return new ChainStep(ChainFact.NotBegun);
        var inputs = call.StateInputs;
        if (inputs.Count == 1 && call.Operation.PassesState(call))
            return new ChainStep(path.FactOf(inputs[0]).Through(call.Operation.Name));
        var states = inputs.Select(path.FactOf).ToArray();
        if (call.Operation.PassesState(call))
            return new ChainStep(ChainFact.Join(states, call.Operation.Name, place));
        return new ChainStep(states.FirstOrDefault(state => state.Kind != ChainKind.NotBegun) is not { } state ? ChainFact.NotBegun
            : state.Kind == ChainKind.Cut ? state
            : ChainFact.Cut(call.Operation.Name, place));
    }

    private ChainStep PassNorm(BodyPath path, OperationCall call, NormStage stage, Member norm, Place place)
    {
        var input = call.Inputs[0];
        var prior = stage.StartsChain ? ChainFact.NotBegun : path.FactOf(input);
        if (!stage.Policy.HasChain)
        {
            if (stage.From is { } missing && !members.Contains(missing))
                findings.Report(DiagnosticCatalogue.FromUnknown(call.PlaceOf(stage.FromParameter), missing, "none"));
            return new ChainStep(ChainFact.NotBegun, prior);
        }
        IReadOnlyList<ApplyOperationItem>? from = null;
        if (stage.From is { } label)
        {
            from = WayFrom(path, label, input);
            if (from is null)
                ReportUnreachable(path, call.PlaceOf(stage.FromParameter), label, input, prior);
            else
                prior = new ChainFact(ChainKind.From,
                    [new Predecessor(label, from.Skip(1).Select(step => step.Call.Operation.Name).ToArray())]);
        }
        if (prior.Kind == ChainKind.Cut && !subject.IsGeneric)
            findings.Report(prior.CutByJoin
                ? DiagnosticCatalogue.ChainJoin(place, norm.Path, prior.CutBy!, prior.CutAt!.Value)
                : DiagnosticCatalogue.ChainCut(place, norm.Path, prior.CutBy!, prior.CutAt!.Value));
        var posterior = ChainFact.FromNorm(norm.Path);
        Observe(path, input, posterior);
        return new ChainStep(posterior, prior, from);
    }

    /// <summary>A norm observes a value: later readers on this path read the posterior.</summary>
    public void Observe(BodyPath path, TensorValue value, ChainFact posterior)
    {
        path.SetFact(value, posterior);
        if (posterior.HasState)
            _observed.Add(value);
    }

    private void ReportUnreachable(BodyPath path, Place place, string label, TensorValue input, ChainFact prior)
    {
        var reaching = prior.Predecessors.Select(norm => norm.Norm).Where(norm => WayFrom(path, norm, input) is not null).ToArray();
        // A norm that is there is meant, even where it does not reach this one.
        var isThere = members.Contains(label);
        var nearest = isThere ? null : Spelling.Nearest(label, reaching);
        var known = string.Join(", ", reaching.DefaultIfEmpty(prior.HasState ? "none in this module" : "none"));
        var finding = isThere
            ? DiagnosticCatalogue.FromUnreachable(place, label, known)
            : DiagnosticCatalogue.FromUnknown(place, label, known);
        findings.Report(finding.WithHint(nearest is not null
            ? $"Did you mean '{nearest}'?"
            : prior.Predecessors.Any(norm => norm.Norm == label)
                ? "Its state comes here out of an 'if', a loop or a block, or joined with others: only operations of one value, '+' and "
                    + "'-' may lie between."
                : null));
    }

    /// <summary>
    /// The norm of a label and the stages from it to a value, or null where no way with moment rules leads there. It is looked
    /// for in all that was planned before on the path, inside of branches and loops too.
    /// </summary>
    private IReadOnlyList<ApplyOperationItem>? WayFrom(BodyPath path, string label, TensorValue value)
    {
        _made ??= path.ItemsOutwards().OfType<ApplyOperationItem>().ToDictionary(item => item.Output);
        var seen = new HashSet<TensorValue>();
        var open = new Stack<(TensorValue At, Way? After)>();
        open.Push((value, null));
        while (open.Count > 0)
        {
            var (at, after) = open.Pop();
            if (!seen.Add(at) || !_made.TryGetValue(at, out var item))
                continue;
            var way = new Way(item, after);
            if (item.Call.Operation.Normalization(item.Call) is not null)
            {
                if (item.Member!.Path == label)
                    return way.ToArray();
            }
            else if (PassesOneState(item.Call))
                foreach (var input in item.Call.StateInputs.Reverse())
                    open.Push((input, way));
        }
        return null;
    }

    /// <summary>
    /// Whether the state of any of an operation's inputs alone is a prior for its output: a sum changes it by what the other value adds,
    /// and leaves its channels what they are.
    /// </summary>
    private static bool PassesOneState(OperationCall call) => call.Operation.PassesState(call)
        && (call.StateInputs.Count == 1
            || (call.Operation.Name is "+" or "-"
                && call.StateInputs.All(input => input.Shape.Sizes.SequenceEqual(call.Inputs[0].Shape.Sizes))));

    /// <summary>An item, and the way on from it.</summary>
    private sealed record Way(ApplyOperationItem Item, Way? After)
    {
        public IReadOnlyList<ApplyOperationItem> ToArray()
        {
            var items = new List<ApplyOperationItem>();
            for (var way = this; way is not null; way = way.After)
                items.Add(way.Item);
            return items;
        }
    }

    /// <summary>Notes what makes a value.</summary>
    public void Add(ApplyOperationItem item) => _made?.Add(item.Output, item);
}
