using System.Collections.Generic;
using System.Linq;
using KnDsl.Language.Operations.Contract;
using KnDsl.Language.Text;
using KnDsl.Language.Values;

namespace KnDsl.Language.Plan;

/// <summary>A step of a module's plan: what its constructor and its forward pass do, in order.</summary>
internal abstract class PlanItem(Place place)
{
    public Place Place => place;

    /// <summary>The rows of items inside: the branches of an if, the body of a loop.</summary>
    public virtual IReadOnlyList<List<PlanItem>> Bodies => [];

    /// <summary>
    /// The values that the item itself reads, those of its bodies aside: its inputs, and what its branches or turns set its
    /// variables to.
    /// </summary>
    public virtual IEnumerable<TensorValue> Reads => [];

    /// <summary>The values that there are from the item on: its outputs, or the variables that its bodies set.</summary>
    public virtual IEnumerable<TensorValue> Makes => [];

    /// <summary>
    /// The sizes that it sets, each with the two that it may be: of either branch, before the loop and after a turn, or
    /// twice the formula of a block's size.
    /// </summary>
    public virtual IEnumerable<(Symbol Variable, Size One, Size Other)> SizeVariables => [];

    /// <summary>The member whose module or group it makes, or null.</summary>
    public virtual Member? Constructs => null;
}

/// <summary>Makes a group: a module that only holds others.</summary>
internal sealed class GroupItem(Member group, Place place) : PlanItem(place)
{
    public Member Group => group;

    public override Member Constructs => group;
}

/// <summary>Makes the module of an operation.</summary>
internal sealed class ConstructOperationItem(Member member, OperationCall call, Place place) : PlanItem(place)
{
    public Member Member => member;

    public OperationCall Call => call;

    /// <summary>How it is made.</summary>
    public Construction Construction => _construction ??= call.Operation.Construct(call)!;

    private Construction? _construction;

    public override Member Constructs => member;
}

/// <summary>Makes a block.</summary>
internal sealed class ConstructBlockItem(Member member, BlockUse use, Place place) : PlanItem(place)
{
    public Member Member => member;

    public BlockUse Use => use;

    public override Member Constructs => member;
}

/// <summary>Applies an operation.</summary>
internal sealed class ApplyOperationItem(Member? member, OperationCall call, TensorValue output, Place place) : PlanItem(place)
{
    public Member? Member => member;

    public OperationCall Call => call;

    public TensorValue Output => output;

    public override IEnumerable<TensorValue> Reads => call.Inputs;

    public override IEnumerable<TensorValue> Makes => [output];

    /// <summary>For a norm: what feeds it.</summary>
    public ChainFact? Prior { get; init; }

    /// <summary>For a norm that names its predecessor: that norm, then the stages on the way from it.</summary>
    public IReadOnlyList<ApplyOperationItem>? From { get; init; }
}

/// <summary>Applies a block.</summary>
internal sealed class ApplyBlockItem(
    Member member, BlockUse use, IReadOnlyList<TensorValue> inputs, IReadOnlyList<TensorValue> outputs, Place place) : PlanItem(place)
{
    public Member Member => member;

    public BlockUse Use => use;

    public IReadOnlyList<TensorValue> Inputs => inputs;

    public IReadOnlyList<TensorValue> Outputs => outputs;

    public override IEnumerable<TensorValue> Reads => inputs;

    public override IEnumerable<TensorValue> Makes => outputs;

    /// <summary>The sizes of its outputs that conditions decide, with their formulas.</summary>
    public IReadOnlyList<(Symbol Variable, Size Formula)> Sizes { get; init; } = [];

    public override IEnumerable<(Symbol Variable, Size One, Size Other)> SizeVariables =>
        Sizes.Select(size => (size.Variable, size.Formula, size.Formula));

    /// <summary>The states that come in.</summary>
    public IReadOnlyList<ChainFact> InputChains { get; init; } = [];
}

/// <summary>A variable that each branch of an if sets.</summary>
internal sealed record Merge(TensorValue Variable, TensorValue Then, TensorValue Else);

/// <summary>A size that each branch of an if sets.</summary>
internal sealed record SizeMerge(Symbol Variable, Size Then, Size Else);

/// <summary>A condition that only a constructor call decides.</summary>
internal sealed class IfItem(
    Condition condition, List<PlanItem> then, List<PlanItem> otherwise, IReadOnlyList<Merge> merges,
    IReadOnlyList<SizeMerge> sizes, Place place) : PlanItem(place)
{
    public Condition Condition => condition;

    public List<PlanItem> Then => then;

    public List<PlanItem> Else => otherwise;

    public IReadOnlyList<Merge> Merges => merges;

    public IReadOnlyList<SizeMerge> Sizes => sizes;

    public override IReadOnlyList<List<PlanItem>> Bodies => [then, otherwise];

    public override IEnumerable<TensorValue> Reads => merges.SelectMany(merge => new[] { merge.Then, merge.Else });

    public override IEnumerable<TensorValue> Makes => merges.Select(merge => merge.Variable);

    public override IEnumerable<(Symbol Variable, Size One, Size Other)> SizeVariables =>
        sizes.Select(size => (size.Variable, size.Then, size.Else));
}

/// <summary>A variable that a loop changes: what it is before, and what an iteration makes of it.</summary>
internal sealed record Carried(TensorValue Variable, TensorValue Before, TensorValue Next);

/// <summary>A size that a loop changes.</summary>
internal sealed record SizeCarried(Symbol Variable, Size Before, Size Next);

/// <summary>A loop whose number of turns a constructor call decides, or a repetition.</summary>
internal sealed class LoopItem(
    Symbol variable, Size from, Size to, List<PlanItem> body, IReadOnlyList<Carried> carried,
    IReadOnlyList<SizeCarried> sizes, Place place) : PlanItem(place)
{
    public Symbol Variable => variable;

    public Size From => from;

    public Size To => to;

    public List<PlanItem> Body => body;

    public IReadOnlyList<Carried> Carried => carried;

    public IReadOnlyList<SizeCarried> Sizes => sizes;

    public override IReadOnlyList<List<PlanItem>> Bodies => [body];

    public override IEnumerable<TensorValue> Reads => carried.SelectMany(one => new[] { one.Before, one.Next });

    public override IEnumerable<TensorValue> Makes => carried.Select(one => one.Variable);

    public override IEnumerable<(Symbol Variable, Size One, Size Other)> SizeVariables =>
        sizes.Select(size => (size.Variable, size.Before, size.Next));
}

/// <summary>What the defaults satisfy and another argument could break: checked in the constructor.</summary>
internal abstract class CheckItem(Diagnostics.Diagnostic diagnostic) : PlanItem(diagnostic.Place)
{
    public Diagnostics.Diagnostic Diagnostic => diagnostic;

    /// <summary>The symbols that decide it.</summary>
    public abstract IEnumerable<Symbol> Symbols { get; }

    /// <summary>What must hold: equal to that of another check where one of the two is enough.</summary>
    public abstract object Demand { get; }
}

/// <summary>Two sizes must be to each other as a relation says.</summary>
internal sealed class SizesCheck(Size left, Relation relation, Size right, Diagnostics.Diagnostic diagnostic) : CheckItem(diagnostic)
{
    public Size Left => left;

    public Relation Relation => relation;

    public Size Right => right;

    public override object Demand => (left, relation, right);

    public override IEnumerable<Symbol> Symbols => left.Symbols().Concat(right.Symbols());
}

/// <summary>A number must lie within limits.</summary>
internal sealed class LimitCheck(Condition condition, Value found, Diagnostics.Diagnostic diagnostic) : CheckItem(diagnostic)
{
    /// <summary>What holds where it does.</summary>
    public Condition Condition => condition;

    public override object Demand => condition;

    /// <summary>The number, which the message tells.</summary>
    public Value Found => found;

    public override IEnumerable<Symbol> Symbols => condition.Symbols();
}
