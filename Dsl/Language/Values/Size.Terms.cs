using System;
using System.Collections.Generic;
using System.Linq;

namespace KnDsl.Language.Values;

/// <content>What a size is a sum of: terms, which are products of atoms.</content>
internal sealed partial class Size
{
    /// <summary>
    /// A size, a number or a condition of more parts than this is none of a network; used twice in each of some lines, one doubles with
    /// every line.
    /// </summary>
    public const int MaxWeight = 4096;

    /// <summary>The same of a product of sums, which is no deep tree.</summary>
    private const int MaxWeightOfProduct = 1 << 20;

    /// <summary>A bound, where it is known that there is one or none.</summary>
    private sealed record Limit(long? Value);

    /// <summary>The number of its parts, those inside of floors and conditions counted wherever they stand.</summary>
    public int Weight => (int)Math.Min(int.MaxValue / 8, 1 + WeightOfTerms);

    private long WeightOfTerms
    {
        get
        {
            var sum = 0L;
            foreach (var term in _terms)
                foreach (var atom in term.Atoms)
                    sum += atom.Weight;
            return sum;
        }
    }

    private static long WeightOfProduct(Size a, Size b) =>
        a.WeightOfTerms * (b._terms.Length + 1) + b.WeightOfTerms * (a._terms.Length + 1);

    /// <summary>The weight of what has these parts.</summary>
    /// <exception cref="OverflowException">It has too many.</exception>
    public static int Weigh(params int[] parts)
    {
        var sum = 1L;
        foreach (var part in parts)
            sum += part;
        return sum <= MaxWeight ? (int)sum : throw new OverflowException();
    }

    private static Size Collect(long constant, IReadOnlyCollection<Term> terms)
    {
        if (terms.Count == 1 && terms.First() is { Coefficient: not 0, Atoms.Length: > 0 } only)
            return new Size(constant, [Ordered(only)]);
        var byKey = new SortedDictionary<string, Term>(StringComparer.Ordinal);
        foreach (var term in terms)
        {
            if (term.Atoms.Length == 0)
            {
                constant = checked(constant + term.Coefficient);
                continue;
            }
            var ordered = Ordered(term);
            byKey[ordered.Key] = byKey.TryGetValue(ordered.Key, out var known)
                ? known.WithCoefficient(checked(known.Coefficient + ordered.Coefficient))
                : ordered;
        }
        var left = byKey.Values.Where(term => term.Coefficient != 0).ToArray();
        return left.Length == 0 ? Of(constant) : new Size(constant, left);
    }

    private static Term Ordered(Term term)
    {
        if (term.Atoms.Length == 1)
            return term;
        var atoms = (Atom[])term.Atoms.Clone();
        Array.Sort(atoms, static (a, b) => string.CompareOrdinal(a.Key, b.Key));
        return new Term(term.Coefficient, atoms);
    }

    /// <summary>The sum of two rows of terms. Each is in order already, so that one walk along both is enough.</summary>
    private static Size Merge(long constant, Term[] left, Term[] right)
    {
        var terms = new Term[left.Length + right.Length];
        var (count, i, j) = (0, 0, 0);
        while (i < left.Length || j < right.Length)
        {
            var order = i == left.Length ? 1 : j == right.Length ? -1 : string.CompareOrdinal(left[i].Key, right[j].Key);
            if (order != 0)
                terms[count++] = order < 0 ? left[i++] : right[j++];
            else if (checked(left[i].Coefficient + right[j].Coefficient) is var sum)
            {
                if (sum != 0)
                    terms[count++] = left[i].WithCoefficient(sum);
                (i, j) = (i + 1, j + 1);
            }
        }
        if (count == 0)
            return Of(constant);
        if (count < terms.Length)
            Array.Resize(ref terms, count);
        return new Size(constant, terms);
    }

    /// <summary>A product of atoms with a whole coefficient.</summary>
    public sealed class Term(long coefficient, Atom[] atoms)
    {
        private string? _key;

        public long Coefficient => coefficient;

        public Atom[] Atoms => atoms;

        /// <summary>The text of the product, by which terms are put in order.</summary>
        public string Key => _key ??= atoms.Length == 1 ? atoms[0].Key : string.Join("*", atoms.Select(atom => atom.Key));

        /// <summary>The same product with another coefficient.</summary>
        public Term WithCoefficient(long other) => other == coefficient ? this : new Term(other, atoms) { _key = _key };
    }

    /// <summary>A factor of a term.</summary>
    public abstract class Atom
    {
        public abstract string Key { get; }

        /// <summary>The number of its parts.</summary>
        public virtual int Weight => 1;

        public abstract IEnumerable<Symbol> Symbols();

        public abstract Size Substitute(Substitution substitution);

        public abstract long? Minimum();

        public abstract long? Maximum();

        /// <summary>Whether it contains a condition that is not decided.</summary>
        public virtual bool IsConditional => false;

        public override bool Equals(object? obj) => obj is Atom other && other.Key == Key;

        public override int GetHashCode() => Key.GetHashCode();
    }

    /// <summary>A symbol.</summary>
    public sealed class SymbolAtom(Symbol symbol) : Atom
    {
        public Symbol Symbol => symbol;

        public override string Key => symbol.Name;

        public override IEnumerable<Symbol> Symbols() => [symbol];

        public override Size Substitute(Substitution substitution) =>
            substitution.Find(symbol) is SizeValue value ? value.Size : Of(symbol);

        public override long? Minimum() => symbol.IsPositive ? 1 : null;

        public override long? Maximum() => null;

        public override string ToString() => symbol.Name;
    }

    /// <summary>The floor of a quotient that is not exact.</summary>
    public sealed class FloorAtom(Size numerator, Size denominator) : Atom
    {
        public Size Numerator => numerator;

        public Size Denominator => denominator;

        // Before the text, which would be as long.
        public override int Weight { get; } = Weigh(numerator.Weight, denominator.Weight);

        public override string Key { get; } = $"({numerator})/({denominator})";

        public override IEnumerable<Symbol> Symbols() => numerator.Symbols().Concat(denominator.Symbols());

        public override Size Substitute(Substitution substitution) =>
            FloorDivide(numerator.Substitute(substitution), denominator.Substitute(substitution));

        public override long? Minimum() => denominator.Value is { } by and > 0 && numerator.Minimum() is { } low
            ? Floor(low, by)
            : numerator.Minimum() >= 0 && denominator.Minimum() > 0 ? 0 : null;

        public override long? Maximum() => denominator.Value is { } by and > 0 && numerator.Maximum() is { } high ? Floor(high, by) : null;

        public override bool IsConditional => numerator.IsConditional || denominator.IsConditional;

        /// <summary>Whether nothing in it is negative: then the floor is the quotient rounded towards zero.</summary>
        public bool IsNonNegative => numerator.Minimum() >= 0 && denominator.Minimum() > 0;

        /// <summary>Whether the denominator is a number or a symbol, so that it needs no parentheses.</summary>
        public bool HasPlainDenominator => denominator.IsConstant || denominator.IsSymbol;

        public override string ToString() => With("/");

        /// <summary>Both parts with a sign between them.</summary>
        public string With(string sign) =>
            $"{(numerator.IsSum ? $"({numerator})" : numerator)}{sign}{(HasPlainDenominator ? denominator : $"({denominator})")}";
    }

    /// <summary>What a division leaves: how a sum with a floor is printed, never a part of a normal form.</summary>
    public sealed class RemainderAtom(FloorAtom quotient) : Atom
    {
        public FloorAtom Quotient => quotient;

        public override string Key => ToString();

        public override IEnumerable<Symbol> Symbols() => quotient.Symbols();

        public override Size Substitute(Substitution substitution) =>
            Modulo(quotient.Numerator.Substitute(substitution), quotient.Denominator.Substitute(substitution));

        public override long? Minimum() => quotient.Denominator.Minimum() > 0 ? 0 : null;

        public override long? Maximum() => quotient.Denominator.Maximum() - 1;

        public override string ToString() => quotient.With(" % ");
    }

    /// <summary>One of two sizes, as a condition decides.</summary>
    public sealed class ConditionalAtom(Condition condition, Size then, Size otherwise) : Atom
    {
        public Condition Condition => condition;

        public Size Then => then;

        public Size Else => otherwise;

        public override int Weight { get; } = Weigh(condition.Weight, then.Weight, otherwise.Weight);

        public override string Key { get; } = $"({then} if {condition} else {otherwise})";

        public override bool IsConditional => true;

        public override IEnumerable<Symbol> Symbols() => then.Symbols().Concat(otherwise.Symbols()).Concat(condition.Symbols());

        public override Size Substitute(Substitution substitution) =>
            Choose(condition.Substitute(substitution), then.Substitute(substitution), otherwise.Substitute(substitution));

        public override long? Minimum() =>
            (then.Minimum(), otherwise.Minimum()) is ({ } a, { } b) ? Math.Min(a, b) : null;

        public override long? Maximum() =>
            (then.Maximum(), otherwise.Maximum()) is ({ } a, { } b) ? Math.Max(a, b) : null;

        public override string ToString() => Key;
    }

    /// <summary>The largest of some sizes of tensors.</summary>
    public sealed class LargestAtom(IReadOnlyList<Size> sizes) : Atom
    {
        public IReadOnlyList<Size> Sizes => sizes;

        public override int Weight { get; } = Weigh([.. sizes.Select(size => size.Weight)]);

        public override string Key { get; } = $"max({string.Join(", ", sizes)})";

        public override bool IsConditional => sizes.Any(size => size.IsConditional);

        public override IEnumerable<Symbol> Symbols() => sizes.SelectMany(size => size.Symbols());

        public override Size Substitute(Substitution substitution) => Largest([.. sizes.Select(size => size.Substitute(substitution))]);

        public override long? Minimum() => Math.Max(1, sizes.Max(size => size.Minimum()) ?? 1);

        public override long? Maximum() => sizes.All(size => size.Maximum() is not null) ? sizes.Max(size => size.Maximum()) : null;

        public override string ToString() => Key;
    }
}
