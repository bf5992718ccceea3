using System.Collections.Generic;
using System.Globalization;
using System.Linq;

namespace KnDsl.Language.Values;

/// <summary>The operators between numbers.</summary>
internal enum Arithmetic
{
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
}

/// <summary>A number with a fraction, as an immutable tree that knows the symbols it reads. Its text is that of a .knnet file.</summary>
internal abstract record Number
{
    public static readonly Number Zero = new NumberConstant(0);

    /// <summary>The number, where it is known.</summary>
    public virtual double? Value => null;

    /// <summary>The number of its parts: see <see cref="Size.MaxWeight"/>.</summary>
    public virtual int Weight => 1;

    /// <summary>The named symbols that the number is computed from.</summary>
    public abstract IEnumerable<Symbol> Symbols();

    /// <summary>The same with what symbols stand for in their stead.</summary>
    public abstract Number Substitute(Substitution substitution);

    /// <summary>A whole number as a number: a constant where it is known.</summary>
    public static Number Of(Size size) => size.Value is { } whole ? new NumberConstant(whole) : new WholeNumber(size);

    /// <summary>The negative; a constant where the number is known.</summary>
    public static Number Negate(Number number) => number.Value is { } known ? new NumberConstant(-known) : new NumberNegation(number);

    /// <summary>The result of an operator; a constant where both sides are known.</summary>
    public static Number Combine(Arithmetic operation, Number left, Number right)
    {
        if ((left.Value, right.Value) is not ({ } a, { } b))
            return new NumberOperation(operation, left, right);
        return new NumberConstant(operation switch
        {
            Arithmetic.Add => a + b,
            Arithmetic.Subtract => a - b,
            Arithmetic.Multiply => a * b,
            Arithmetic.Divide => a / b,
            _ => a - System.Math.Floor(a / b) * b,
        });
    }

    /// <summary>A known number as a file would have it: with a point or an exponent.</summary>
    public static string Format(double value)
    {
        var text = value.ToString("R", CultureInfo.InvariantCulture);
        return text.IndexOfAny(['.', 'E', 'e']) < 0 ? text + ".0" : text;
    }
}

/// <summary>A number that is known.</summary>
internal sealed record NumberConstant(double Known) : Number
{
    public override double? Value => Known;

    public override IEnumerable<Symbol> Symbols() => [];

    public override Number Substitute(Substitution substitution) => this;

    public override string ToString() => Format(Known);
}

/// <summary>A parameter of type float, or an item of a list of them.</summary>
internal sealed record NumberSymbol(Symbol Symbol) : Number
{
    public override IEnumerable<Symbol> Symbols() => Symbol.Leaves();

    public override Number Substitute(Substitution substitution) =>
        substitution.Find(Symbol) is (SizeValue or FloatValue) and var value ? FloatValue.Of(value).Number : this;

    public override string ToString() => Symbol.Name;
}

/// <summary>A whole number that is not known.</summary>
internal sealed record WholeNumber(Size Size) : Number
{
    public override int Weight => Size.Weight;

    public override IEnumerable<Symbol> Symbols() => Size.Leaves();

    public override Number Substitute(Substitution substitution) => Of(Size.Substitute(substitution));

    public override string ToString() => Size.ToString();
}

/// <summary>A number with its sign changed.</summary>
internal sealed record NumberNegation(Number Operand) : Number
{
    public override int Weight { get; } = Size.Weigh(Operand.Weight);

    public override IEnumerable<Symbol> Symbols() => Operand.Symbols();

    public override Number Substitute(Substitution substitution) => Negate(Operand.Substitute(substitution));

    public override string ToString() => $"-({Operand})";
}

/// <summary>Two numbers under an operator.</summary>
internal sealed record NumberOperation(Arithmetic Operation, Number Left, Number Right) : Number
{
    public override int Weight { get; } = Size.Weigh(Left.Weight, Right.Weight);

    public override IEnumerable<Symbol> Symbols() => Left.Symbols().Concat(Right.Symbols());

    public string Operator => Operation switch
    {
        Arithmetic.Add => "+",
        Arithmetic.Subtract => "-",
        Arithmetic.Multiply => "*",
        Arithmetic.Divide => "/",
        _ => "%",
    };

    public override Number Substitute(Substitution substitution) =>
        Combine(Operation, Left.Substitute(substitution), Right.Substitute(substitution));

    public override string ToString() => $"({Left} {Operator} {Right})";
}

/// <summary>One of several numbers, at a place that a loop counts.</summary>
internal sealed record NumberChoice(IReadOnlyList<Number> Items, Size Index) : Number
{
    public override int Weight { get; } = Size.Weigh([Index.Weight, .. Items.Select(item => item.Weight)]);

    public override IEnumerable<Symbol> Symbols() => Items.SelectMany(item => item.Symbols()).Concat(Index.Leaves());

    public override Number Substitute(Substitution substitution)
    {
        var (items, index) = (Items.Select(item => item.Substitute(substitution)).ToArray(), Index.Substitute(substitution));
        return index.Value is { } place and >= 0 && place < items.Length ? items[place] : new NumberChoice(items, index);
    }

    public override string ToString() => $"[{string.Join(", ", Items)}][{Index}]";
}
