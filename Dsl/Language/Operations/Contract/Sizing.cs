using System.Collections.Generic;
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

    /// <summary>Multiples that a hint suggests at most; the strides of networks multiply to 64 at most.</summary>
    private const int MaxMultiple = 64;

    /// <summary>
    /// Says for which sizes of the data two sizes with symbols are equal, where only a floor makes them differ; null where none does.
    /// </summary>
    /// <param name="what">What holds for these sizes.</param>
    /// <param name="otherwise">What to do where no multiple helps.</param>
    public static string? Hint(Size a, Size b, string what = "They are equal",
        string? otherwise = "No multiple for the input makes them equal: give both the same strides, or cut one with slice.")
    {
        var difference = a - b;
        if (!difference.Terms.Any(term => term.Atoms.Any(atom => atom is Size.FloorAtom)))
            return null;
        foreach (var symbol in difference.Symbols().Where(symbol => symbol.Kind == SymbolKind.Data))
            for (var multiple = 2; multiple <= MaxMultiple; multiple++)
                // Rests other than 0 and 1 make sizes that nobody has.
                for (var rest = 0; rest <= 1; rest++)
                {
                    var size = Size.Of(symbol) * multiple + rest;
                    if (difference.Substitute(new Dictionary<Symbol, Size> { [symbol] = size }) == Size.Zero)
                        return $"{what} where '{symbol.Name}' is {(rest == 0 ? $"a multiple of {multiple}" : $"{size}")}: "
                            + $"write {size} for {symbol.Name} in the input.";
                }
        return difference.Symbols().Any(symbol => symbol.Kind == SymbolKind.Data) ? otherwise : null;
    }

    /// <summary>What to do where a module would be built for the batch.</summary>
    public static string NoBatch(string callee, string batch) => callee == "learned"
        ? "A learned tensor has no batch: write 1."
        : $"'{batch}' is the batch: no module is built for it.";

    /// <summary>What to do where a value that was a learned tensor does not fit, or null.</summary>
    public static string? HintForLearned(IEnumerable<TensorValue> values) =>
        values.Select(value => value.LearnedUntil).FirstOrDefault(operation => operation is not null) is { } ended
            ? $"'{ended}' made a learned tensor an ordinary value, whose first dimension is the batch; only operators, activations, "
                + "softmax and what rearranges or divides it keep it learned. Declare it with the sizes that are needed."
            : null;
}
