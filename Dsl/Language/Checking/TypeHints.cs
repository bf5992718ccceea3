using System;
using System.Collections.Generic;
using System.Linq;
using KnDsl.Language.Syntax;
using KnDsl.Language.Values;

namespace KnDsl.Language.Checking;

/// <summary>What to write where a number, a condition or a list is of another type than the one that is wanted.</summary>
internal static class TypeHints
{
    /// <summary>For a number with a fraction where a whole one is wanted, or null.</summary>
    public static string? ForWholeNumber(Subject subject, Expression expression, Value value) => value switch
    {
        FloatValue when FloatParameter(subject, expression) is { } parameter =>
            $"'{parameter.Name.Text}' is a float: declare it as int, {parameter.Name.Text}: int.",
        FloatValue { Constant: { } known } when expression is FloatLiteral && IsWhole(known) => $"Write {known}.",
        FloatValue when expression is OperatorExpression =>
            "With a float the result is a float: between whole numbers '/' gives a whole number, rounded down.",
        _ => null,
    };

    /// <summary>Whether the same parameter was said to be a float elsewhere: it is declared wrong once.</summary>
    public static bool IsSaid(Subject subject, Expression expression, Value value) => value is FloatValue
        && FloatParameter(subject, expression) is { } parameter
        && !subject.Context.IsFirstUse(subject.Declaration, $"float {parameter.Name.Text}", expression.Span);

    /// <summary>For a parameter that is one number where a list is wanted, or null.</summary>
    public static string? ForList(Subject subject, Expression expression) =>
        NumberParameter(subject, expression) is { Name.Text: var name, Type.Text: var type }
            ? $"'{name}' is one number: declare a list as {name}: {type}[]."
            : null;

    private static Parameter? FloatParameter(Subject subject, Expression expression) =>
        NumberParameter(subject, expression) is { Type.Text: "float" } parameter ? parameter : null;

    /// <summary>The parameter of a single number that an expression names, or null.</summary>
    private static Parameter? NumberParameter(Subject subject, Expression expression) => expression is NameExpression name
        ? subject.Declaration.Parameters.FirstOrDefault(parameter => parameter is { Type.Text: "int" or "float", IsList: false }
            && parameter.Name.Text == name.Name)
        : null;

    /// <summary>For true or false where another value is given, or null.</summary>
    /// <param name="text">The value as the file has it.</param>
    public static string? ForCondition(Value value, string text) => value switch
    {
        SizeValue { Size.Value: 0 } => "Write false.",
        SizeValue { Size.Value: 1 } => "Write true.",
        SizeValue => $"Write a comparison, such as {text} > 0.",
        WordValue { Word: var word } when word.ToLowerInvariant() is ("true" or "false") and var plain =>
            $"Write it without quotes: {plain}.",
        _ => null,
    };

    /// <summary>For an argument or a default of a parameter that the file declares, or null.</summary>
    /// <param name="text">The value as the file has it.</param>
    /// <param name="isDefault">Whether it is the parameter's own default: then its type may be what is wrong.</param>
    public static string? ForParameter(Parameter parameter, Value value, string text, bool isDefault)
    {
        if (value is TensorValue)
            return "A block takes its values through '->' or first in the parentheses: remove this one.";
        if (parameter.IsList && value is SizeValue or FloatValue)
            return $"A list is written in square brackets: [{text}].";
        if (!parameter.IsList && parameter.Type.Text == "bool" && ForCondition(value, text) is { } condition)
            return condition;
        if (!parameter.IsList && parameter.Type.Text == "int" && value is FloatValue { Constant: { } known } && IsWhole(known))
            return $"Write {known}.";
        return isDefault && TypeOf(value) is { } type && type != parameter.TypeText
            ? $"Declare it with the type of its default: {parameter.Name.Text}: {type}."
            : null;
    }

    /// <summary>The type of a parameter that takes a value.</summary>
    private static string? TypeOf(Value value) => value switch
    {
        SizeValue => "int",
        FloatValue => "float",
        BoolValue => "bool",
        PolicyValue => "norm",
        ListValue { Items: var items } when AreAll<SizeValue>(items) => "int[]",
        ListValue { Items: var items } when items.All(item => item is SizeValue or FloatValue) => "float[]",
        _ => null,
    };

    private static bool AreAll<T>(IReadOnlyList<Value> items) where T : Value => items.All(item => item is T);

    private static bool IsWhole(double number) => number == Math.Floor(number) && Math.Abs(number) < int.MaxValue;
}
