using System;
using System.Collections.Generic;
using System.Linq;
using KnDsl.Language.Plan;
using KnDsl.Language.Text;

namespace KnDsl.Language.Values;

/// <summary>What an expression stands for.</summary>
internal abstract class Value
{
    /// <summary>How a message names a value of this kind.</summary>
    public abstract string Describe();

    /// <summary>Text that is equal for equal values: part of the key under which a block's model is kept.</summary>
    public virtual string Key => Describe();
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
}

/// <summary>A number with a fraction: known, or code that computes it.</summary>
internal sealed class FloatValue(double? constant, Func<CodeContext, string> code) : Value
{
    public FloatValue(double constant) : this(constant, _ => CodeContext.Of(constant))
    {
    }

    public double? Constant => constant;

    public Func<CodeContext, string> Code => code;

    public override string Describe() => constant is { } value ? CodeContext.Of(value) : "a number";
}

/// <summary>A truth value: known, or code that computes it with what follows for symbols where it holds and where it does not.</summary>
internal sealed class BoolValue(
    bool? constant,
    Func<CodeContext, string> code,
    IReadOnlyList<(Symbol Symbol, Size Value)>? whenTrue = null,
    IReadOnlyList<(Symbol Symbol, Size Value)>? whenFalse = null) : Value
{
    public BoolValue(bool constant) : this(constant, _ => CodeContext.Of(constant))
    {
    }

    public bool? Constant => constant;

    public Func<CodeContext, string> Code => constant is { } known ? _ => CodeContext.Of(known) : code;

    public IReadOnlyList<(Symbol Symbol, Size Value)> WhenTrue => whenTrue ?? [];

    public IReadOnlyList<(Symbol Symbol, Size Value)> WhenFalse => whenFalse ?? [];

    public override string Describe() => constant is { } value ? CodeContext.Of(value) : "a condition";
}

/// <summary>Text, or a word that only the argument it is given to understands.</summary>
/// <param name="isText">Whether it stands in quotes.</param>
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
}

/// <summary>A list that a constructor gets: its items and their number are symbols.</summary>
internal sealed class ListParameterValue(string name, bool isFloat) : Value
{
    public string Name => name;

    public bool IsFloat => isFloat;

    /// <summary>The number of items; its C# name is <c>name.Count</c>.</summary>
    public Symbol Count { get; } = new(name + ".count", SymbolKind.Construction)
    {
        List = name,
        Code = code => code.Name(new Symbol(name, SymbolKind.Construction)) + ".Count",
    };

    /// <summary>The item at a place.</summary>
    public Value ItemAt(Size index)
    {
        var symbol = new Symbol($"{name}[{index}]", SymbolKind.Construction)
        {
            List = name,
            Index = index,
            Code = code => $"{code.Name(new Symbol(name, SymbolKind.Construction))}[{code.Of(index)}]",
        };
        return isFloat ? new FloatValue(null, code => symbol.Code!(code)) : new SizeValue(Size.Of(symbol));
    }

    public override string Describe() => $"the list '{name}'";
}

/// <summary>Named fields in parentheses: <c>(mean: 1, variance: 0.1)</c>.</summary>
internal sealed class RecordValue(IReadOnlyList<(string Name, Value Value, TextSpan Span)> fields) : Value
{
    public IReadOnlyList<(string Name, Value Value, TextSpan Span)> Fields => fields;

    public override string Describe() => $"({string.Join(", ", fields.Select(field => $"{field.Name}: {field.Value.Key}"))})";
}

/// <summary>A normalization policy: one with settings, or a parameter that a constructor gets.</summary>
/// <param name="hasChain">Whether its layers hand their statistics on; a parameter's default decides for messages.</param>
/// <param name="groups">The channels' divisor that it needs, where it has one.</param>
internal sealed class PolicyValue(string text, bool hasChain, Size? groups, bool isAffine, Func<CodeContext, string> code) : Value
{
    public bool HasChain => hasChain;

    public Size? Groups => groups;

    /// <summary>Whether its layers have a weight and a bias.</summary>
    public bool IsAffine => isAffine;

    public Func<CodeContext, string> Code => code;

    public override string Describe() => $"the policy {text}";
}

/// <summary>A module that was declared to be shared.</summary>
internal sealed class ModuleValue(SharedModule module) : Value
{
    public SharedModule Module => module;

    public override string Describe() => $"the module '{module.Label}'";
}

/// <summary>A tensor: its sizes, and what is known of its state in the statistic chain.</summary>
internal sealed class TensorValue(Shape shape, ChainFact chain, Place origin, string name) : Value
{
    public Shape Shape => shape;

    /// <summary>Changes where a norm observes this value: whoever reads it later reads the posterior.</summary>
    public ChainFact Chain { get; set; } = chain;

    /// <summary>Where it is computed.</summary>
    public Place Origin => origin;

    /// <summary>What the generated code may call it.</summary>
    public string Name => name;

    /// <summary>For a value that several paths assign: whether one of them hands an input of the module through.</summary>
    public bool MayBeInput { get; init; }

    /// <summary>
    /// Whether it is a learned tensor, or what element by element is made of such: it has no batch, and is no part of the
    /// statistic chain.
    /// </summary>
    public bool IsLearned { get; init; }

    /// <summary>Whether several assignments share this variable (the value after an if or in a loop).</summary>
    public bool IsVariable { get; init; }

    public override string Describe() => $"a tensor {shape}";

    public override string Key => $"{shape}/{Chain.Key}";
}
