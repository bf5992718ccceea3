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
internal sealed class Requirements(Subject subject, Findings findings)
{
    /// <summary>
    /// Whether two sizes are equal. Where only arguments decide it, a check for the constructor is planned; where only data
    /// decides it, it is refused, since no check could come before the data does.
    /// </summary>
    public bool RequireEqual(BodyPath path, Size left, Size right, Func<Diagnostic> diagnostic)
    {
        left = left.Substitute(path.Assumptions);
        right = right.Substitute(path.Assumptions);
        if (left == right)
            return true;
        var difference = left - right;
        var symbols = difference.Symbols().ToArray();
        var never = difference.IsConstant || difference.Minimum() > 0 || difference.Maximum() < 0;
        if (never || symbols.Any(symbol => symbol.Kind == SymbolKind.Data) && !subject.IsGeneric)
        {
            findings.Report(diagnostic());
            return false;
        }
        if (subject.IsGeneric && symbols.All(symbol => symbol.Kind == SymbolKind.Construction))
            path.Items.Add(new EqualityCheck(left, right, diagnostic()));
        return true;
    }

    /// <summary>Plans a check that a number is at least some other, unless that is certain.</summary>
    public void RequireAtLeast(BodyPath path, Size size, long minimum, Func<Diagnostic> diagnostic)
    {
        if (subject.IsGeneric && !(size.Minimum() >= minimum))
            PlanCheck(path, new SizeComparison(Comparison.GreaterOrEqual, size, minimum), size, diagnostic);
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
        if (condition.Value == false)
        {
            findings.Report(diagnostic());
            return false;
        }
        if (subject.IsGeneric && condition.Value is null
            && size.Symbols().Concat(limits.SelectMany(limit => limit.Symbols())).All(symbol => symbol.Kind == SymbolKind.Construction))
            PlanCheck(path, condition, size, diagnostic);
        return true;
    }

    /// <summary>Plans a check, unless the same is planned already: of a parameter that ten stages have, one is enough.</summary>
    private static void PlanCheck(BodyPath path, Condition condition, Size size, Func<Diagnostic> diagnostic)
    {
        foreach (var item in path.ItemsOutwards())
            if (item is LimitCheck check && check.Condition == condition)
                return;
        path.Items.Add(new LimitCheck(condition, size, diagnostic()));
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
            .WithHint("Declare the input with a number or a parameter there."));
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
