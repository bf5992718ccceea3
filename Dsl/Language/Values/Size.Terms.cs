using System.Collections.Generic;
using System.Linq;

namespace KnDsl.Language.Values;

/// <content>What a size is a sum of: terms, which are products of atoms.</content>
internal sealed partial class Size
{
    /// <summary>A product of atoms with a whole coefficient.</summary>
    public sealed record Term(long Coefficient, Atom[] Atoms)
    {
        public string Key => Atoms.Length == 1 ? Atoms[0].Key : string.Join("*", Atoms.Select(atom => atom.Key));
    }

    /// <summary>A factor of a term.</summary>
    public abstract class Atom
    {
        public abstract string Key { get; }

        public abstract IEnumerable<Symbol> Symbols();

        public abstract Size Substitute(IReadOnlyDictionary<Symbol, Size> values);

        public abstract long? Minimum();

        public abstract long? Maximum();

        public override bool Equals(object? obj) => obj is Atom other && other.Key == Key;

        public override int GetHashCode() => Key.GetHashCode();
    }

    /// <summary>A symbol.</summary>
    public sealed class SymbolAtom(Symbol symbol) : Atom
    {
        public Symbol Symbol => symbol;

        public override string Key => symbol.Name;

        public override IEnumerable<Symbol> Symbols() => [symbol];

        public override Size Substitute(IReadOnlyDictionary<Symbol, Size> values) =>
            values.TryGetValue(symbol, out var value) ? value : Of(symbol);

        public override long? Minimum() => symbol.IsPositive ? 1 : null;

        public override long? Maximum() => null;

        public override string ToString() => symbol.Name;
    }

    /// <summary>The floor of a quotient that is not exact.</summary>
    public sealed class FloorAtom(Size numerator, Size denominator) : Atom
    {
        public Size Numerator => numerator;

        public Size Denominator => denominator;

        public override string Key { get; } = $"({numerator})/({denominator})";

        public override IEnumerable<Symbol> Symbols() => numerator.Symbols().Concat(denominator.Symbols());

        public override Size Substitute(IReadOnlyDictionary<Symbol, Size> values) =>
            FloorDivide(numerator.Substitute(values), denominator.Substitute(values));

        public override long? Minimum() => denominator.Value is { } by and > 0 && numerator.Minimum() is { } low
            ? Floor(low, by)
            : numerator.Minimum() >= 0 && denominator.Minimum() > 0 ? 0 : null;

        public override long? Maximum() => denominator.Value is { } by and > 0 && numerator.Maximum() is { } high ? Floor(high, by) : null;

        /// <summary>Whether nothing in it is negative: then the floor is the quotient rounded towards zero.</summary>
        public bool IsNonNegative => numerator.Minimum() >= 0 && denominator.Minimum() > 0;

        /// <summary>Whether the denominator is a number or a symbol, so that it needs no parentheses.</summary>
        public bool HasPlainDenominator => denominator.IsConstant || denominator.IsSymbol;

        public override string ToString() =>
            $"{(numerator.IsSum ? $"({numerator})" : numerator)}/{(HasPlainDenominator ? denominator : $"({denominator})")}";
    }
}
