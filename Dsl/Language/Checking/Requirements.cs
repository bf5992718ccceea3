using System;
using System.Collections.Generic;
using System.Linq;
using KnDsl.Language.Diagnostics;
using KnDsl.Language.Operations.Contract;
using KnDsl.Language.Plan;
using KnDsl.Language.Text;
using KnDsl.Language.Values;

namespace KnDsl.Language.Checking;

/// <summary>
/// What sizes must be: decided at once where that is possible, planned as a check of the constructor where arguments decide,
/// and refused where only data could.
/// </summary>
internal sealed class Requirements(Subject subject, Findings findings, Func<IReadOnlyList<TensorValue>> inputs)
{
    /// <summary>Whether the module is checked for any arguments.</summary>
    public bool IsGeneric => subject.IsGeneric;

    /// <summary>Whether a symbol is the batch of an input.</summary>
    public bool IsBatch(Symbol symbol) => inputs().Any(input => input.Shape.Rank > 0 && input.Shape[0] == Size.Of(symbol));

    /// <summary>Whether two sizes are equal, as far as it can be decided.</summary>
    public bool RequireEqual(BodyPath path, Size left, Size right, Func<Diagnostic> diagnostic) =>
        Require(path, Relation.Equal, left, right, diagnostic);

    /// <summary>
    /// Whether two sizes are to each other as they must be, as far as it can be decided. Where only arguments decide it, a check for
    /// the constructor is planned; where only data decides it, it is refused, since no check could come before the data does.
    /// </summary>
    public bool Require(BodyPath path, Relation relation, Size left, Size right, Func<Diagnostic> diagnostic)
    {
        if (path.Assumptions.Count > 0)
            (left, right) = (left.Substitute(path.Assumptions), right.Substitute(path.Assumptions));
        var decided = Decide(relation, left, right);
        if (decided == true)
            return true;
        var rest = Rest(relation, left, right);
        var symbols = (relation == Relation.Repeatable ? left.Symbols().Concat(right.Symbols()) : rest.Symbols()).ToArray();
        if (decided == false || !subject.IsGeneric && IsForData(relation, left, right, rest, symbols))
        {
            findings.Report(diagnostic());
            return false;
        }
        if (!subject.IsGeneric)
            return true;
        if (IsDifference(relation, left, right, rest))
            (left, relation, right) = (rest, Relation.Equal, Size.Zero);
        else if (symbols.Any(symbol => symbol.Kind != SymbolKind.Construction))
            return true;
        path.PlanOnce((left, relation, right), () => new SizesCheck(left, relation, right, diagnostic()));
        return true;
    }

    /// <summary>
    /// Whether arguments decide by how much two sizes differ that data has, or a block's input: <c>h</c> and <c>h + 2*p - 2</c>. That one
    /// of them is 1 and is repeated is then an accident, and refused as it is with a number in the place of the argument.
    /// </summary>
    private bool IsDifference(Relation relation, Size left, Size right, Size rest) =>
        relation is Relation.Equal or Relation.Repeatable && rest.Symbols().ToArray() is { Length: > 0 } deciding
        && left.Symbols().Any(IsOpen) && right.Symbols().Any(IsOpen) && !deciding.Any(IsOpen);

    /// <summary>Whether a size is not the module's own to give: it comes with an input.</summary>
    private bool IsOpen(Symbol symbol) => symbol.Kind == SymbolKind.Data
        || (subject.Declaration.ParameterOf(symbol.Name) is null
            && inputs().Any(input => input.Shape.Sizes.Any(size => size.Symbols().Contains(symbol))));

    /// <summary>
    /// Whether only data decides, whatever the arguments are that nobody knows: of a parameter without a default, or of a
    /// call that gives a variable. A size that an if or a loop sets is there only where such an argument decides that.
    /// </summary>
    private static bool IsForData(Relation relation, Size left, Size right, Size rest, IReadOnlyList<Symbol> symbols)
    {
        var data = symbols.Where(symbol => symbol.Kind == SymbolKind.Data).ToArray();
        if (data.Length == 0 || data.Any(symbol => symbol.Origin is not null))
            return false;
        return data.Length == symbols.Count
            || relation switch
            {
                Relation.Equal => true,
                // An argument may make one of the two 1.
                Relation.Repeatable => IsConstantOrOfData(left) && IsConstantOrOfData(right),
                _ => false,
            }
            && data.Any(symbol => (rest.LinearIn(symbol) ?? (-rest).LinearIn(symbol))?.Factor.IsConstant == true);
    }

    private static bool IsConstantOrOfData(Size size) =>
        size.IsConstant || size.Symbols().Any(symbol => symbol.Kind == SymbolKind.Data);

    /// <summary>What is 0 where two sizes are equal, or the first is a multiple of the second.</summary>
    private static Size Rest(Relation relation, Size left, Size right) =>
        relation == Relation.MultipleOf ? Size.Modulo(left, right) : left - right;

    /// <summary>Whether two sizes are to each other as a relation says, where that is certain.</summary>
    public static bool? Decide(Relation relation, Size left, Size right) => left == right ? relation != Relation.NotEqual : relation switch
    {
        Relation.NotEqual => !Decide(Relation.Equal, left, right),
        Relation.Repeatable when left.Value == 1 || right.Value == 1 => true,
        Relation.Repeatable when IsPossible(left, 1) || IsPossible(right, 1) => null,
        _ => Rest(relation, left, right) is var rest && rest == Size.Zero ? true : IsPossible(rest, 0) ? null : false,
    };

    private static bool IsPossible(Size size, long value) => size.Value is { } known
        ? known == value
        : !(size.Minimum() > value || size.Maximum() < value);

    /// <summary>Demands that a divisor is not 0, as far as it can be decided; plans a check where arguments decide it.</summary>
    public bool RequireNotZero(BodyPath path, Size divisor, Func<Diagnostic> diagnostic) =>
        Require(path, Relation.NotEqual, divisor, Size.Zero, diagnostic);

    /// <summary>The same of any number, with which data may be divided too: there, what only data decides is not checked.</summary>
    public bool RequireNotZero(BodyPath path, Number divisor, Func<Diagnostic> diagnostic) => RequireCondition(
        path, divisor is WholeNumber whole ? Condition.Compare(Comparison.NotEqual, whole.Size.Substitute(path.Assumptions), Size.Zero)
            : Condition.Compare(Comparison.NotEqual, divisor, Number.Zero),
        new FloatValue(divisor), divisor.Symbols(), diagnostic);

    /// <summary>Plans a check that a number is at least some other, unless that is certain.</summary>
    public void RequireAtLeast(BodyPath path, Size size, Size minimum, Func<Diagnostic> diagnostic)
    {
        if (subject.IsGeneric && !IsNeverNegative(path, size - minimum))
            PlanCheck(path, Condition.Compare(Comparison.GreaterOrEqual, size, minimum),
                new SizeValue(size.IsConstant ? minimum : size), diagnostic);
    }

    /// <summary>
    /// Whether a number is at most one of some others. Where only arguments decide it, a check for the constructor is planned;
    /// where data decides it, torch refuses what does not fit.
    /// </summary>
    public bool RequireAtMost(BodyPath path, Size size, IReadOnlyList<Size> limits, Func<Diagnostic> diagnostic)
    {
        size = size.Substitute(path.Assumptions);
        var condition = Condition.False;
        foreach (var limit in limits.Select(limit => limit.Substitute(path.Assumptions)))
            condition = Condition.Join(false, condition, Size.IsAtMost(size, limit)
                ? Condition.True
                : Condition.Compare(Comparison.LessOrEqual, size, limit));
        return RequireCondition(path, condition, new SizeValue(size.IsConstant && limits.Count == 1 ? limits[0] : size),
            size.Symbols().Concat(limits.SelectMany(limit => limit.Symbols())), diagnostic);
    }

    /// <summary>Demands that a number is in its parameter's range; where arguments decide it, a check is planned.</summary>
    /// <returns>Whether it can be.</returns>
    public bool RequireRange(BodyPath path, Number number, OperationParameter parameter, Func<Diagnostic> diagnostic) =>
        RequireCondition(path, parameter.Range(number), new FloatValue(number), number.Symbols(), diagnostic);

    /// <summary>Demands that a number is at least another; where arguments decide it, a check is planned.</summary>
    /// <returns>Whether it can be.</returns>
    public bool RequireAtLeast(BodyPath path, Number number, Number least, Func<Diagnostic> diagnostic) => RequireCondition(
        path, Condition.Compare(Comparison.GreaterOrEqual, number, least), new FloatValue(number.Value is null ? number : least),
        number.Symbols().Concat(least.Symbols()), diagnostic);

    private bool RequireCondition(
        BodyPath path, Condition condition, Value found, IEnumerable<Symbol> symbols, Func<Diagnostic> diagnostic)
    {
        if (condition.Value == false)
        {
            findings.Report(diagnostic());
            return false;
        }
        if (subject.IsGeneric && condition.Value is null && symbols.All(symbol => symbol.Kind == SymbolKind.Construction))
            PlanCheck(path, condition, found, diagnostic);
        return true;
    }

    private static void PlanCheck(BodyPath path, Condition condition, Value found, Func<Diagnostic> diagnostic) =>
        path.PlanOnce(condition, () => new LimitCheck(condition, found, diagnostic()));

    /// <summary>
    /// Whether a number is at least 0 in every turn of the loops around. One that grows or falls evenly with the turns is, where
    /// it is so in the first turn and in the last.
    /// </summary>
    private static bool IsNeverNegative(BodyPath path, Size size)
    {
        if (size.Minimum() >= 0)
            return true;
        if (path.Loops.LastOrDefault(loop => size.Symbols().Contains(loop.Variable)) is not { } loop
            || size.LinearIn(loop.Variable) is null && (-size).LinearIn(loop.Variable) is null)
            return false;
        return IsNeverNegative(path, At(loop.From)) && IsNeverNegative(path, At(loop.To - 1));

        Size At(Size turn) => size.Substitute(new Dictionary<Symbol, Size> { [loop.Variable] = turn });
    }

    /// <summary>Demands that a list has an item at a place, which arguments may decide.</summary>
    /// <returns>Whether it can have one.</returns>
    public bool RequireItem(BodyPath path, ListValue list, Size index, Place place)
    {
        Diagnostic Outside() => DiagnosticCatalogue.Index(place, index.ToString(), list.Items.Count);
        if (index.Maximum() < 0 || index.Minimum() >= list.Items.Count)
        {
            findings.Report(Outside());
            return false;
        }
        RequireAtLeast(path, index, 0, Outside);
        RequireAtLeast(path, list.Items.Count - 1, index, Outside);
        return true;
    }

    /// <summary>Demands that a list which the constructor is given has an item at a place.</summary>
    /// <returns>Whether it can have one.</returns>
    public bool RequireItem(BodyPath path, ListParameterValue list, Size index, Place place)
    {
        if (index.Maximum() < 0)
        {
            findings.Report(DiagnosticCatalogue.NegativeIndex(place, index.ToString(), list.Name));
            return false;
        }
        RequireAtLeast(path, index, 0, () => DiagnosticCatalogue.NegativeIndex(place, index.ToString(), list.Name));
        RequireAtLeast(path, Size.Of(list.Count), index + 1,
            () => DiagnosticCatalogue.ShortList(place, list.Name, index.ToString(), (index + 1).ToString(), list.Count.Name));
        return true;
    }

    /// <summary>Demands that nothing which a module is built with depends on sizes that only data has.</summary>
    public bool RequireKnown(Arguments arguments, string callee)
    {
        foreach (var argument in arguments.All)
            if (DataIn(argument.Value) is not null && !RequireKnown(argument.Value, argument.Place, callee, $"argument '{argument.Name}'"))
                return false;
        return true;
    }

    private static Symbol? DataIn(Value value)
    {
        foreach (var symbol in value.Symbols())
            if (symbol.Kind == SymbolKind.Data)
                return symbol;
        return null;
    }

    /// <summary>Demands that a value is known when the module is built, not only when data comes.</summary>
    /// <param name="what">What needs it, with <paramref name="callee"/>.</param>
    /// <param name="found">The value as the message has it, where that is not its description.</param>
    public bool RequireKnown(Value value, Place place, string callee, string what, string? found = null)
    {
        if (DataIn(value) is not { } data)
            return true;
        findings.Report(DiagnosticCatalogue.UnknownSize(place, callee, what, found ?? value.Describe(), data.Name)
            .WithHint(data.Origin?.SetAt is { } setter
                ? DiagnosticCatalogue.SetBy(setter)
                : IsBatch(data)
                ? Sizing.NoBatch(callee, data.Name)
                : "Declare the input with a number or a parameter there."));
        return false;
    }

    /// <summary>Demands that the sizes of its inputs that a block is built with are known then.</summary>
    public bool RequireKnownSizes(BlockUse use, Place place)
    {
        var generic = use.Generic;
        if (!generic.IsComplete)
            return true;
        foreach (var (input, axis, _) in generic.ConstructorSizes.OfInputs)
            if (use.Inputs[input].Rank == generic.Inputs[input].Shape.Rank && !RequireKnown(new SizeValue(use.Inputs[input][axis]), place,
                    use.Declaration.Name.Text, $"{generic.Inputs[input].Name}.{use.Inputs[input].NameOf(axis)}"))
                return false;
        return true;
    }
}
