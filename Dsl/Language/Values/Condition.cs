using System.Collections.Generic;
using System.Linq;

namespace KnDsl.Language.Values;

/// <summary>The comparisons of numbers.</summary>
internal enum Comparison
{
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// <summary>A symbol's value that follows from a condition.</summary>
internal readonly record struct SizeFact(Symbol Symbol, Size Value);

/// <summary>
/// A truth value, as an immutable tree that knows the symbols it reads and what follows for them. A condition that can be decided
/// is always a <see cref="ConditionConstant"/>: the factories here see to it. Its text is that of a .knnet file.
/// </summary>
internal abstract record Condition
{
    public static readonly Condition True = new ConditionConstant(true);
    public static readonly Condition False = new ConditionConstant(false);

    /// <summary>Whether it holds, where that can be decided.</summary>
    public virtual bool? Value => null;

    /// <summary>The number of its parts: see <see cref="Size.MaxWeight"/>.</summary>
    public virtual int Weight => 1;

    /// <summary>The named symbols that decide it.</summary>
    public abstract IEnumerable<Symbol> Symbols();

    /// <summary>The same with what symbols stand for in their stead.</summary>
    public abstract Condition Substitute(Substitution substitution);

    /// <summary>What is known of symbols where it holds.</summary>
    public virtual IEnumerable<SizeFact> WhenTrue() => [];

    /// <summary>What is known of symbols where it does not hold.</summary>
    public virtual IEnumerable<SizeFact> WhenFalse() => [];

    public static Condition Of(bool value) => value ? True : False;

    public static Condition Not(Condition condition) => condition switch
    {
        ConditionConstant constant => Of(!constant.Known),
        ConditionNegation negation => negation.Operand,
        _ => new ConditionNegation(condition),
    };

    /// <summary>Both, or one of both. A side that makes no difference is left out.</summary>
    public static Condition Join(bool isAnd, Condition left, Condition right) =>
        left.Value == !isAnd || right.Value == !isAnd ? Of(!isAnd)
        : left.Value is not null ? right
        : right.Value is not null ? left
        : new ConditionJunction(isAnd, left, right);

    /// <summary>Whether two conditions are both true or both false, or whether they are not.</summary>
    public static Condition Same(bool isEqual, Condition left, Condition right) => (left.Value, right.Value) is ({ } a, { } b)
        ? Of(a == b == isEqual)
        : new ConditionEquality(isEqual, left, right);

    public static Condition Compare(Comparison comparison, Size left, Size right)
    {
        var difference = left - right;
        var (low, high) = (difference.Minimum(), difference.Maximum());
        bool? decided = comparison switch
        {
            Comparison.Equal => left == right ? true : low > 0 || high < 0 ? false : null,
            Comparison.NotEqual => left == right ? false : low > 0 || high < 0 ? true : null,
            Comparison.Less => high < 0 ? true : low >= 0 ? false : null,
            Comparison.LessOrEqual => high <= 0 ? true : low > 0 ? false : null,
            Comparison.Greater => low > 0 ? true : high <= 0 ? false : null,
            _ => low >= 0 ? true : high < 0 ? false : null,
        };
        return decided is { } known ? Of(known) : new SizeComparison(comparison, left, right);
    }

    public static Condition Compare(Comparison comparison, Number left, Number right)
    {
        if ((left.Value, right.Value) is not ({ } a, { } b))
            return new NumberComparison(comparison, left, right);
        return Of(comparison switch
        {
            Comparison.Equal => a == b,
            Comparison.NotEqual => a != b,
            Comparison.Less => a < b,
            Comparison.LessOrEqual => a <= b,
            Comparison.Greater => a > b,
            _ => a >= b,
        });
    }

    /// <summary>The comparison as files and C# alike write it.</summary>
    public static string Text(Comparison comparison) => comparison switch
    {
        Comparison.Equal => "==",
        Comparison.NotEqual => "!=",
        Comparison.Less => "<",
        Comparison.LessOrEqual => "<=",
        Comparison.Greater => ">",
        _ => ">=",
    };
}

/// <summary>A condition that is decided.</summary>
internal sealed record ConditionConstant(bool Known) : Condition
{
    public override bool? Value => Known;

    public override IEnumerable<Symbol> Symbols() => [];

    public override Condition Substitute(Substitution substitution) => this;

    public override string ToString() => Known ? "true" : "false";
}

/// <summary>A parameter of type bool.</summary>
internal sealed record ConditionSymbol(Symbol Symbol) : Condition
{
    public override IEnumerable<Symbol> Symbols() => Symbol.Leaves();

    public override Condition Substitute(Substitution substitution) =>
        substitution.Find(Symbol) is BoolValue value ? value.Condition : this;

    public override string ToString() => Symbol.Name;
}

/// <summary>Two sizes compared.</summary>
internal sealed record SizeComparison(Comparison Comparison, Size Left, Size Right) : Condition
{
    public override int Weight => Left.Weight + Right.Weight;

    public override IEnumerable<Symbol> Symbols() => Left.Leaves().Concat(Right.Leaves());

    public override IEnumerable<SizeFact> WhenTrue() => Comparison == Comparison.Equal ? Solution() : [];

    public override IEnumerable<SizeFact> WhenFalse() => Comparison == Comparison.NotEqual ? Solution() : [];

    private IEnumerable<SizeFact> Solution() => (Left - Right).SolveForSymbol() is { } solution ? [solution] : [];

    public override Condition Substitute(Substitution substitution) =>
        Compare(Comparison, Left.Substitute(substitution), Right.Substitute(substitution));

    public override string ToString() => $"{Left} {Text(Comparison)} {Right}";
}

/// <summary>Two numbers compared.</summary>
internal sealed record NumberComparison(Comparison Comparison, Number Left, Number Right) : Condition
{
    public override int Weight => Left.Weight + Right.Weight;

    public override IEnumerable<Symbol> Symbols() => Left.Symbols().Concat(Right.Symbols());

    public override Condition Substitute(Substitution substitution) =>
        Compare(Comparison, Left.Substitute(substitution), Right.Substitute(substitution));

    public override string ToString() => $"{Left} {Text(Comparison)} {Right}";
}

/// <summary>The opposite of a condition.</summary>
internal sealed record ConditionNegation(Condition Operand) : Condition
{
    public override int Weight => Operand.Weight;

    public override IEnumerable<Symbol> Symbols() => Operand.Symbols();

    public override IEnumerable<SizeFact> WhenTrue() => Operand.WhenFalse();

    public override IEnumerable<SizeFact> WhenFalse() => Operand.WhenTrue();

    public override Condition Substitute(Substitution substitution) => Not(Operand.Substitute(substitution));

    public override string ToString() => $"not ({Operand})";
}

/// <summary>Two conditions of which both must hold, or one.</summary>
internal sealed record ConditionJunction(bool IsAnd, Condition Left, Condition Right) : Condition
{
    public override int Weight { get; } = Size.Weigh(Left.Weight, Right.Weight);

    public override IEnumerable<Symbol> Symbols() => Left.Symbols().Concat(Right.Symbols());

    public override IEnumerable<SizeFact> WhenTrue() => IsAnd ? Left.WhenTrue().Concat(Right.WhenTrue()) : [];

    public override IEnumerable<SizeFact> WhenFalse() => IsAnd ? [] : Left.WhenFalse().Concat(Right.WhenFalse());

    public override Condition Substitute(Substitution substitution) =>
        Join(IsAnd, Left.Substitute(substitution), Right.Substitute(substitution));

    public override string ToString() => $"({Left} {(IsAnd ? "and" : "or")} {Right})";
}

/// <summary>Whether two conditions are both true or both false, or whether they are not.</summary>
internal sealed record ConditionEquality(bool IsEqual, Condition Left, Condition Right) : Condition
{
    public override int Weight { get; } = Size.Weigh(Left.Weight, Right.Weight);

    public override IEnumerable<Symbol> Symbols() => Left.Symbols().Concat(Right.Symbols());

    public override Condition Substitute(Substitution substitution) =>
        Same(IsEqual, Left.Substitute(substitution), Right.Substitute(substitution));

    public override string ToString() => $"({Left}) {(IsEqual ? "==" : "!=")} ({Right})";
}

/// <summary>One of several conditions, at a place that a loop counts.</summary>
internal sealed record ConditionChoice(IReadOnlyList<Condition> Items, Size Index) : Condition
{
    public override int Weight { get; } = Size.Weigh([Index.Weight, .. Items.Select(item => item.Weight)]);

    public override IEnumerable<Symbol> Symbols() => Items.SelectMany(item => item.Symbols()).Concat(Index.Leaves());

    public override Condition Substitute(Substitution substitution)
    {
        var (items, index) = (Items.Select(item => item.Substitute(substitution)).ToArray(), Index.Substitute(substitution));
        return index.Value is { } place and >= 0 && place < items.Length ? items[place] : new ConditionChoice(items, index);
    }

    public override string ToString() => $"[{string.Join(", ", Items)}][{Index}]";
}
