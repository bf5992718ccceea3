using System.Linq;
using KnDsl.Language.Values;

namespace KnDsl.Language.Operations.Contract;

/// <summary>Hints for sizes that disagree.</summary>
internal static class Sizing
{
    /// <summary>Says by what a known number can be divided.</summary>
    public static string? DivisorsOf(Size size)
    {
        if (size.Value is not ({ } number and > 0 and <= 65_536))
            return null;
        var divisors = Enumerable.Range(1, (int)number).Where(divisor => number % divisor == 0).ToArray();
        return divisors.Length == 1 ? $"Only 1 divides {number}."
            : $"{number} can be divided by {string.Join(", ", divisors.Take(divisors.Length - 1).Take(8))} and "
                + $"{(divisors.Length > 9 ? "others" : $"{number}")}.";
    }

    /// <summary>Says how to make sizes with symbols provably equal, where only a floor makes them differ.</summary>
    public static string? Hint(Size a, Size b)
    {
        var symbol = a.Symbols().Concat(b.Symbols()).FirstOrDefault(candidate => candidate.Kind == SymbolKind.Data);
        return symbol is not null && (a.ToString().Contains("/") || b.ToString().Contains("/"))
            ? $"They are equal only for some '{symbol.Name}'; declare the input as a multiple, such as 32*{symbol.Name}."
            : null;
    }
}
