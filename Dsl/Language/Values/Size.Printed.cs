using System;
using System.Collections.Generic;
using System.Linq;

namespace KnDsl.Language.Values;

/// <content>How a size is printed: <c>a - (a/b)*b</c> is what a division leaves.</content>
internal sealed partial class Size
{
    private Size? _printed;

    /// <summary>The size with remainders where its normal form has them, to be printed; for nothing else.</summary>
    public Size Printed => _printed ??= WithRemainders();

    private Size WithRemainders()
    {
        try
        {
            return FindRemainders();
        }
        catch (OverflowException)
        {
            // Numbers at the edge of what a size can hold are printed as they are.
            return this;
        }
    }

    private Size FindRemainders()
    {
        var rest = this;
        var remainders = new List<Term>();
        foreach (var floor in _terms.SelectMany(term => term.Atoms).OfType<FloorAtom>().Distinct().ToArray())
            if (rest.FactorOf(floor) is { } factor
                && rest - (floor.Numerator - floor.Denominator * Atomic(floor)) * factor is var without
                && without.Length + 1 < rest.Length)
            {
                rest = without;
                remainders.Add(new Term(factor, [new RemainderAtom(floor)]));
            }
        return remainders.Count == 0 ? this : new Size(rest.Constant, [.. rest._terms, .. remainders]);
    }

    /// <summary>Of how many parts it is the sum.</summary>
    private int Length => _terms.Length + (Constant != 0 ? 1 : 0);

    /// <summary>How often the size may contain the remainder of a division, as the first term with its floor says.</summary>
    private long? FactorOf(FloorAtom floor)
    {
        if (_terms.FirstOrDefault(term => term.Atoms.Contains(floor)) is not { } term)
            return null;
        var others = string.Join("*", term.Atoms.Where(atom => !atom.Equals(floor)).Select(atom => atom.Key));
        var divisor = floor.Denominator.AllTerms().FirstOrDefault(part => part.Atoms.Length == 0 ? others.Length == 0 : part.Key == others);
        return divisor is null || term.Coefficient % divisor.Coefficient != 0 ? null : -term.Coefficient / divisor.Coefficient;
    }
}
