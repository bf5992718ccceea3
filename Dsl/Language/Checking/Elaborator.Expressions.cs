using System;
using System.Collections.Generic;
using System.Linq;
using System.Runtime.CompilerServices;
using KnDsl.Language.Diagnostics;
using KnDsl.Language.Operations;
using KnDsl.Language.Operations.Contract;
using KnDsl.Language.Syntax;
using KnDsl.Language.Text;
using KnDsl.Language.Values;
using Operand = KnDsl.Language.Syntax.Operand;

namespace KnDsl.Language.Checking;

/// <summary>Expressions: arithmetic on sizes and numbers, conditions, and the joins of tensors.</summary>
internal sealed partial class Elaborator
{
    /// <summary>One value; several, or none, are an error.</summary>
    private Value Evaluate(Expression expression)
    {
        var values = EvaluateAll(expression, null);
        return values.Count == 1 ? values[0] : Fail(DiagnosticCatalogue.ValueCount(At(expression.Span), "This", 1, values.Count));
    }

    /// <summary>All values of an expression; <paramref name="target"/> is the name that they will have.</summary>
    private IReadOnlyList<Value> EvaluateAll(Expression expression, string? target)
    {
        RuntimeHelpers.EnsureSufficientExecutionStack();
        return EvaluateForm(expression, target);
    }

    private IReadOnlyList<Value> EvaluateForm(Expression expression, string? target) => expression switch
    {
        IntegerLiteral number => [new SizeValue(number.Value)],
        FloatLiteral number => [new FloatValue(number.Value)],
        TextLiteral text => [new WordValue(text.Value, true)],
        NameExpression name => [Lookup(name.Name, name.Span)],
        MemberExpression member => [EvaluateMember(member)],
        IndexExpression index => [EvaluateIndex(index)],
        ListExpression list => [EvaluateList(list)],
        RecordExpression record => [EvaluateRecord(record)],
        NegateExpression negate => [EvaluateNegate(negate)],
        NotExpression not => [EvaluateNot(not)],
        OperatorExpression row => [EvaluateRow(row, target)],
        CallExpression call => EvaluateCall(call, target),
        PipeExpression chain => EvaluatePipe(chain, target),
        _ => [Silence()],
    };

    /// <summary>An error that is reported already makes the module incomplete, and nothing more.</summary>
    private ErrorValue Silence()
    {
        _failed = true;
        return ErrorValue.Instance;
    }

    private Value Lookup(string name, TextSpan span)
    {
        if (_scope.Find(name) is { } binding)
        {
            if (binding.UndecidedAt is { } place)
                return Fail(DiagnosticCatalogue.UndecidedValue(At(span), name, place));
            foreach (var target in binding.Targets)
                _used.Add(target);
            return binding.Value is ErrorValue ? Silence() : binding.Value;
        }
        if (name is "true" or "false")
            return new BoolValue(name == "true");
        // Once a declaration is enough for a name that it lacks.
        if (_lacksNames || !_context.IsFirstUse(_declaration, name, span))
            return Silence();
        var known = _scope.Names.Concat(["true", "false"]);
        var hint = SetLater(name) is null && Spelling.Nearest(name, known) is { } nearest ? $"Did you mean '{nearest}'?"
            : FindLayer(name) is not null || _file.Visible.ContainsKey(name)
                ? FindLayer(name) is { InputCount: not 1 } values ? $"Write {values.Example}." : $"'{name}' is a stage: write value -> {name}."
                : SetLater(name) is { } line ? $"It is set in line {line} only." : null;
        return Fail(DiagnosticCatalogue.UnknownName(At(span), name).WithHint(hint));
    }

    /// <summary>The line of the module's body that sets a name, for one that is read before.</summary>
    private int? SetLater(string name) => _declaration.Body.OfType<AssignStatement>()
        .SelectMany(assign => assign.Targets).FirstOrDefault(target => target.Text == name) is { } later ? At(later.Span).Line : null;

    private Value EvaluateMember(MemberExpression expression)
    {
        var target = Evaluate(expression.Target);
        var name = expression.Member.Text;
        switch (target)
        {
            case ErrorValue:
                return target;
            case TensorValue tensor when name == "shape":
                return new ListValue(tensor.Shape.Sizes.Select(size => (Value)new SizeValue(size)).ToArray());
            case TensorValue tensor:
                for (var axis = 0; axis < tensor.Shape.Rank; axis++)
                    if (tensor.Shape.NameOf(axis) == name || axis == 1 && (name is "channels" or "features"))
                        return new SizeValue(tensor.Shape[axis]);
                var known = Enumerable.Range(0, tensor.Shape.Rank).Select(axis => tensor.Shape.NameOf(axis)).ToArray();
                return Fail(DiagnosticCatalogue.UnknownMember(At(expression.Member.Span), name, $"'shape' or a dimension of {tensor.Shape}: {string.Join(", ", known)}")
                    .WithHint(Spelling.Nearest(name, known) is { } near ? $"Did you mean '{near}'?" : null));
            case ListValue list when name == "count":
                return new SizeValue(list.Items.Count);
            case ListParameterValue list when name == "count":
                return new SizeValue(Size.Of(list.Count));
            case ListValue or ListParameterValue:
                return Fail(DiagnosticCatalogue.UnknownMember(At(expression.Member.Span), name, "'count'"));
            default:
                return Fail(DiagnosticCatalogue.UnknownMember(At(expression.Member.Span), name, $"none: {target.Describe()} has no members"));
        }
    }

    private Value EvaluateIndex(IndexExpression expression)
    {
        var target = Evaluate(expression.Target);
        var from = expression.From is null ? null : Evaluate(expression.From);
        var to = expression.To is null ? null : Evaluate(expression.To);
        if (target is ErrorValue || from is ErrorValue || to is ErrorValue)
            return ErrorValue.Instance;
        foreach (var (value, part) in new[] { (from, expression.From), (to, expression.To) })
            if (value is not null and not SizeValue)
                return Fail(DiagnosticCatalogue.ValueType(At(part!.Span), "An index", "a whole number", value.Describe()));
        if (expression.IsRange)
        {
            // Of a list that a constructor gets, the items between two numbers are known by their places.
            if (target is ListParameterValue parameter && to is SizeValue { Size.Value: { } end and <= ModelContext.MostStages } && from is null or SizeValue { Size.Value: >= 0 })
                target = new ListValue(Enumerable.Range(0, (int)Math.Max(0, end)).Select(i => parameter.ItemAt(i)).ToArray());
            if (target is not ListValue known || from is SizeValue { Size.Value: null } || to is SizeValue { Size.Value: null })
                return Fail(DiagnosticCatalogue.ValueType(At(expression.Target.Span), "What is cut", "a list that is known, or of a parameter a range with two numbers, as in [1..3]", target.Describe()));
            var (first, last) = ((from as SizeValue)?.Size.Value ?? 0, (to as SizeValue)?.Size.Value ?? known.Items.Count);
            if (first < 0 || last > known.Items.Count || first > last)
                return Fail(DiagnosticCatalogue.IndexRange(At(expression.Span), $"{first}..{last}", known.Items.Count));
            return new ListValue(known.Items.Skip((int)first).Take((int)(last - first)).ToArray());
        }
        if (from is not SizeValue index)
            return Fail(DiagnosticCatalogue.ValueType(At(expression.Span), "An index", "a whole number", "none"));
        switch (target)
        {
            case ListValue list when index.Size.Value is { } i:
                return i >= 0 && i < list.Items.Count
                    ? list.Items[(int)i]
                    : Fail(DiagnosticCatalogue.Index(At(expression.From!.Span), i.ToString(), list.Items.Count));
            case ListValue list:
                return ListItem(list, index.Size);
            case ListParameterValue list:
                return list.ItemAt(index.Size);
            default:
                return Fail(DiagnosticCatalogue.ValueType(At(expression.Target.Span), "What is indexed", "a list", target.Describe()));
        }
    }

    /// <summary>An item of a known list at a place that a loop counts.</summary>
    private static Value ListItem(ListValue list, Size index)
    {
        if (list.Items.All(item => item is SizeValue))
        {
            var sizes = list.Items.Select(item => ((SizeValue)item).Size).ToArray();
            var kind = sizes.SelectMany(size => size.Symbols()).Any(symbol => symbol.Kind == SymbolKind.Data) ? SymbolKind.Data : SymbolKind.Construction;
            return new SizeValue(Size.Of(new Symbol($"[{string.Join(", ", list.Items.Select(item => item.Key))}][{index}]", kind)
            {
                Origin = new ListChoice(sizes, index),
            }));
        }
        if (list.Items.All(item => item is BoolValue))
            return new BoolValue(new ConditionChoice(list.Items.Select(item => ((BoolValue)item).Condition).ToArray(), index));
        return new FloatValue(new NumberChoice(list.Items.Select(item => AsFloat(item).Number).ToArray(), index));
    }

    private Value EvaluateList(ListExpression list)
    {
        var items = list.Items.Select(Evaluate).ToArray();
        return items.Any(item => item is ErrorValue) ? ErrorValue.Instance : new ListValue(items);
    }

    private Value EvaluateRecord(RecordExpression expression)
    {
        var fields = expression.Fields.Select(field => (field.Name?.Text ?? "", Evaluate(field.Value), field.Span)).ToArray();
        return fields.Any(field => field.Item2 is ErrorValue) ? ErrorValue.Instance : new RecordValue(fields);
    }

    private Value EvaluateNegate(NegateExpression expression) => Evaluate(expression.Value) switch
    {
        SizeValue size => new SizeValue(-size.Size),
        FloatValue number => new FloatValue(Number.Negate(number.Number)),
        TensorValue tensor => ApplyLayer(
            OperationCatalogue.FindOperatorWithNumber("*", false)!, [tensor], NumberArgument(new SizeValue(-1), expression.Span), At(expression.Span), null, false, null),
        ErrorValue error => error,
        var other => Fail(DiagnosticCatalogue.ValueType(At(expression.Span), "What is negated", "a number or a tensor", other.Describe())),
    };

    private Value EvaluateNot(NotExpression expression) => Evaluate(expression.Value) switch
    {
        BoolValue value => new BoolValue(Condition.Not(value.Condition)),
        ErrorValue error => error,
        var other => Fail(DiagnosticCatalogue.ValueType(At(expression.Span), "What 'not' stands before", "true or false", other.Describe())),
    };

    private Value EvaluateRow(OperatorExpression row, string? target)
    {
        var value = Evaluate(row.First);
        var span = row.First.Span;
        foreach (var operand in row.Rest)
        {
            // The right side of a decided 'and' or 'or' is still read: its mistakes are mistakes.
            var right = Evaluate(operand.Right);
            span = TextSpan.Union(span, operand.Right.Span);
            value = value is ErrorValue || right is ErrorValue
                ? ErrorValue.Instance
                : Apply(operand, value, right, span, target);
        }
        return value;
    }

    private Value Apply(Operand operand, Value left, Value right, TextSpan span, string? target)
    {
        var op = operand.Operator;
        if (left is TensorValue || right is TensorValue)
            return ApplyToTensors(operand, left, right, span, target);
        switch (left, right)
        {
            case (SizeValue a, SizeValue b):
                return ApplyToSizes(operand, a.Size, b.Size);
            case (SizeValue or FloatValue, SizeValue or FloatValue):
                return ApplyToFloats(operand, AsFloat(left), AsFloat(right));
            case (BoolValue a, BoolValue b) when op is TokenOperator.And or TokenOperator.Or:
                return new BoolValue(Condition.Join(op == TokenOperator.And, a.Condition, b.Condition));
            case (BoolValue a, BoolValue b) when op is TokenOperator.Equal or TokenOperator.NotEqual:
                return new BoolValue(Condition.Same(op == TokenOperator.Equal, a.Condition, b.Condition));
        }
        var wanted = op is TokenOperator.And or TokenOperator.Or ? "true or false on both sides" : "numbers on both sides";
        return Fail(DiagnosticCatalogue.ValueType(At(span), $"'{Text(op)}'", $"between {wanted}", $"{left.Describe()} and {right.Describe()}"));
    }

    private static string Text(TokenOperator op) => op switch
    {
        TokenOperator.Add => "+",
        TokenOperator.Subtract => "-",
        TokenOperator.Multiply => "*",
        TokenOperator.Divide => "/",
        TokenOperator.Remainder => "%",
        TokenOperator.Equal => "==",
        TokenOperator.NotEqual => "!=",
        TokenOperator.Less => "<",
        TokenOperator.LessEqual => "<=",
        TokenOperator.Greater => ">",
        TokenOperator.GreaterEqual => ">=",
        TokenOperator.And => "and",
        _ => "or",
    };

    private Value ApplyToSizes(Operand operand, Size a, Size b)
    {
        (a, b) = (a.Substitute(_path.Assumptions), b.Substitute(_path.Assumptions));
        try
        {
            switch (operand.Operator)
            {
                case TokenOperator.Add:
                    return new SizeValue(a + b);
                case TokenOperator.Subtract:
                    return new SizeValue(a - b);
                case TokenOperator.Multiply:
                    return new SizeValue(a * b);
                case TokenOperator.Divide or TokenOperator.Remainder when b.Value == 0:
                    return Fail(DiagnosticCatalogue.DivisionByZero(At(operand.Right.Span)));
                case TokenOperator.Divide:
                    return new SizeValue(Size.FloorDivide(a, b));
                case TokenOperator.Remainder:
                    return new SizeValue(Size.Modulo(a, b));
                case TokenOperator.And or TokenOperator.Or:
                    return Fail(DiagnosticCatalogue.ValueType(At(operand.OperatorSpan), $"'{Text(operand.Operator)}'", "between conditions", $"{a} and {b}"));
                default:
                    return new BoolValue(Condition.Compare(ComparisonOf(operand.Operator), a, b));
            }
        }
        catch (OverflowException)
        {
            return Fail(DiagnosticCatalogue.Overflow(At(operand.Right.Span)));
        }
    }

    private static Comparison ComparisonOf(TokenOperator op) => op switch
    {
        TokenOperator.Equal => Comparison.Equal,
        TokenOperator.NotEqual => Comparison.NotEqual,
        TokenOperator.Less => Comparison.Less,
        TokenOperator.LessEqual => Comparison.LessOrEqual,
        TokenOperator.Greater => Comparison.Greater,
        _ => Comparison.GreaterOrEqual,
    };

    private static FloatValue AsFloat(Value value) => value is SizeValue size ? new FloatValue(Number.Of(size.Size)) : (FloatValue)value;

    private Value ApplyToFloats(Operand operand, FloatValue a, FloatValue b)
    {
        var op = operand.Operator;
        if (op is TokenOperator.And or TokenOperator.Or)
            return Fail(DiagnosticCatalogue.ValueType(At(operand.OperatorSpan), $"'{Text(op)}'", "between conditions", $"{a.Describe()} and {b.Describe()}"));
        if (op is TokenOperator.Divide or TokenOperator.Remainder && b.Constant == 0)
            return Fail(DiagnosticCatalogue.DivisionByZero(At(operand.Right.Span)));
        Arithmetic? arithmetic = op switch
        {
            TokenOperator.Add => Arithmetic.Add,
            TokenOperator.Subtract => Arithmetic.Subtract,
            TokenOperator.Multiply => Arithmetic.Multiply,
            TokenOperator.Divide => Arithmetic.Divide,
            TokenOperator.Remainder => Arithmetic.Remainder,
            _ => null,
        };
        return arithmetic is { } known
            ? new FloatValue(Number.Combine(known, a.Number, b.Number))
            : new BoolValue(Condition.Compare(ComparisonOf(op), a.Number, b.Number));
    }

    private Value ApplyToTensors(Operand operand, Value left, Value right, TextSpan span, string? target)
    {
        var symbol = Text(operand.Operator);
        var (isBehind, isBefore) = (left is TensorValue && right is SizeValue or FloatValue, left is SizeValue or FloatValue);
        if (left is TensorValue a && right is TensorValue b && OperationCatalogue.FindOperator(symbol) is { } join)
            return ApplyLayer(join, [a, b], Arguments.None, At(span), null, false, target);
        if ((isBehind || isBefore) && OperationCatalogue.FindOperatorWithNumber(symbol, isBefore) is { } withNumber)
            return ApplyLayer(withNumber, [(TensorValue)(isBefore ? right : left)],
                isBefore ? NumberArgument(left, span) : NumberArgument(right, operand.Right.Span), At(span), null, false, target);
        return Fail(DiagnosticCatalogue.ValueType(At(span), $"'{symbol}'",
            OperationCatalogue.FindOperator(symbol) is not null ? "between tensors or numbers"
            : operand.Operator == TokenOperator.Divide ? "between numbers, or a tensor by a number"
            : "between numbers (tensors have +, - and *, and / by a number)", $"{left.Describe()} and {right.Describe()}"));
    }

    private Arguments NumberArgument(Value value, TextSpan at) => Arguments.None.With(OperationCatalogue.NumberOfOperator.Name, value, At(at));
}
