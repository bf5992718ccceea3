using System;
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
internal sealed class Requirements(Subject subject, Findings findings)
{
    /// <summary>Whether two sizes are equal, as far as it can be decided.</summary>
    public bool RequireEqual(BodyPath path, Size left, Size right, Func<Diagnostic> diagnostic) =>
        Require(path, Relation.Equal, left, right, diagnostic);

    /// <summary>
    /// Whether two sizes are to each other as they must be, as far as it can be decided. Where only arguments decide it, a check for
    /// the constructor is planned; where only data decides it, it is refused, since no check could come before the data does.
    /// </summary>
    public bool Require(BodyPath path, Relation relation, Size left, Size right, Func<Diagnostic> diagnostic)
    {
        left = left.Substitute(path.Assumptions);
        right = right.Substitute(path.Assumptions);
        var decided = Decide(relation, left, right);
        if (decided == true)
            return true;
        var symbols = (left - right).Symbols().ToArray();
        if (decided == false || symbols.Any(symbol => symbol.Kind == SymbolKind.Data) && !subject.IsGeneric)
        {
            findings.Report(diagnostic());
            return false;
        }
        if (subject.IsGeneric && symbols.All(symbol => symbol.Kind == SymbolKind.Construction) && !IsChecked(path, relation, left, right))
            path.Items.Add(new CheckItem(left, relation, right, diagnostic()));
        return true;
    }

    private static bool? Decide(Relation relation, Size left, Size right) => relation switch
    {
        Relation.NotEqual => !Decide(Relation.Equal, left, right),
        Relation.Repeatable when left.Value == 1 || right.Value == 1 => true,
        Relation.Repeatable when IsPossible(left, 1) || IsPossible(right, 1) => left == right ? true : null,
        _ => left == right ? true : IsPossible(left - right, 0) ? null : false,
    };

    private static bool IsPossible(Size size, long value) => size.Value is { } known
        ? known == value
        : !(size.Minimum() > value || size.Maximum() < value);

    /// <summary>Plans a check that a divisor is not 0, unless that is certain.</summary>
    public void RequireNotZero(BodyPath path, Size divisor, Func<Diagnostic> diagnostic) =>
        Require(path, Relation.NotEqual, divisor, Size.Zero, diagnostic);

    /// <summary>Plans a check that a number is at least some other, unless that is certain or is checked on this path already.</summary>
    public void RequireAtLeast(BodyPath path, Size size, long minimum, Func<Diagnostic> diagnostic)
    {
        if (subject.IsGeneric && !(size.Minimum() >= minimum) && !IsChecked(path, Relation.AtLeast, size, minimum))
            path.Items.Add(new CheckItem(size, Relation.AtLeast, minimum, diagnostic()));
    }

    /// <summary>Whether a check is planned already: of a parameter that ten stages have, one is enough.</summary>
    private static bool IsChecked(BodyPath path, Relation relation, Size size, Size other)
    {
        foreach (var item in path.ItemsOutwards())
            if (item is CheckItem check && check.Relation == relation && check.Left == size && check.Right == other)
                return true;
        return false;
    }

    /// <summary>Demands that nothing which a module is built with depends on sizes that only data has.</summary>
    public bool RequireKnown(Arguments arguments, string callee)
    {
        foreach (var argument in arguments.All)
            if (!RequireKnown(argument.Value, argument.Place, callee, $"argument '{argument.Name}'"))
                return false;
        return true;
    }

    /// <summary>Demands that a value is known when the module is built, not only when data comes.</summary>
    /// <param name="what">What needs it, with <paramref name="callee"/>.</param>
    /// <param name="found">The value as the message has it, where that is not its description.</param>
    public bool RequireKnown(Value value, Place place, string callee, string what, string? found = null)
    {
        if (value.Symbols().FirstOrDefault(symbol => symbol.Kind == SymbolKind.Data) is not { } data)
            return true;
        findings.Report(DiagnosticCatalogue.UnknownSize(place, callee, what, found ?? value.Describe(), data.Name)
            .WithHint(data.Origin?.SetAt is { } setter
                ? DiagnosticCatalogue.SetBy(setter)
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
