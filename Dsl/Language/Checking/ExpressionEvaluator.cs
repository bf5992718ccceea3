using System;
using System.Collections.Generic;
using System.Linq;
using System.Runtime.CompilerServices;
using KnDsl.Language.Diagnostics;
using KnDsl.Language.Operations;
using KnDsl.Language.Syntax;
using KnDsl.Language.Text;
using KnDsl.Language.Values;

namespace KnDsl.Language.Checking;

/// <summary>Evaluates expressions on a path: what each form means, operators and pipes aside.</summary>
internal sealed class ExpressionEvaluator(Rooms rooms)
{
    private Findings Findings => rooms.Findings;

    private Place At(TextSpan span) => rooms.Subject.At(span);

    /// <summary>One value; several, or none, are an error.</summary>
    public Value Evaluate(BodyPath path, Expression expression)
    {
        var values = EvaluateAll(path, expression);
        return values.Count == 1 ? values[0]
            : Findings.Fail(DiagnosticCatalogue.ValueCount(At(expression.Span), "This expression", 1, values.Count));
    }

    /// <summary>All values of an expression.</summary>
    /// <param name="target">The name that they get.</param>
    public IReadOnlyList<Value> EvaluateAll(BodyPath path, Expression expression, string? target = null)
    {
        RuntimeHelpers.EnsureSufficientExecutionStack();
        return expression switch
        {
            CallExpression call => rooms.Pipes.EvaluateCall(path, call, target),
            PipeExpression pipe => rooms.Pipes.Evaluate(path, pipe, target),
            _ => [EvaluateForm(path, expression, target)],
        };
    }

    private Value EvaluateForm(BodyPath path, Expression expression, string? target) => expression switch
    {
        IntegerLiteral number => new SizeValue(number.Value),
        FloatLiteral number => new FloatValue(number.Value),
        TextLiteral text => new WordValue(text.Value, true),
        NameExpression name => rooms.Names.Lookup(path, name.Name, name.Span),
        MemberExpression member => EvaluateMember(path, member),
        IndexExpression { IsRange: true } range => EvaluateRange(path, range),
        IndexExpression index => EvaluateIndex(path, index),
        ListExpression list => EvaluateList(path, list),
        RecordExpression record => EvaluateRecord(path, record),
        NegateExpression negate => EvaluateNegate(path, negate),
        NotExpression not => EvaluateNot(path, not),
        OperatorExpression row => rooms.Operators.Evaluate(path, row, target),
        _ => Findings.Suppress(),
    };

    private Value EvaluateMember(BodyPath path, MemberExpression expression)
    {
        var target = Evaluate(path, expression.Target);
        var name = expression.Member.Text;
        switch (target)
        {
            case ErrorValue:
                return target;
            case TensorValue tensor when name == "shape":
                return new ListValue(tensor.Shape.Sizes.Select(size => (Value)new SizeValue(size)).ToArray());
            case TensorValue tensor:
                for (var axis = 0; axis < tensor.Shape.Rank; axis++)
                    if (tensor.Shape.NameOf(axis) == name || axis == 1 && name == "channels")
                        return new SizeValue(tensor.Shape[axis]);
                var known = Enumerable.Range(0, tensor.Shape.Rank).Select(tensor.Shape.NameOf).ToArray();
                return Unknown(known.Length == 0 ? "'shape'" : $"'shape' or a dimension of {tensor.Shape}: {string.Join(", ", known)}",
                    name == "features"
                        ? $"The second dimension is '{At(expression.Target.Span).OneLine()}.channels', "
                            + $"the last '{At(expression.Target.Span).OneLine()}.shape[{tensor.Shape.Rank - 1}]'."
                        : Spelling.Hint(name, known)
                        ?? (rooms.Subject.FindOperation(name) is not null ? $"Operations are stages: value -> {name}." : null));
            case ListValue list when name == "count":
                return new SizeValue(list.Items.Count);
            case ListParameterValue list when name == "count":
                return new SizeValue(Size.Of(list.Count));
            case ListValue or ListParameterValue:
                return Unknown("'count'");
            default:
                return Unknown($"none, because {target.Describe()} has no members",
                    name == "count" ? TypeHints.ForList(rooms.Subject, expression.Target) : null);
        }

        Value Unknown(string expected, string? hint = null) =>
            Findings.Fail(target is TensorValue && Shape.IsAxisName(name)
                ? DiagnosticCatalogue.UnknownMember(At(expression.Member.Span), name, expected).WithHint(hint).OfThisRank()
                : DiagnosticCatalogue.UnknownMember(At(expression.Member.Span), name, expected).WithHint(hint));
    }

    /// <summary>The list and the numbers of an index, or null where one is wrong.</summary>
    private (Value Target, SizeValue? From, SizeValue? To)? EvaluateParts(BodyPath path, IndexExpression expression)
    {
        var target = Evaluate(path, expression.Target);
        var from = expression.From is null ? null : Evaluate(path, expression.From);
        var to = expression.To is null ? null : Evaluate(path, expression.To);
        if (target is ErrorValue || from is ErrorValue || to is ErrorValue)
            return null;
        foreach (var (value, part) in new[] { (from, expression.From), (to, expression.To) })
            if (value is not null and not SizeValue)
            {
                Findings.Report(DiagnosticCatalogue.ValueType(At(part!.Span), "An index", "a whole number", value.Describe()));
                return null;
            }
        return (target, from as SizeValue, to as SizeValue);
    }

    private Value EvaluateRange(BodyPath path, IndexExpression expression)
    {
        if (EvaluateParts(path, expression) is not var (target, from, to))
            return ErrorValue.Instance;
        if (target is ListParameterValue list && new[] { from, to }.FirstOrDefault(end => end?.Size.Value < 0) is { } negative)
            return Findings.Fail(
                DiagnosticCatalogue.NegativeIndex(At(expression.Span), negative.Size.ToString(), list.Name)
                    .WithHint($"Items count from 0; the last one is {list.Name}[{list.Name}.count - 1]."));
        // Of a list that a constructor gets, the items between two numbers are known by their places.
        if (target is ListParameterValue parameter && to is { Size.Value: { } end and <= ModelContext.MaxStages }
            && from is null or { Size.Value: >= 0 })
        {
            if (end > (from?.Size.Value ?? 0))
                rooms.Requirements.RequireItem(path, parameter, end - 1, At(expression.To!.Span));
            target = new ListValue(Enumerable.Range(0, (int)Math.Max(0, end)).Select(i => parameter.ItemAt(i)).ToArray());
        }
        if (target is not ListValue known || from is { Size.Value: null } || to is { Size.Value: null })
            return Findings.Fail(DiagnosticCatalogue.ValueType(At(expression.Target.Span), "The value before a range in brackets",
                "a list whose items and range are known in the file, or a list parameter with two numbers for a range, as in [1..3]",
                target.Describe())
                .WithHint(target is ListParameterValue open && expression.To is null
                    ? "An end may be left out of a list of the file only: write "
                        + $"'for i in {from?.Size.ToString() ?? "0"}..{open.Name}.count', and {open.Name}[i]."
                    : null));
        var (first, last) = (from?.Size.Value ?? 0, to?.Size.Value ?? known.Items.Count);
        if (first < 0 || last > known.Items.Count || first > last)
            return Findings.Fail(DiagnosticCatalogue.IndexRange(At(expression.Span), $"{first}..{last}", known.Items.Count));
        return new ListValue(known.Items.Skip((int)first).Take((int)(last - first)).ToArray());
    }

    private Value EvaluateIndex(BodyPath path, IndexExpression expression)
    {
        if (EvaluateParts(path, expression) is not var (target, from, _))
            return ErrorValue.Instance;
        if (from is not { Size: var index })
            return Findings.Fail(DiagnosticCatalogue.ValueType(At(expression.Span), "An index", "a whole number", "none"));
        return target switch
        {
            ListValue { IsChoice: false } list when index.Value is null => Findings.Fail(DiagnosticCatalogue.ValueType(
                At(expression.Target.Span), $"Each item that '{At(expression.From!.Span).OneLine()}' may choose", ListValue.Choices,
                list.Describe())),
            ListValue list => rooms.Requirements.RequireItem(path, list, index, At(expression.From!.Span))
                ? list.ItemAt(index)
                : ErrorValue.Instance,
            ListParameterValue list => rooms.Requirements.RequireItem(path, list, index, At(expression.From!.Span))
                ? list.ItemAt(index)
                : ErrorValue.Instance,
            _ => Findings.Fail(
                DiagnosticCatalogue.ValueType(At(expression.Target.Span), "The value before an index", "a list", target.Describe())
                    .WithHint(target is TensorValue
                        ? "A part of a value is a stage: select(0) for one position, slice(0, 2) for several."
                        : null)),
        };
    }

    private Value EvaluateList(BodyPath path, ListExpression list)
    {
        if (list.Items.FirstOrDefault(item => IsStage(path, item)) is { } stage)
            return Findings.Fail(DiagnosticCatalogue.Misplaced(At(stage.Span), At(stage.Span).OneLine(), "it as a stage")
                .WithHint($"Stages with a name are a block: block Name(x) {{ return x -> {At(stage.Span).OneLine()} -> ... }}."));
        var items = list.Items.Select(item => Evaluate(path, item)).ToArray();
        return items.Any(item => item is ErrorValue) ? ErrorValue.Instance : new ListValue(items);
    }

    /// <summary>Whether an item of a list is written as a stage is: an operation or a block, without a value before it.</summary>
    private bool IsStage(BodyPath path, Expression item) => item switch
    {
        NameExpression name => path.Scope.Find(name.Name) is null && IsStage(name.Name),
        CallExpression call => IsStage(call.Call.Callee.Text),
        _ => false,
    };

    private bool IsStage(string name) => rooms.Subject.FindOperation(name) is { InputCount: 1 }
        || rooms.Subject.File.Visible.TryGetValue(name, out var block) && block.Declaration.Inputs.Count == 1;

    private Value EvaluateRecord(BodyPath path, RecordExpression expression)
    {
        var fields = expression.Fields.Select(field => (Name: field.Name?.Text ?? "", Value: Evaluate(path, field.Value), field.Span))
            .ToArray();
        return fields.Any(field => field.Value is ErrorValue) ? ErrorValue.Instance : new RecordValue(fields);
    }

    private Value EvaluateNegate(BodyPath path, NegateExpression expression)
    {
        var place = At(expression.Span);
        return Evaluate(path, expression.Value) switch
        {
            SizeValue size => new SizeValue(-size.Size),
            FloatValue number => new FloatValue(Number.Negate(number.Number)),
            TensorValue tensor => rooms.Operations.Apply(
                path, OperationCatalogue.FindOperatorWithNumber("*", false)!, [tensor],
                OperatorEvaluator.NumberArgument(new SizeValue(-1), place), place),
            ErrorValue error => error,
            var other =>
                Findings.Fail(DiagnosticCatalogue.ValueType(place, "The operand of '-'", "a number or a tensor", other.Describe())),
        };
    }

    private Value EvaluateNot(BodyPath path, NotExpression expression) => Evaluate(path, expression.Value) switch
    {
        BoolValue value => new BoolValue(Condition.Not(value.Condition)),
        ErrorValue error => error,
        var other =>
        Findings.Fail(DiagnosticCatalogue.ValueType(At(expression.Span), "The operand of 'not'", "true or false", other.Describe())),
    };
}
