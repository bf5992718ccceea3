using System.Collections.Generic;
using KnDsl.Language.Values;

namespace KnDsl.Language.Operations.Contract;

/// <summary>An argument that an operation or a policy takes: its name, its kind, its range and its default, said once.</summary>
internal abstract class OperationParameter(string name, string summary)
{
    public string Name => name;

    public string Summary => summary;

    /// <summary>The default as the reference shows it; null where the argument must be given.</summary>
    public string? DefaultText { get; init; }

    public bool IsRequired => DefaultText is null;

    /// <summary>Words that it takes, besides what its kind takes.</summary>
    public IReadOnlyList<string>? Words { get; init; }

    /// <summary>The least value allowed.</summary>
    public double? Minimum { get; init; }

    /// <summary>The greatest value allowed.</summary>
    public double? Maximum { get; init; }

    /// <summary>Whether the value must be more than the minimum.</summary>
    public bool ExcludesMinimum { get; init; }

    /// <summary>Whether the value must be less than the maximum.</summary>
    public bool ExcludesMaximum { get; init; }

    /// <summary>Whether it takes all arguments by position, as torch's permute(0, 2, 3, 1) does.</summary>
    public bool IsVariadic { get; init; }

    /// <summary>
    /// Whether it is given by its name only: torch puts the input's channels first, so that torch's conv(3, 64, 7) would be read
    /// as 3 channels, a kernel of 64 and a stride of 7.
    /// </summary>
    public bool IsNameOnly { get; init; }

    /// <summary>Whether the file must say its value: shapes or the chain depend on it in ways that no formula tells.</summary>
    public bool IsKnownInFile { get; init; }

    /// <summary>The kind in words, without the words that it takes besides; null where it takes words only.</summary>
    protected abstract string? KindName { get; }

    /// <summary>Whether a value is of its kind; words apart.</summary>
    public abstract bool Accepts(Value value);

    /// <summary>Whether its numbers may have fractions.</summary>
    public virtual bool TakesFractions => false;

    /// <summary>The kind as a message names it.</summary>
    public string KindText
    {
        get
        {
            var words = Words is null ? null : string.Join(", ", Words);
            return KindName is null ? $"one of {words}" : words is null ? KindName : $"{KindName}, or {words}";
        }
    }

    /// <summary>Whether it takes not every number.</summary>
    public bool HasRange => Minimum is not null || Maximum is not null || RelationText is not null;

    /// <summary>The range as a message names it.</summary>
    public string RangeText => (Minimum, Maximum) switch
    {
        ({ } low, { } high) => $"in {(ExcludesMinimum ? "(" : "[")}{low}, {high}{(ExcludesMaximum ? ")" : "]")}",
        ({ } low, null) => ExcludesMinimum ? $"more than {low}" : $"at least {low}",
        (null, { } high) => ExcludesMaximum ? $"less than {high}" : $"at most {high}",
        _ => RelationText ?? "any number",
    };

    /// <summary>What the number must be to another one of the call, or null.</summary>
    protected virtual string? RelationText => null;

    /// <summary>Whether a number is in the range: no range has infinity in it.</summary>
    public bool Allows(double value) => !double.IsInfinity(value)
        && (Minimum is not { } low || (ExcludesMinimum ? value > low : value >= low))
        && (Maximum is not { } high || (ExcludesMaximum ? value < high : value <= high));

    /// <summary>The condition that a number is in the range.</summary>
    public Condition Range(Number value) => Condition.Join(true,
        Minimum is { } low
            ? Condition.Compare(ExcludesMinimum ? Comparison.Greater : Comparison.GreaterOrEqual, value, new NumberConstant(low))
            : Condition.True,
        Maximum is { } high
            ? Condition.Compare(ExcludesMaximum ? Comparison.Less : Comparison.LessOrEqual, value, new NumberConstant(high))
            : Condition.True);
}

/// <summary>A parameter whose argument is read as a <typeparamref name="T"/>.</summary>
internal abstract class OperationParameter<T>(string name, string summary) : OperationParameter(name, summary)
    where T : class
{
    /// <summary>What an operation reads where the argument is not given; null where there is no default that is a value.</summary>
    public T? Default { get; init; }

    /// <summary>The argument's value; null for a word that is taken instead of one.</summary>
    public abstract T? Read(Value value);
}
