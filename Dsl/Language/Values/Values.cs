using System.Collections.Generic;
using System.Linq;
using KnDsl.Language.Text;

namespace KnDsl.Language.Values;

/// <summary>What an expression stands for.</summary>
internal abstract class Value
{
    /// <summary>How a message names a value of this kind.</summary>
    public abstract string Describe();

    /// <summary>Text that is equal for equal values: part of the key under which a block's model is kept.</summary>
    public virtual string Key => Describe();

    /// <summary>The named symbols that a number, a condition or a policy is computed from; none for other values.</summary>
    public virtual IEnumerable<Symbol> Symbols() => [];

    /// <summary>The same with what symbols stand for in their stead.</summary>
    public virtual Value Substitute(Substitution substitution) => this;
}

/// <summary>A value whose error is reported already: whatever uses it stays silent.</summary>
internal sealed class ErrorValue : Value
{
    public static readonly ErrorValue Instance = new();

    public override string Describe() => "an error";
}

/// <summary>A whole number.</summary>
internal sealed class SizeValue(Size size) : Value
{
    public Size Size => size;

    public override string Describe() => size.ToString();

    public override IEnumerable<Symbol> Symbols() => size.Leaves();

    public override Value Substitute(Substitution substitution) => new SizeValue(size.Substitute(substitution));
}

/// <summary>A number with a fraction.</summary>
internal sealed class FloatValue(Number number) : Value
{
    public FloatValue(double known) : this(new NumberConstant(known))
    {
    }

    public Number Number => number;

    /// <summary>The number, where it is known.</summary>
    public double? Constant => number.Value;

    public override string Describe() => number.Value is { } value ? Number.Format(value) : "a number";

    public override string Key => number.ToString();

    public override IEnumerable<Symbol> Symbols() => number.Symbols();

    public override Value Substitute(Substitution substitution) => new FloatValue(number.Substitute(substitution));

    /// <summary>A number as one with a fraction.</summary>
    public static FloatValue Of(Value value) => value is SizeValue size ? new FloatValue(Number.Of(size.Size)) : (FloatValue)value;
}

/// <summary>A truth value.</summary>
internal sealed class BoolValue(Condition condition) : Value
{
    public BoolValue(bool known) : this(Condition.Of(known))
    {
    }

    public Condition Condition => condition;

    /// <summary>Whether it holds, where that can be decided.</summary>
    public bool? Constant => condition.Value;

    public override string Describe() => condition.Value is null ? "a condition" : condition.ToString();

    public override string Key => condition.ToString();

    public override IEnumerable<Symbol> Symbols() => condition.Symbols();

    public override Value Substitute(Substitution substitution) => new BoolValue(condition.Substitute(substitution));
}

/// <summary>Text, or a word that only the argument it is given to understands.</summary>
/// <param name="isText">Whether it is in quotes.</param>
internal sealed class WordValue(string word, bool isText = false) : Value
{
    public string Word => word;

    public override string Describe() => isText ? $"the text \"{word}\"" : $"'{word}'";
}

/// <summary>A list that is known.</summary>
internal sealed class ListValue(IReadOnlyList<Value> items) : Value
{
    public IReadOnlyList<Value> Items => items;

    public override string Describe() => $"[{string.Join(", ", items.Select(item => item.Describe()))}]";

    public override string Key => $"[{string.Join(", ", items.Select(item => item.Key))}]";

    public override IEnumerable<Symbol> Symbols() => items.SelectMany(item => item.Symbols());

    public override Value Substitute(Substitution substitution) =>
        new ListValue(items.Select(item => item.Substitute(substitution)).ToArray());

    /// <summary>What the items of a list must be that a loop or an argument chooses from, as a message says it.</summary>
    public const string Choices = "a number, or each of them true or false";

    /// <summary>Whether an item can be taken at a place that is not known: numbers and conditions can be chosen from.</summary>
    public bool IsChoice => items.All(item => item is SizeValue or FloatValue) || items.All(item => item is BoolValue);

    /// <summary>The item of a known place, or of an <see cref="IsChoice"/> a choice at a place that a loop counts.</summary>
    public Value ItemAt(Size index)
    {
        if (index.Value is { } known)
            return items[(int)known];
        if (items.All(item => item is SizeValue))
        {
            var sizes = items.Select(item => ((SizeValue)item).Size).ToArray();
            var kind = sizes.SelectMany(size => size.Symbols()).Any(symbol => symbol.Kind == SymbolKind.Data)
                ? SymbolKind.Data
                : SymbolKind.Construction;
            return new SizeValue(Size.Of(new Symbol(
                $"[{string.Join(", ", items.Select(item => item.Key))}][{index}]", kind, sizes.All(size => size.Minimum() >= 1))
            {
                Origin = new ListChoice(sizes, index),
            }));
        }
        if (items.All(item => item is BoolValue))
            return new BoolValue(new ConditionChoice(items.Select(item => ((BoolValue)item).Condition).ToArray(), index));
        return new FloatValue(new NumberChoice(items.Select(item => FloatValue.Of(item).Number).ToArray(), index));
    }
}

/// <summary>A list that a constructor gets: its items and their number are symbols.</summary>
internal sealed class ListParameterValue(string name, bool isFloat) : Value
{
    public string Name => name;

    public bool IsFloat => isFloat;

    /// <summary>The number of items, which may be none.</summary>
    public Symbol Count { get; } = new(name + ".count", SymbolKind.Construction, false) { Origin = new ListCount(name) };

    /// <summary>The item at a place: any number, as every argument is.</summary>
    public Value ItemAt(Size index)
    {
        var symbol = new Symbol($"{name}[{index}]", SymbolKind.Construction, false) { Origin = new ListItem(name, index, isFloat) };
        return isFloat ? new FloatValue(new NumberSymbol(symbol)) : new SizeValue(Size.Of(symbol));
    }

    public override string Describe() => $"the list '{name}'";

    public override IEnumerable<Symbol> Symbols() => Count.Leaves();

    public override Value Substitute(Substitution substitution) =>
        substitution.Find(new Symbol(name, SymbolKind.Construction)) ?? this;
}

/// <summary>Named fields in parentheses: <c>(mean: 1, variance: 0.1)</c>.</summary>
internal sealed class RecordValue(IReadOnlyList<(string Name, Value Value, TextSpan Span)> fields) : Value
{
    public IReadOnlyList<(string Name, Value Value, TextSpan Span)> Fields => fields;

    public override string Describe() => $"({string.Join(", ", fields.Select(field => $"{field.Name}: {field.Value.Describe()}"))})";

    public override string Key => $"({string.Join(", ", fields.Select(entry => $"{entry.Name}: {entry.Value.Key}"))})";

    public override IEnumerable<Symbol> Symbols() => fields.SelectMany(field => field.Value.Symbols());
}

/// <summary>How many parameters a layer of a policy has.</summary>
/// <param name="OfChannel">Those of each channel.</param>
/// <param name="OfLayer">Those of the layer as a whole.</param>
internal readonly record struct PolicyParameters(int OfChannel, int OfLayer)
{
    /// <summary>A weight and a bias.</summary>
    public static readonly PolicyParameters Affine = new(2, 0);

    public Size Count(Size channels) => channels * OfChannel + OfLayer;
}

/// <summary>Of what a layer of a policy takes each statistic, where no prior can stand in for numbers that are missing.</summary>
/// <param name="Samples">The samples that share one; null for the whole batch.</param>
/// <param name="Groups">The groups of channels that have one each; null for each channel by itself.</param>
/// <param name="IsOfTraining">Whether only training takes it.</param>
/// <param name="WithPrior">The policy that takes the same statistic and has a prior beside it.</param>
internal sealed record PlainStatistic(Size? Samples, Size? Groups, bool IsOfTraining, string WithPrior)
{
    /// <summary>The factors of how many numbers of a value are in one; null where only the batch decides.</summary>
    public IReadOnlyList<Size>? CountIn(Shape value) => Samples is null ? null
        : [Samples, Groups is null ? Size.One : Size.FloorDivide(value.Channels, Groups), .. value.Spatial];
}

/// <summary>A normalization policy.</summary>
/// <param name="hasChain">Whether its layers hand their statistics on; of a parameter its default decides for messages.</param>
/// <param name="groups">The number that must divide the channels, where there is one.</param>
/// <param name="parameters">How many parameters its layers have.</param>
internal sealed class PolicyValue(Policy policy, bool hasChain, Size? groups, PolicyParameters parameters) : Value
{
    public Policy Policy => policy;

    public bool HasChain => hasChain;

    public Size? Groups => groups;

    public PolicyParameters Parameters => parameters;

    /// <summary>
    /// Of what its layers take each statistic; null where a prior can stand in, where there is none, or where it is not known.
    /// </summary>
    public PlainStatistic? Statistic { get; init; }

    public override string Describe() => $"the policy {policy}";

    public override IEnumerable<Symbol> Symbols() => policy.Symbols();
}

/// <summary>The operation that computed something, and where.</summary>
internal sealed record Maker(string Operation, Place At);

/// <summary>Which dimension has the channels.</summary>
/// <param name="AreLast">Whether it is the last one; it is the second otherwise.</param>
/// <param name="By">What had them there.</param>
internal sealed record ChannelPlace(bool AreLast, Maker By)
{
    /// <summary>That of values which are joined: what is not known of one of them, or differs, is not known.</summary>
    public static ChannelPlace? OfAll(IEnumerable<TensorValue> values)
    {
        ChannelPlace? known = null;
        foreach (var value in values)
            // A learned tensor is added or multiplied wherever its sizes fit.
            if (!value.IsLearned)
            {
                if (value.Channels is null || known is not null && known.AreLast != value.Channels.AreLast)
                    return null;
                known ??= value.Channels;
            }
        return known;
    }
}

/// <summary>A tensor: its sizes, and what is known of its state in the statistic chain.</summary>
internal sealed class TensorValue(Shape shape, ChainFact chain, Place origin, string name) : Value
{
    public Shape Shape => shape;

    /// <summary>
    /// What is known of its state where it is made. A norm that observes the value sharpens its state from there on: that is
    /// a fact of the path, not of the value.
    /// </summary>
    public ChainFact Chain => chain;

    /// <summary>Where it is computed.</summary>
    public Place Origin => origin;

    /// <summary>What the generated code may call it.</summary>
    public string Name => name;

    /// <summary>
    /// Whether it is a learned tensor, or what element by element is made of such: it has no batch, and is no part of the
    /// statistic chain.
    /// </summary>
    public bool IsLearned { get; init; }

    /// <summary>
    /// The operation or block that made an ordinary value of it, whose first dimension is the batch; null for one that does not stem
    /// from learned tensors alone, or is one.
    /// </summary>
    public string? LearnedUntil { get; init; }

    /// <summary>What made floating point numbers of it; null where it may hold whole numbers, such as indices.</summary>
    public Maker? FloatBy { get; init; }

    /// <summary>Where the channels of three and more dimensions are, and by what; null where nothing says it.</summary>
    public ChannelPlace? Channels { get; init; }

    /// <summary>What ended the rights of a learned tensor that it stems from: what already did, or this operation or block.</summary>
    public static string? EndOfLearned(IReadOnlyList<TensorValue> inputs, string by)
    {
        string? ended = null;
        for (var i = 0; i < inputs.Count; i++)
        {
            if (!inputs[i].IsLearned && inputs[i].LearnedUntil is null)
                return null;
            ended ??= inputs[i].LearnedUntil;
        }
        return inputs.Count == 0 ? null : ended ?? by;
    }

    /// <summary>What made floating point numbers of one of them, or null.</summary>
    public static Maker? MakerOf(IReadOnlyList<TensorValue> inputs)
    {
        for (var i = 0; i < inputs.Count; i++)
            if (inputs[i].FloatBy is { } maker)
                return maker;
        return null;
    }

    public override string Describe() => $"a tensor {shape}";
}
