using System;
using System.Collections.Generic;
using System.Linq;
using KnDsl.Generator.Naming;
using KnDsl.Language.Operations;
using KnDsl.Language.Plan;
using KnDsl.Language.Values;

namespace KnDsl.Generator.Planning;

/// <summary>How the forward pass knows whether a condition holds that the constructor decided.</summary>
internal abstract record ConditionSource
{
    /// <summary>By its own numbers: inside a loop it may differ from turn to turn.</summary>
    public sealed record Evaluated : ConditionSource;

    /// <summary>By a member that exists only where it holds.</summary>
    public sealed record Member(MemberCode Code) : ConditionSource;

    /// <summary>By a field that the constructor sets.</summary>
    public sealed record Field(string Name) : ConditionSource;
}

/// <summary>
/// What the forward pass reads beside its values: parameters of the constructor, which become fields, conditions, and numbers
/// that ifs and loops set, which become locals. It is found before a line is written, from the symbols that items read; a
/// number that is read makes others read, so this goes round until nothing is added.
/// </summary>
internal sealed class ForwardPlan
{
    private readonly ClassPlan _plan;
    private readonly HashSet<string> _declared;
    private readonly HashSet<Symbol> _turns;

    /// <summary>How often each member is constructed.</summary>
    private readonly Dictionary<MemberCode, int> _constructions;
    private readonly SortedDictionary<string, string> _parameters = new(StringComparer.Ordinal);
    private readonly Dictionary<IfItem, ConditionSource> _conditions = [];
    private readonly List<(IfItem Item, string Field)> _conditionFields = [];
    private readonly HashSet<Symbol> _numbers = [];

    public ForwardPlan(ClassPlan plan)
    {
        _plan = plan;
        Live = new Liveness(plan.Model);
        Priors = new NamedPriors(plan.Model.Items);
        var reads = new ReadCounts(plan.Model);
        Fusions = new Fusions(plan.Plans.Fuses ? FusionFinder.Find(plan.Model, reads) : []);
        Recomputations = new Recomputations(plan.Model, Fusions, reads);
        _declared = [.. plan.Model.Declaration.Parameters.Select(parameter => parameter.Name.Text)];
        _constructions = plan.Model.Items.All().Select(Constructs).OfType<MemberCode>().GroupBy(code => code)
            .ToDictionary(same => same.Key, same => same.Count());
        _turns = [.. plan.Model.Items.All().OfType<LoopItem>().Select(loop => loop.Variable)];
        int before;
        do
        {
            before = _numbers.Count;
            Read(plan.Inputs.Symbols());
            Read(plan.Model.OpenSizes.Select(open => open.Size));
            Visit(plan.Model.Items, false);
        } while (_numbers.Count > before);
    }

    /// <summary>Which values and states are read after each item.</summary>
    public Liveness Live { get; }

    /// <summary>The norms that name their predecessor.</summary>
    public NamedPriors Priors { get; }

    /// <summary>The norms that are one call with what comes right after them.</summary>
    public Fusions Fusions { get; }

    /// <summary>The values that training may compute again.</summary>
    public Recomputations Recomputations { get; }

    /// <summary>The parameters that are read, each with its field.</summary>
    public IReadOnlyDictionary<string, string> Parameters => _parameters;

    /// <summary>The conditions that have a field, in the order in which they are asked for.</summary>
    public IReadOnlyList<(IfItem Item, string Field)> ConditionFields => _conditionFields;

    public ConditionSource Condition(IfItem item) => _conditions[item];

    /// <summary>Whether a number is a local of the forward pass.</summary>
    public bool IsLocal(Symbol symbol) => _numbers.Contains(symbol);

    public bool IsParameter(Symbol symbol) => _declared.Contains(symbol.Name);

    public bool IsTurn(Symbol symbol) => _turns.Contains(symbol);

    /// <summary>Whether the forward pass does anything of the items; the constructor may do the rest.</summary>
    public bool HasWork(IReadOnlyList<PlanItem> items) => items.Any(HasWork);

    public bool HasWork(PlanItem item) => item switch
    {
        ApplyOperationItem or ApplyBlockItem => true,
        IfItem branch => branch.Merges.Count > 0 || branch.Bodies.Any(HasWork) || branch.Sizes.Any(size => IsLocal(size.Variable)),
        LoopItem loop => loop.Carried.Count > 0 || HasWork(loop.Body) || loop.Sizes.Any(size => IsLocal(size.Variable)),
        _ => false,
    };

    private void Visit(IReadOnlyList<PlanItem> items, bool isInLoop)
    {
        foreach (var item in items)
            switch (item)
            {
                case GroupItem group when _plan.Layout[group.Group] is { IsList: true } list:
                    Read(list.IndexSizes());
                    break;
                case ApplyOperationItem operation:
                    VisitOperation(operation);
                    break;
                case ApplyBlockItem block:
                    Read(_plan.Layout[block.Member].AccessSizes());
                    foreach (var symbol in block.Outputs.SelectMany(output => output.Shape.Sizes).SelectMany(size => size.Symbols())
                        .Where(IsLocal).Distinct())
                        if (symbol.Origin is BlockSize size)
                            ReadSize(size, SizeSource.Find(block.Outputs, symbol));
                    break;
                case IfItem branch when HasWork(branch):
                    VisitIf(branch, isInLoop);
                    break;
                case LoopItem loop when HasWork(loop):
                    foreach (var size in loop.Sizes.Where(size => IsLocal(size.Variable)))
                        Read([size.Before, size.Next]);
                    Read([loop.From, loop.To]);
                    Visit(loop.Body, true);
                    break;
            }
    }

    private void VisitOperation(ApplyOperationItem item)
    {
        if (item.Member is { } member)
            Read(_plan.Layout[member].AccessSizes());
        var (operation, call) = (item.Call.Operation, item.Call);
        Read(operation.Compute(call).Symbols());
        if (operation is ExternOperation)
            Read(CheckableSizes(item.Output).OfType<Size>());
        var passes = Live.IsStateNeeded(item.Output) && Live.IsStateNeeded(call.StateInputs) || Priors.Through(item).Count > 0;
        if (passes && operation.PassesState(call) && operation.Normalization(call) is null && operation.Moments(call) is { } step)
            Read(step.Symbols());
    }

    /// <summary>
    /// The sizes of an output that the forward pass can compare with what a module of the user's gives: those that parameters and inputs
    /// tell; null for the others.
    /// </summary>
    public IReadOnlyList<Size?> CheckableSizes(TensorValue output) => [.. output.Shape.Sizes.Select(size =>
        size.Leaves().All(symbol => IsParameter(symbol) || _plan.SourceOf(symbol) is not null) ? size : null)];

    private void VisitIf(IfItem item, bool isInLoop)
    {
        foreach (var size in item.Sizes.Where(size => IsLocal(size.Variable)))
            Read([size.Then, size.Else]);
        if (isInLoop)
            Read(item.Condition.Symbols());
        if (!_conditions.ContainsKey(item))
            _conditions[item] = isInLoop ? new ConditionSource.Evaluated() : SourceOf(item);
        Visit(item.Then, isInLoop);
        Visit(item.Else, isInLoop);
    }

    private ConditionSource SourceOf(IfItem item)
    {
        var made = item.Then.Select(inner => inner.Constructs).FirstOrDefault(member => member is not null);
        if (made is { Parent: not null, Branches.Count: 1 } && _plan.Layout[made] is { IsList: false, Parent.Parent: null } code
            && code.Form is not MemberForm.ModuleListItem
            && _constructions[code] == item.Then.All().Count(inner => Constructs(inner) == code))
            return new ConditionSource.Member(code);
        var field = _plan.TakeField($"_condition{_conditionFields.Count + 1}");
        _conditionFields.Add((item, field));
        return new ConditionSource.Field(field);
    }

    /// <summary>The member that an item constructs; branches that exclude each other may construct one and the same.</summary>
    private MemberCode? Constructs(PlanItem item) => item.Constructs is { } member ? _plan.Layout[member] : null;

    private void Read(IEnumerable<Size> sizes) => Read(sizes.SelectMany(size => size.Leaves()));

    private void Read(SizeSource source) => Read([source.Factor, source.Rest]);

    /// <summary>A size that a block sets: its outputs tell it, or else its formula.</summary>
    private void ReadSize(BlockSize size, SizeSource? source)
    {
        if (source is not null)
            Read(source);
        else if (size.Formula is { } formula)
            Read([formula]);
    }

    private void Read(IEnumerable<Symbol> symbols)
    {
        foreach (var symbol in symbols)
            if (IsParameter(symbol))
                KeepParameter(symbol.Name);
            else if (_plan.SourceOf(symbol) is { } source)
                Read(source);
            else if (!IsTurn(symbol))
                _numbers.Add(symbol);
    }

    private void KeepParameter(string parameter)
    {
        if (!_parameters.ContainsKey(parameter))
            _parameters[parameter] = _plan.TakeField(CSharpNames.Field(parameter));
    }
}
