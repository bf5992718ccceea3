using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using KnDsl.Language.Values;

namespace KnDsl.Language.Operations.Contract;

/// <summary>A whole number.</summary>
internal sealed class IntegerParameter : OperationParameter<Size>
{
    public IntegerParameter(string name, string summary, long? otherwise = null)
        : base(name, summary)
    {
        Default = otherwise is { } known ? Size.Of(known) : null;
        DefaultText = Default?.ToString();
    }

    /// <summary>Another number of the same call that this one must not be less than.</summary>
    public IntegerParameter? AtLeast { get; init; }

    protected override string KindName => "a whole number";

    protected override string? RelationText => AtLeast is null ? null : $"at least {AtLeast.Name}";

    public override bool Accepts(Value value) => value is SizeValue;

    public override Size? Read(Value value) => (value as SizeValue)?.Size;
}

/// <summary>One whole number for all spatial dimensions, or a list with one for each.</summary>
internal sealed class SpatialParameter : OperationParameter
{
    public SpatialParameter(string name, string summary, long? otherwise = null)
        : base(name, summary)
    {
        Default = otherwise is { } known ? Size.Of(known) : null;
        DefaultText = Default?.ToString();
    }

    /// <summary>The number of every dimension where the argument is not given.</summary>
    public Size? Default { get; }

    protected override string KindName => "a whole number or a list with one for each spatial dimension";

    public override bool Accepts(Value value) =>
        value is SizeValue or ListParameterValue { IsFloat: false } || value is ListValue list && list.Items.All(item => item is SizeValue);
}

/// <summary>A list of whole numbers.</summary>
internal sealed class ListParameter(string name, string summary) : OperationParameter<IReadOnlyList<Size>>(name, summary)
{
    /// <summary>Whether it takes a list of which only the constructor knows the items.</summary>
    public bool TakesGiven { get; init; }

    protected override string KindName => "a list of whole numbers";

    public override bool Accepts(Value value) => value is ListValue list && list.Items.All(item => item is SizeValue)
        || TakesGiven && value is ListParameterValue { IsFloat: false };

    public override IReadOnlyList<Size>? Read(Value value) => (value as ListValue)?.Items.Select(item => ((SizeValue)item).Size).ToArray();
}

/// <summary>Whole numbers for each side or dimension.</summary>
/// <param name="IsOne">Whether one number was given for all.</param>
internal sealed record Amounts(IReadOnlyList<Size> Sizes, bool IsOne);

/// <summary>One whole number, or a list with one for each side or dimension.</summary>
internal sealed class AmountsParameter : OperationParameter<Amounts>
{
    public AmountsParameter(string name, string summary, long? otherwise = null)
        : base(name, summary)
    {
        Default = otherwise is { } known ? new Amounts([known], true) : null;
        DefaultText = otherwise?.ToString(CultureInfo.InvariantCulture);
    }

    /// <summary>What each number of a list is for, as a message names it.</summary>
    public string Each { get; init; } = "side";

    protected override string KindName => $"a whole number or a list with one for each {Each}";

    public override bool Accepts(Value value) =>
        value is SizeValue || value is ListValue list && list.Items.All(item => item is SizeValue);

    public override Amounts? Read(Value value) => value switch
    {
        SizeValue one => new Amounts([one.Size], true),
        ListValue list => new Amounts(list.Items.Select(item => ((SizeValue)item).Size).ToArray(), false),
        _ => null,
    };
}

/// <summary>A number.</summary>
internal sealed class NumberParameter : OperationParameter<Number>
{
    public NumberParameter(string name, string summary, string? otherwise = null)
        : base(name, summary)
    {
        Default = otherwise is null ? null : new NumberConstant(double.Parse(otherwise, CultureInfo.InvariantCulture));
        DefaultText = otherwise;
    }

    public override bool TakesFractions => true;

    /// <summary>Another number of the same call that this one must not be less than.</summary>
    public NumberParameter? AtLeast { get; init; }

    protected override string KindName => "a number";

    protected override string? RelationText => AtLeast is null ? null : $"at least {AtLeast.Name}";

    public override bool Accepts(Value value) => value is SizeValue or FloatValue;

    public override Number? Read(Value value) => value switch
    {
        SizeValue size => Number.Of(size.Size),
        FloatValue number => number.Number,
        _ => null,
    };
}

/// <summary>True or false.</summary>
internal sealed class FlagParameter : OperationParameter<Condition>
{
    public FlagParameter(string name, string summary, bool? otherwise = null)
        : base(name, summary)
    {
        Default = otherwise is { } known ? Condition.Of(known) : null;
        DefaultText = Default?.ToString();
    }

    protected override string KindName => "true or false";

    public override bool Accepts(Value value) => value is BoolValue;

    public override Condition? Read(Value value) => (value as BoolValue)?.Condition;
}

/// <summary>One of some words, the first of them by default.</summary>
internal sealed class WordParameter : OperationParameter<string>
{
    public WordParameter(string name, string summary, params string[] words)
        : base(name, summary)
    {
        Words = words;
        Default = words[0];
        DefaultText = words[0];
    }

    protected override string? KindName => null;

    public override bool Accepts(Value value) => false;

    public override string? Read(Value value) => (value as WordValue)?.Word;
}

/// <summary>A normalization policy.</summary>
internal sealed class PolicyParameter(string name, string summary) : OperationParameter<PolicyValue>(name, summary)
{
    protected override string KindName => "a normalization policy";

    public override bool Accepts(Value value) => value is PolicyValue;

    public override PolicyValue? Read(Value value) => value as PolicyValue;
}

/// <summary>Another tensor, whose sizes are taken.</summary>
internal sealed class TensorParameter(string name, string summary) : OperationParameter<TensorValue>(name, summary)
{
    protected override string KindName => "a value";

    public override bool Accepts(Value value) => value is TensorValue;

    public override TensorValue? Read(Value value) => value as TensorValue;
}

/// <summary>The label of a norm.</summary>
internal sealed class LabelParameter(string name, string summary) : OperationParameter<string>(name, summary)
{
    protected override string KindName => "the label of a norm";

    public override bool Accepts(Value value) => false;

    public override string? Read(Value value) => (value as WordValue)?.Word;
}

/// <summary>A gain: a number, a word, or fields for mean and variance.</summary>
internal sealed class GainParameter(string name, string summary) : OperationParameter<Value>(name, summary)
{
    /// <summary>The fields of a gain that differs for the mean and the variance.</summary>
    public static readonly IReadOnlyList<string> Fields = ["mean", "variance"];

    public override bool TakesFractions => true;

    protected override string KindName => "a number or (mean: ..., variance: ...)";

    public override bool Accepts(Value value) => value is SizeValue or FloatValue or RecordValue;

    public override Value? Read(Value value) => value;
}
