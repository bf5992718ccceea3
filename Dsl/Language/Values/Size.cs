using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Text;

namespace KnDsl.Language.Values;

/// <summary>
/// A whole number that may contain symbols, in normal form: a sum of products of atoms with whole coefficients, where an
/// atom is a symbol, the floor of a quotient that is not exact, one of two sizes as a condition decides, or the largest of some
/// sizes. Two sizes are equal for all values of their symbols if
/// (and, without floors, only if) their normal forms are.
/// </summary>
internal sealed partial class Size : IEquatable<Size>
{
    private readonly Term[] _terms;
    private string? _text;
    private Symbol[]? _symbols;
    private Limit? _low, _high;

    private Size(long constant, Term[] terms)
    {
        Constant = constant;
        _terms = terms;
    }

    /// <summary>More terms than this are no size of a network; a product of sums would grow to any number of them.</summary>
    private const int MaxTerms = 4096;

    /// <summary>The same for the factors of a term.</summary>
    private const int MaxFactors = 64;

    /// <summary>Most numbers of a network are small, and most of its arithmetic is on them.</summary>
    private static readonly Size[] Small = [.. Enumerable.Range(Smallest, 1025 - Smallest).Select(value => new Size(value, []))];

    private const int Smallest = -64;

    public static readonly Size Zero = Of(0);
    public static readonly Size One = Of(1);

    /// <summary>The part without symbols.</summary>
    public long Constant { get; }

    /// <summary>Whether there are no symbols in it.</summary>
    public bool IsConstant => _terms.Length == 0;

    public long? Value => IsConstant ? Constant : null;

    public static Size Of(long value) =>
        value is >= Smallest and < 1025 ? Small[value - Smallest] : new Size(value, []);

    public static Size Of(Symbol symbol) => new(0, [new Term(1, [new SymbolAtom(symbol)])]);

    public static implicit operator Size(long value) => Of(value);

    public static Size operator +(Size a, Size b)
    {
        if (a.IsConstant && b.IsConstant)
            return Of(checked(a.Constant + b.Constant));
        if (b.IsConstant)
            return b.Constant == 0 ? a : new Size(checked(a.Constant + b.Constant), a._terms);
        if (a.IsConstant)
            return a.Constant == 0 ? b : new Size(checked(a.Constant + b.Constant), b._terms);
        return Merge(checked(a.Constant + b.Constant), a._terms, b._terms);
    }

    public static Size operator -(Size a) => Zero - a;

    public static Size operator -(Size a, Size b) =>
        a.IsConstant && b.IsConstant ? Of(checked(a.Constant - b.Constant)) : a + b * -1;

    public static Size operator *(Size a, Size b)
    {
        if (a.IsConstant && b.IsConstant)
            return Of(checked(a.Constant * b.Constant));
        if ((long)(a._terms.Length + 1) * (b._terms.Length + 1) > MaxTerms || WeightOfProduct(a, b) > MaxWeightOfProduct)
            throw new OverflowException();
        if (b.Value is { } factor)
            return a.Times(factor);
        if (a.Value is { } other)
            return b.Times(other);
        var terms = new List<Term>();
        foreach (var left in a.AllTerms())
            foreach (var right in b.AllTerms())
            {
                if (left.Atoms.Length + right.Atoms.Length > MaxFactors)
                    throw new OverflowException();
                terms.Add(new Term(checked(left.Coefficient * right.Coefficient), left.Atoms.Concat(right.Atoms).ToArray()));
            }
        return Collect(0, terms);
    }

    /// <summary>The same terms, in the same order, so many times.</summary>
    private Size Times(long factor) => factor switch
    {
        0 => Zero,
        1 => this,
        _ => new Size(checked(Constant * factor),
            Array.ConvertAll(_terms, term => term.WithCoefficient(checked(term.Coefficient * factor)))),
    };

    /// <summary>
    /// The floor of a / b, exact where it can be: terms that b divides leave the quotient, and the floor of a floor is one floor
    /// (floor((floor(n / a) + c) / b) = floor((n + c a) / (a b)) for positive a and b).
    /// </summary>
    public static Size FloorDivide(Size a, Size b)
    {
        if (b.IsConstant && b.Constant == 1)
            return a;
        if (a.Equals(b))
            return One;
        if (b.Value is not { } divisor || divisor <= 0)
            return b.Value < 0 ? FloorDivide(-a, -b) : b.DividesTerms(a) ?? Atomic(new FloorAtom(a, b));
        if (a.IsConstant)
            return Of(Floor(a.Constant, divisor));
        var outside = new List<Term>();
        var inside = new List<Term>();
        foreach (var term in a._terms)
        {
            // Split the coefficient, so that floor((5 n + 1) / 4) is n + floor((n + 1) / 4), whichever way it came about.
            var whole = Floor(term.Coefficient, divisor);
            var rest = term.Coefficient - whole * divisor;
            if (whole != 0)
                outside.Add(term.WithCoefficient(whole));
            if (rest != 0)
                inside.Add(term.WithCoefficient(rest));
        }
        var constant = Floor(a.Constant, divisor);
        if (inside.Count == 0)
            return Collect(constant, outside);
        var remainder = a.Constant - constant * divisor;
        Size quotient;
        if (inside.Count == 1 && inside[0] is { Coefficient: 1, Atoms.Length: 1 } only
            && only.Atoms[0] is FloorAtom { Denominator.Value: > 0 } inner)
            quotient = FloorDivide(inner.Numerator + inner.Denominator * remainder, inner.Denominator * divisor);
        else
            quotient = Atomic(new FloorAtom(Collect(remainder, inside), divisor));
        return Collect(constant, outside) + quotient;
    }

    /// <summary>The ceiling of a / b for positive b.</summary>
    public static Size CeilingDivide(Size a, Size b) => FloorDivide(a + b - One, b);

    /// <summary>The rest of the floor division.</summary>
    public static Size Modulo(Size a, Size b) => a - FloorDivide(a, b) * b;

    /// <summary>a / b where every term of a is a multiple of a symbolic b of one term, else null.</summary>
    private Size? DividesTerms(Size a)
    {
        if (Constant != 0 || _terms.Length != 1 || a.Constant != 0)
            return null;
        var by = _terms[0];
        var terms = new List<Term>();
        foreach (var term in a._terms)
        {
            var atoms = term.Atoms.ToList();
            if (term.Coefficient % by.Coefficient != 0 || !by.Atoms.All(atom => atoms.Remove(atom)))
                return null;
            terms.Add(new Term(term.Coefficient / by.Coefficient, atoms.ToArray()));
        }
        return Collect(0, terms);
    }

    /// <summary>The same with symbols replaced by sizes.</summary>
    public Size Substitute(IReadOnlyDictionary<Symbol, Size> values) =>
        IsConstant || values.Count == 0 ? this : Substitute(new Substitution(values));

    /// <summary>The same with what symbols stand for in their stead.</summary>
    public Size Substitute(Substitution substitution)
    {
        var result = Of(Constant);
        foreach (var term in _terms)
        {
            var product = Of(term.Coefficient);
            foreach (var atom in term.Atoms)
                product *= atom.Substitute(substitution);
            result += product;
        }
        return result;
    }

    /// <summary>The one size where the condition holds, the other where it does not.</summary>
    public static Size Choose(Condition condition, Size then, Size otherwise) => condition.Value is { } known ? known ? then : otherwise
        : then == otherwise ? then
        : Atomic(new ConditionalAtom(condition, then, otherwise));

    /// <summary>The largest of some sizes of tensors, which are at least 1.</summary>
    public static Size Largest(params Size[] sizes)
    {
        if (Array.TrueForAll(sizes, size => size == sizes[0]))
            return sizes[0];
        var all = sizes.SelectMany(size => size.SingleAtom is LargestAtom largest ? largest.Sizes : [size])
            .OrderBy(size => size.ToString(), StringComparer.Ordinal).ToList();
        // One that is never larger than another makes no difference; 1 never is.
        for (var i = all.Count - 1; i >= 0 && all.Count > 1; i--)
            if (all[i].Maximum() <= 1 || all.Where((_, j) => j != i).Any(other => (other - all[i]).Minimum() >= 0))
                all.RemoveAt(i);
        return all.Count == 1 ? all[0] : Atomic(new LargestAtom(all));
    }

    private Atom? SingleAtom => Constant == 0 && _terms.Length == 1 && _terms[0].Coefficient == 1 ? OnlyAtom : null;

    private Atom? OnlyAtom => _terms.Length == 1 && _terms[0].Atoms.Length == 1 ? _terms[0].Atoms[0] : null;

    /// <summary>Whether it contains a condition that is not decided.</summary>
    public bool IsConditional => _terms.SelectMany(term => term.Atoms).Any(atom => atom.IsConditional);

    /// <summary>The named symbols that it is computed from.</summary>
    public IEnumerable<Symbol> Leaves()
    {
        var symbols = SymbolList();
        return Array.TrueForAll(symbols, static symbol => symbol.IsLeaf)
            ? symbols
            : symbols.SelectMany(symbol => symbol.Leaves()).Distinct();
    }

    public IEnumerable<Symbol> Symbols() => SymbolList();

    /// <summary>The symbols, found once: every stage asks for those of the sizes that it passes on.</summary>
    private Symbol[] SymbolList() => _symbols ??= IsConstant ? []
        : OnlyAtom is SymbolAtom only ? [only.Symbol]
        : [.. _terms.SelectMany(term => term.Atoms).SelectMany(atom => atom.Symbols()).Distinct()];

    /// <summary>The least value over all positive symbols, or null where there is no bound.</summary>
    public long? Minimum() => IsConstant ? Constant : (_low ??= new Limit(Bound(false))).Value;

    /// <summary>The greatest value over all positive symbols, or null where there is no bound.</summary>
    public long? Maximum() => IsConstant ? Constant : (_high ??= new Limit(Bound(true))).Value;

    /// <summary>
    /// Whether a is certainly at most b: as bounds show it, or with a floor no more than its quotient, so that c / 2 is at most c.
    /// </summary>
    public static bool IsAtMost(Size a, Size b)
    {
        var difference = b - a;
        if (difference.Minimum() >= 0)
            return true;
        foreach (var term in difference._terms)
            if (term is { Coefficient: < 0, Atoms.Length: 1 } && term.Atoms[0] is FloorAtom { Denominator.Value: > 0 } floor)
                return IsAtMost(
                    floor.Numerator * -term.Coefficient, (difference - new Size(0, [term])) * floor.Denominator);
        return false;
    }

    private long? Bound(bool upper)
    {
        var sum = Constant;
        foreach (var term in _terms)
        {
            var towards = term.Coefficient > 0 == upper;
            long product = 1;
            foreach (var atom in term.Atoms)
            {
                // Atoms are at least 1 (symbols) or as low as their quotient; only products of non-negative ones are bounded here.
                if (towards ? atom.Maximum() is not { } high || atom.Minimum() is not >= 0 : atom.Minimum() is not { } low || low < 0)
                    return null;
                product = Saturate(product, (towards ? atom.Maximum() : atom.Minimum())!.Value);
            }
            sum += Saturate(term.Coefficient, product);
        }
        return sum;
    }

    /// <summary>Whether a program can compute it with its usual integers: the numbers in it have 31 bits.</summary>
    public bool IsBounded => IsSmall(Constant) && Array.TrueForAll(_terms, static term => IsSmall(term.Coefficient)
        && Array.TrueForAll(term.Atoms,
            static atom => atom is not FloorAtom floor || floor.Numerator.IsBounded && floor.Denominator.IsBounded));

    private static bool IsSmall(long number) => number is >= -int.MaxValue and <= int.MaxValue;

    private static long Saturate(long a, long b)
    {
        try
        {
            return checked(a * b);
        }
        catch (OverflowException)
        {
            return a > 0 == b > 0 ? long.MaxValue / 4 : long.MinValue / 4;
        }
    }

    /// <summary>
    /// If this size is 0 then the symbol has the value: solves for a symbol that stands alone with coefficient 1 or -1.
    /// </summary>
    public SizeFact? SolveForSymbol()
    {
        foreach (var term in _terms.Reverse())
            if (term is { Coefficient: 1 or -1, Atoms.Length: 1 } && term.Atoms[0] is SymbolAtom atom)
            {
                var rest = this - new Size(0, [term]);
                if (!rest.Symbols().Contains(atom.Symbol))
                    return new SizeFact(atom.Symbol, term.Coefficient == 1 ? -rest : rest);
            }
        return null;
    }

    /// <summary>
    /// The factor and the rest where the size is factor * symbol + rest and both are known once the network is built, so that
    /// the size tells the symbol; else null.
    /// </summary>
    public (Size Factor, Size Constant)? LinearIn(Symbol symbol)
    {
        Size factor = Zero, rest = Of(Constant);
        foreach (var term in _terms)
        {
            var others = term.Atoms.Where(atom => atom is not SymbolAtom single || !single.Symbol.Equals(symbol)).ToArray();
            if (others.Length == term.Atoms.Length)
                rest += new Size(0, [term]);
            else if (others.Length == term.Atoms.Length - 1)
                factor += Collect(0, [new Term(term.Coefficient, others)]);
            else
                return null;
        }
        return factor.Equals(Zero) || factor.Value < 0 || factor.Symbols().Concat(rest.Symbols())
            .Any(other => other.Kind == SymbolKind.Data || other.Equals(symbol))
            ? null
            : (factor, rest);
    }

    public bool Equals(Size? other)
    {
        if (other is null || Constant != other.Constant || _terms.Length != other._terms.Length)
            return false;
        if (ReferenceEquals(_terms, other._terms))
            return true;
        for (var i = 0; i < _terms.Length; i++)
        {
            var (a, b) = (_terms[i], other._terms[i]);
            if (a.Coefficient != b.Coefficient || a.Atoms.Length != b.Atoms.Length)
                return false;
            for (var j = 0; j < a.Atoms.Length; j++)
                if (!ReferenceEquals(a.Atoms[j], b.Atoms[j]) && a.Atoms[j].Key != b.Atoms[j].Key)
                    return false;
        }
        return true;
    }

    public override bool Equals(object? obj) => Equals(obj as Size);

    public override int GetHashCode() => IsConstant ? Constant.GetHashCode() : ToString().GetHashCode();

    public static bool operator ==(Size? a, Size? b) => a is null ? b is null : a.Equals(b);

    public static bool operator !=(Size? a, Size? b) => !(a == b);

    /// <summary>As a user would write it: <c>32*h</c>, <c>2*n + 1</c>, <c>(h - 1)/2 + 1</c>.</summary>
    public override string ToString() => _text ??= Print();

    /// <summary>The terms that contain symbols; with <see cref="Constant"/> they are the size.</summary>
    public IReadOnlyList<Term> Terms => _terms;

    private string Print()
    {
        if (IsConstant)
            return Constant.ToString(CultureInfo.InvariantCulture);
        var text = new StringBuilder();
        foreach (var term in Printed._terms)
        {
            var magnitude = Math.Abs(term.Coefficient);
            text.Append(text.Length == 0 ? term.Coefficient < 0 ? "-" : "" : term.Coefficient < 0 ? " - " : " + ");
            if (magnitude != 1)
                text.Append(magnitude.ToString(CultureInfo.InvariantCulture)).Append('*');
            // 3*(k/2) and (3*k)/2 are different sizes, and equality is that of the text.
            var binds = magnitude != 1 || term.Atoms.Length > 1 || term.Coefficient < 0;
            for (var i = 0; i < term.Atoms.Length; i++)
            {
                var atom = term.Atoms[i].ToString();
                text.Append(i == 0 ? "" : "*").Append(binds && term.Atoms[i] is FloorAtom or RemainderAtom ? $"({atom})" : atom);
            }
        }
        if (Printed.Constant is not 0 and var constant)
            text.Append(constant < 0 ? " - " : " + ").Append(Math.Abs(constant).ToString(CultureInfo.InvariantCulture));
        return text.ToString();
    }

    /// <summary>Whether it needs parentheses inside a product or quotient.</summary>
    public bool IsSum => _terms.Length + (Constant != 0 ? 1 : 0) > 1 || _terms.Length == 1 && _terms[0].Coefficient < 0;

    /// <summary>Whether it is a symbol and nothing else.</summary>
    public bool IsSymbol => SingleAtom is SymbolAtom;

    private IEnumerable<Term> AllTerms() => Constant == 0 ? _terms : _terms.Concat([new Term(Constant, [])]);

    private static Size Atomic(Atom atom) => new(0, [new Term(1, [atom])]);

    private static long Floor(long a, long b) => a >= 0 ? a / b : -((-a + b - 1) / b);
}
