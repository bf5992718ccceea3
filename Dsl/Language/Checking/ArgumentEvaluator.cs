using System.Collections.Generic;
using System.Linq;
using KnDsl.Language.Diagnostics;
using KnDsl.Language.Operations;
using KnDsl.Language.Operations.Contract;
using KnDsl.Language.Syntax;
using KnDsl.Language.Text;
using KnDsl.Language.Values;

namespace KnDsl.Language.Checking;

/// <summary>Evaluates arguments: each must be of its parameter's kind and in its range.</summary>
internal sealed class ArgumentEvaluator(Rooms rooms)
{
    /// <summary>An argument of an operation or a policy, or an error.</summary>
    public Value Evaluate(BodyPath path, Expression expression, OperationParameter parameter, string callee)
    {
        if (EvaluateWord(path, expression, parameter, callee) is { } word)
            return word;
        if (parameter is PolicyParameter)
            return rooms.Policies.EvaluateValue(path, expression);
        var value = rooms.Expressions.Evaluate(path, expression);
        if (value is ErrorValue)
            return value;
        if (value is SizeValue && parameter is ListParameter { IsVariadic: true })
            value = new ListValue([value]);
        var place = rooms.Subject.At(expression.Span);
        if (!parameter.Accepts(value) && !parameter.TakesFractions && TypeHints.IsSaid(rooms.Subject, expression, value))
            return rooms.Findings.Suppress();
        if (!parameter.Accepts(value) && value is ListParameterValue { IsFloat: false } list
            && parameter is ListParameter or AmountsParameter)
            return rooms.Findings.Fail(DiagnosticCatalogue.ArgumentType(
                    place, callee, parameter.Name, "a list whose items are known in the file", value.Describe())
                .WithHint(parameter.IsKnownInFile ? null : $"Write as many items as it needs: [{list.Name}[0], {list.Name}[1]]."));
        if (!parameter.Accepts(value))
            return rooms.Findings.Fail(
                DiagnosticCatalogue.ArgumentType(place, callee, parameter.Name, parameter.KindText, value.Describe())
                    .WithHint(HintFor(parameter, callee, value, expression)));
        if (parameter.IsKnownInFile && value.Symbols().Any())
            return rooms.Findings.Fail(
                DiagnosticCatalogue.ArgumentType(place, callee, parameter.Name, "known in the file", place.OneLine()));
        // Most arguments are numbers of the file.
        return value is SizeValue { Size.Value: { } known } && !parameter.TakesFractions && parameter.Allows(known)
            ? value
            : InRange(path, value, expression, parameter, callee);
    }

    /// <summary>A value whose numbers are, or must be, in the range of a parameter; or an error.</summary>
    private Value InRange(BodyPath path, Value value, Expression expression, OperationParameter parameter, string callee)
    {
        foreach (var (number, field, span) in Numbers(value, expression))
        {
            var found = number is FloatValue { Constant: null } ? number.Key : number.Describe();
            Diagnostic OutOfRange() => DiagnosticCatalogue.ArgumentRange(rooms.Subject.At(span), field is null ? callee : parameter.Name,
                field ?? parameter.Name, parameter.RangeText, found).WithHint(HintForRange(parameter, callee, number));
            if (number is SizeValue { Size: var size } && !parameter.TakesFractions)
            {
                if (size.Value is { } whole && !parameter.Allows(whole))
                    return rooms.Findings.Fail(OutOfRange());
                if (parameter.Minimum is { } minimum)
                    rooms.Requirements.RequireAtLeast(path, size, (long)minimum, OutOfRange);
            }
            else if (!rooms.Requirements.RequireRange(path, FloatValue.Of(number).Number, parameter, OutOfRange))
                return ErrorValue.Instance;
        }
        return value;
    }

    /// <summary>What to write instead of a number that is not in its range, or null.</summary>
    private static string? HintForRange(OperationParameter parameter, string callee, Value number) =>
        parameter is GainParameter && number is SizeValue { Size.Value: > 1 and var samples }
        && NormPolicies.Find(callee)?.Parameters.Any(other => other.Name == "microbatch") == true
            ? $"The samples of a statistic are given by name: {callee}(microbatch: {samples})."
            : null;

    /// <summary>What to write instead of an argument of another kind, or null.</summary>
    private string? HintFor(OperationParameter parameter, string callee, Value value, Expression expression)
    {
        var text = rooms.Subject.At(expression.Span).OneLine();
        return value switch
        {
            WordValue word when parameter.Words?.Contains(word.Word) == true => $"Write it without quotes: {parameter.Name}: {word.Word}.",
            TensorValue when rooms.Subject.FindOperation(callee)?.Parameters.OfType<TensorParameter>().FirstOrDefault() is { } other =>
                $"A value is given by name: {other.Name}: {text}.",
            TensorValue when expression is NameExpression && rooms.Subject.IsBlock
                && rooms.Subject.Declaration.Inputs.Any(input => input.Text == text) =>
                $"'{text}' is an input, since it has no type in the header; a number has one: {text}: int.",
            TensorValue => $"Values come from the left: {text} -> {callee}(...).",
            _ when parameter is FlagParameter => TypeHints.ForCondition(value, text),
            ListValue when parameter is IntegerParameter => "It takes one number: leave the brackets out.",
            _ => TypeHints.ForWholeNumber(rooms.Subject, expression, value),
        };
    }

    /// <summary>
    /// A word that only this parameter understands, an error for another word, or null for an expression of another
    /// kind.
    /// </summary>
    private Value? EvaluateWord(BodyPath path, Expression expression, OperationParameter parameter, string callee)
    {
        var place = rooms.Subject.At(expression.Span);
        if (expression is NameExpression word && path.Scope.Find(word.Name) is null && parameter.Words is { } words)
        {
            if (words.Contains(word.Name))
                return new WordValue(word.Name);
            if (parameter is WordParameter || word.Name is not ("true" or "false"))
                return rooms.Findings.Fail(DiagnosticCatalogue.UnknownWord(place, callee, parameter.Name, word.Name,
                        parameter is WordParameter ? string.Join(", ", words) : parameter.KindText)
                    .WithHint(Spelling.Hint(word.Name, words.Concat(path.Scope.Names))));
        }
        if (parameter is GainParameter { Words: null } && expression is NameExpression { Name: "learned" or "adaptive" } gain)
            return rooms.Findings.Fail(DiagnosticCatalogue.UnknownWord(place, callee, parameter.Name, gain.Name, parameter.KindText)
                .WithHint("Only the gain of 'kalman' is trained."));
        if (parameter is GainParameter && expression is CallExpression { Label: null } trained && parameter.Words is { } gains)
        {
            var text = string.Concat(rooms.Subject.Source.Slice(expression.Span).Where(c => !char.IsWhiteSpace(c)));
            return gains.Contains(text)
                ? new WordValue(text)
                : rooms.Findings.Fail(DiagnosticCatalogue.UnknownWord(place, callee, parameter.Name, text, parameter.KindText)
                    .WithHint(trained.Call.Arguments.Count > 0 ? "Write learned(channel) for one gain per channel." : null));
        }
        return parameter is LabelParameter ? new WordValue(rooms.Subject.Source.Slice(expression.Span)) : null;
    }

    /// <summary>The numbers of an argument, the field that each is in, and where each is written.</summary>
    private static IEnumerable<(Value Number, string? Field, TextSpan Span)> Numbers(Value value, Expression written) => value switch
    {
        SizeValue or FloatValue => [(value, null, written.Span)],
        ListValue list => list.Items.SelectMany((item, i) => Numbers(item, written is ListExpression { Items: var items }
            && items.Count == list.Items.Count ? items[i] : written)),
        RecordValue record => record.Fields.SelectMany((field, i) =>
            Numbers(field.Value, written is RecordExpression { Fields: var fields } ? fields[i].Value : written)
                .Select(number => (number.Number, (string?)field.Name, number.Span))),
        _ => [],
    };

    /// <summary>A value for a declared parameter, of its type, or an error.</summary>
    public Value Evaluate(BodyPath path, Expression expression, Parameter parameter, string callee)
    {
        if (parameter is { Type.Text: "norm", IsList: false })
            return rooms.Policies.EvaluateValue(path, expression);
        var value = rooms.Expressions.Evaluate(path, expression);
        if (value is ErrorValue)
            return value;
        if (Convert(value, parameter) is { } converted)
            return converted;
        var text = rooms.Subject.At(expression.Span).OneLine();
        // A type that is none is reported where the parameter is declared.
        return parameter.HasType
            ? rooms.Findings.Fail(DiagnosticCatalogue.ArgumentType(
                    rooms.Subject.At(expression.Span), callee, parameter.Name.Text, parameter.TypeText, value.Describe())
                .WithHint(TypeHints.ForParameter(parameter, value, text, ReferenceEquals(parameter.Default, expression))))
            : ErrorValue.Instance;
    }

    /// <summary>A value for a declared parameter that is known when the module is built, or an error.</summary>
    public Value EvaluateKnown(BodyPath path, Expression expression, Parameter parameter, string callee)
    {
        var value = Evaluate(path, expression, parameter, callee);
        return value is ErrorValue
            || rooms.Requirements.RequireKnown(value, rooms.Subject.At(expression.Span), callee, $"argument '{parameter.Name.Text}'")
            ? value
            : ErrorValue.Instance;
    }

    /// <summary>The value as one of the parameter's type, or null where it is of another.</summary>
    private static Value? Convert(Value value, Parameter parameter) => (parameter.Type.Text, parameter.IsList, value) switch
    {
        ("int", false, SizeValue) => value,
        ("float", false, SizeValue or FloatValue) => FloatValue.Of(value),
        ("bool", false, BoolValue) => value,
        ("int", true, ListValue list) when list.Items.All(item => item is SizeValue) => value,
        ("float", true, ListValue list) when list.Items.All(item => item is SizeValue or FloatValue) =>
            new ListValue(list.Items.Select(item => (Value)FloatValue.Of(item)).ToArray()),
        ("int", true, ListParameterValue { IsFloat: false }) => value,
        ("float", true, ListParameterValue { IsFloat: true }) => value,
        _ => null,
    };
}
