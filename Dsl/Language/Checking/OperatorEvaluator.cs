using System;
using System.Linq;
using KnDsl.Language.Diagnostics;
using KnDsl.Language.Operations;
using KnDsl.Language.Operations.Contract;
using KnDsl.Language.Syntax;
using KnDsl.Language.Text;
using KnDsl.Language.Values;

namespace KnDsl.Language.Checking;

/// <summary>Evaluates operators: arithmetic on sizes and numbers, comparisons, conditions, and the joins of tensors.</summary>
internal sealed class OperatorEvaluator(Rooms rooms)
{
    private Findings Findings => rooms.Findings;

    private Place At(TextSpan span) => rooms.Subject.At(span);

    public Value Evaluate(BodyPath path, OperatorExpression row, string? target)
    {
        var value = rooms.Expressions.Evaluate(path, row.First);
        var span = row.First.Span;
        foreach (var operand in row.Rest)
        {
            // The right side of a decided 'and' or 'or' is still read: its mistakes are mistakes. But what it demands of arguments
            // the left side may have ruled out, as in list.count > 2 and list[2] > 0.
            var planned = path.Items.Count;
            var right = rooms.Expressions.Evaluate(path, operand.Right);
            if (operand.Operator is TokenOperator.And or TokenOperator.Or)
                path.Forget(planned);
            span = TextSpan.Union(span, operand.Right.Span);
            try
            {
                value = value is ErrorValue || right is ErrorValue ? ErrorValue.Instance
                    : Apply(path, operand, value, right, span, target);
            }
            catch (OverflowException)
            {
                value = Overflow(operand);
            }
        }
        return value;
    }

    private Value Apply(BodyPath path, RightOperand operand, Value left, Value right, TextSpan span, string? target)
    {
        var op = operand.Operator;
        if (left is TensorValue || right is TensorValue)
            return ApplyToTensors(path, operand, left, right, span, target);
        switch (left, right)
        {
            case (SizeValue a, SizeValue b):
                return ApplyToSizes(path, operand, a.Size, b.Size);
            case (SizeValue or FloatValue, SizeValue or FloatValue):
                return ApplyToFloats(path, operand, FloatValue.Of(left), FloatValue.Of(right));
            case (BoolValue a, BoolValue b) when op is TokenOperator.And or TokenOperator.Or:
                return new BoolValue(Condition.Join(op == TokenOperator.And, a.Condition, b.Condition));
            case (BoolValue a, BoolValue b) when op is TokenOperator.Equal or TokenOperator.NotEqual:
                return new BoolValue(Condition.Same(op == TokenOperator.Equal, a.Condition, b.Condition));
        }
        var wanted = op is TokenOperator.And or TokenOperator.Or ? "true or false on both sides" : "numbers on both sides";
        return Findings.Fail(
            DiagnosticCatalogue.ValueType(At(span), $"'{Text(op)}'", $"between {wanted}", $"{left.Describe()} and {right.Describe()}")
                .WithHint(left is BoolValue && right is SizeValue or FloatValue && op is not (TokenOperator.And or TokenOperator.Or)
                    ? "Each comparison is of two numbers: join two of them by 'and'." : null));
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

    private Value ApplyToSizes(BodyPath path, RightOperand operand, Size a, Size b)
    {
        (a, b) = (a.Substitute(path.Assumptions), b.Substitute(path.Assumptions));
        switch (operand.Operator)
        {
            case TokenOperator.Add:
                return Bounded(a + b, operand);
            case TokenOperator.Subtract:
                return Bounded(a - b, operand);
            case TokenOperator.Multiply:
                return Bounded(a * b, operand);
            case TokenOperator.Divide or TokenOperator.Remainder:
                return !rooms.Requirements.RequireNotZero(path, b, () => DivisionByZero(operand, Number.Of(b))) ? ErrorValue.Instance
                    : Bounded(operand.Operator == TokenOperator.Divide ? Size.FloorDivide(a, b) : Size.Modulo(a, b), operand);
            case TokenOperator.And or TokenOperator.Or:
                return NotBetweenConditions(operand, $"{a} and {b}");
            default:
                return new BoolValue(Condition.Compare(ComparisonOf(operand.Operator), a, b));
        }
    }

    private Value Bounded(Size size, RightOperand operand) => size.IsBounded ? new SizeValue(size) : Overflow(operand);

    private Value Overflow(RightOperand operand) => Findings.Fail(DiagnosticCatalogue.Overflow(At(operand.Right.Span)));

    private Value NotBetweenConditions(RightOperand operand, string found) =>
        Findings.Fail(DiagnosticCatalogue.ValueType(At(operand.OperatorSpan), $"'{Text(operand.Operator)}'", "between conditions", found));

    private static Comparison ComparisonOf(TokenOperator op) => op switch
    {
        TokenOperator.Equal => Comparison.Equal,
        TokenOperator.NotEqual => Comparison.NotEqual,
        TokenOperator.Less => Comparison.Less,
        TokenOperator.LessEqual => Comparison.LessOrEqual,
        TokenOperator.Greater => Comparison.Greater,
        _ => Comparison.GreaterOrEqual,
    };

    private Value ApplyToFloats(BodyPath path, RightOperand operand, FloatValue a, FloatValue b)
    {
        var op = operand.Operator;
        if (op is TokenOperator.And or TokenOperator.Or)
            return NotBetweenConditions(operand, $"{a.Describe()} and {b.Describe()}");
        if (op is TokenOperator.Divide or TokenOperator.Remainder && !IsDivisor(path, operand, b.Number))
            return ErrorValue.Instance;
        Arithmetic? arithmetic = op switch
        {
            TokenOperator.Add => Arithmetic.Add,
            TokenOperator.Subtract => Arithmetic.Subtract,
            TokenOperator.Multiply => Arithmetic.Multiply,
            TokenOperator.Divide => Arithmetic.Divide,
            TokenOperator.Remainder => Arithmetic.Remainder,
            _ => null,
        };
        if (arithmetic is { } known)
            return Number.Combine(known, a.Number, b.Number) is var result && result.Value is { } value
                && (double.IsInfinity(value) || double.IsNaN(value))
                ? Findings.Fail(DiagnosticCatalogue.NotFinite(At(operand.Right.Span)))
                : new FloatValue(result);
        return new BoolValue(Condition.Compare(ComparisonOf(op), a.Number, b.Number));
    }

    /// <summary>Whether a number can be a divisor; where arguments decide it, the constructor checks.</summary>
    private bool IsDivisor(BodyPath path, RightOperand operand, Number number) =>
        rooms.Requirements.RequireNotZero(path, number, () => DivisionByZero(operand, number));

    private Diagnostic DivisionByZero(RightOperand operand, Number divisor) =>
        DiagnosticCatalogue.DivisionByZero(At(operand.Right.Span), divisor.Value is null ? divisor.ToString() : null);

    private Value ApplyToTensors(BodyPath path, RightOperand operand, Value left, Value right, TextSpan span, string? target)
    {
        var symbol = Text(operand.Operator);
        if (left is TensorValue a && right is TensorValue b)
        {
            if (OperationCatalogue.FindOperator(symbol) is { } join)
                return Apply(join, [a, b], Arguments.None);
        }
        else
        {
            var isNumberFirst = right is TensorValue;
            var (tensor, number) = isNumberFirst ? (right, left) : (left, right);
            if (operand.Operator == TokenOperator.Divide && number is SizeValue or FloatValue && !isNumberFirst
                && !IsDivisor(path, operand, FloatValue.Of(number).Number))
                return ErrorValue.Instance;
            if (number is SizeValue or FloatValue && OperationCatalogue.FindOperatorWithNumber(symbol, isNumberFirst) is { } withNumber)
                return Apply(withNumber, [(TensorValue)tensor], NumberArgument(number, At(isNumberFirst ? span : operand.Right.Span)));
        }
        return Findings.Fail(DiagnosticCatalogue.ValueType(At(span), $"'{symbol}'",
            OperationCatalogue.FindOperator(symbol) is not null ? "between tensors or numbers"
            : operand.Operator == TokenOperator.Divide ? "between numbers, or a tensor by a number"
            : "between numbers (tensors have +, - and *, and / by a number)", $"{left.Describe()} and {right.Describe()}")
            .WithHint(operand.Operator == TokenOperator.Divide && left is TensorValue && right is TensorValue
                ? "A C# module that 'extern' declares can divide values."
                : new[] { left, right }.OfType<RecordValue>().FirstOrDefault(row => row.Fields[0].Value is TensorValue) is { } row
                ? $"A label is not in parentheses: write a statement of its own before, 't = {row.Fields[0].Name}: ...'." : null));

        Value Apply(Operation operation, TensorValue[] inputs, Arguments arguments) =>
            rooms.Operations.Apply(path, operation, inputs, arguments, At(span), target: target);
    }

    /// <summary>The argument of an operator between a value and a number.</summary>
    public static Arguments NumberArgument(Value number, Place place) =>
        Arguments.None.With(OperationCatalogue.NumberOfOperator.Name, number, place);
}
