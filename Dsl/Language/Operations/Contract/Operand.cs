using System.Collections.Generic;
using System.Linq;
using KnDsl.Language.Values;

namespace KnDsl.Language.Operations.Contract;

/// <summary>
/// An argument of a computation or a construction, as data: what it is, not how any language writes it. Functions, methods and
/// their arguments have PyTorch's names.
/// </summary>
internal abstract record Operand
{
    /// <summary>The operands that this one is made of.</summary>
    public virtual IReadOnlyList<Operand> Parts => [];

    /// <summary>The named symbols that it is computed from.</summary>
    public virtual IEnumerable<Symbol> Symbols() => [];

    /// <summary>The sizes that it is.</summary>
    public virtual IReadOnlyList<Size> OwnSizes => [];

    public static implicit operator Operand(Size size) => new SizeOperand(size);

    public static implicit operator Operand(long number) => new SizeOperand(number);

    public static implicit operator Operand(Number number) => new NumberOperand(number);

    public static implicit operator Operand(Condition condition) => new FlagOperand(condition);
}

/// <summary>A value that the operation takes; in a <see cref="FunctionOperand"/> the value of the function.</summary>
internal sealed record InputOperand(int Index) : Operand;

/// <summary>The operation's module.</summary>
internal sealed record ModuleOperand : Operand;

/// <summary>A whole number.</summary>
internal sealed record SizeOperand(Size Size) : Operand
{
    public override IReadOnlyList<Size> OwnSizes => [Size];

    public override IEnumerable<Symbol> Symbols() => Size.Leaves();
}

/// <summary>A list of whole numbers.</summary>
internal sealed record SizesOperand(IReadOnlyList<Size> Sizes) : Operand
{
    public override IReadOnlyList<Size> OwnSizes => Sizes;

    public override IEnumerable<Symbol> Symbols() => Sizes.SelectMany(size => size.Leaves());
}

/// <summary>A list of whole numbers that the constructor gets.</summary>
internal sealed record GivenListOperand(ListParameterValue List) : Operand
{
    public override IEnumerable<Symbol> Symbols() => List.Symbols();
}

/// <summary>One whole number for each spatial dimension.</summary>
/// <param name="IsCompact">Whether one number may stand for all of them, which are equal then.</param>
internal sealed record SpatialOperand(IReadOnlyList<Size> Sizes, bool IsCompact) : Operand
{
    public override IReadOnlyList<Size> OwnSizes => Sizes;

    public override IEnumerable<Symbol> Symbols() => Sizes.SelectMany(size => size.Leaves());
}

/// <summary>A number.</summary>
internal sealed record NumberOperand(Number Number) : Operand
{
    public override IEnumerable<Symbol> Symbols() => Number.Symbols();
}

/// <summary>True or false.</summary>
internal sealed record FlagOperand(Condition Condition) : Operand
{
    public override IEnumerable<Symbol> Symbols() => Condition.Symbols();
}

/// <summary>The sets of words that arguments of torch are chosen from.</summary>
internal enum WordSet
{
    Padding,
    PaddingMode,
    InterpolationMode,
}

/// <summary>A word out of a set.</summary>
internal sealed record WordOperand(WordSet Set, string Word) : Operand;

/// <summary>A normalization policy.</summary>
internal sealed record PolicyOperand(Policy Policy) : Operand
{
    public override IEnumerable<Symbol> Symbols() => Policy.Symbols();
}

/// <summary>A size of an input, as the data has it.</summary>
internal sealed record DimensionOperand(int Input, int Axis) : Operand;

/// <summary>The sizes after the channels of an input, as the data has them.</summary>
internal sealed record SpatialSizesOperand(int Input) : Operand;

/// <summary>Whether the module is in training mode.</summary>
internal sealed record TrainingOperand : Operand;

/// <summary>A number in training mode, and 0 in inference.</summary>
internal sealed record WhileTrainingOperand(Number Number) : Operand
{
    public override IEnumerable<Symbol> Symbols() => Number.Symbols();
}

/// <summary>A list of operands.</summary>
internal sealed record ListOperand(IReadOnlyList<Operand> Items) : Operand
{
    public override IReadOnlyList<Operand> Parts => Items;

    public override IEnumerable<Symbol> Symbols() => Items.SelectMany(item => item.Symbols());
}

/// <summary>A function of one value.</summary>
internal sealed record FunctionOperand(Computation Body) : Operand
{
    public override IReadOnlyList<Operand> Parts => [Body];

    public override IEnumerable<Symbol> Symbols() => Body.Symbols();
}

/// <summary>An operand, by position or by a name.</summary>
internal readonly record struct NamedOperand(string? Name, Operand Value)
{
    public static implicit operator NamedOperand(Operand value) => new(null, value);

    public static implicit operator NamedOperand(Size size) => new(null, size);

    public static implicit operator NamedOperand(long number) => new(null, number);

    public static implicit operator NamedOperand(Number number) => new(null, number);

    public static implicit operator NamedOperand(Condition condition) => new(null, condition);
}
