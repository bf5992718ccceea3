using System.Collections.Generic;
using System.Linq;
using KnDsl.Language.Diagnostics;
using KnDsl.Language.Operations.Contract;
using KnDsl.Language.Syntax;
using KnDsl.Language.Text;
using KnDsl.Language.Values;

namespace KnDsl.Language.Operations;

/// <summary>
/// The sizes that an extern module declares: numbers, parameters, names of sizes of its inputs, and what is computed of them. A name
/// that an input has by itself is that size; sizes that are computed come after their names.
/// </summary>
internal sealed class ExternSizes(ExternDeclaration declaration, SourceText source)
{
    /// <summary>Reports sizes that nothing tells.</summary>
    /// <returns>Whether all of them can be computed.</returns>
    public bool Check(DiagnosticBag diagnostics)
    {
        var known = new HashSet<string>(declaration.Parameters.Where(IsWhole).Select(parameter => parameter.Name.Text));
        var ok = true;
        foreach (var size in declaration.Inputs.SelectMany(input => input.Sizes))
            if (size is NameExpression plain)
                known.Add(plain.Name);
            else if (Unknown(size, known) is { } wrong)
            {
                ok = Refuse(DiagnosticCatalogue.ValueType(source.At(size.Span), "A size of a C# module's input",
                        "a number, a parameter or a name, or be computed from those before it", $"'{source.At(size.Span).OneLine()}'")
                    .WithHint(wrong is NameExpression inner ? $"Name the whole size: '{inner.Name}' is not solved for." : null));
                // One error is enough where another size has the same name.
                while (Unknown(size, known) is NameExpression name)
                    known.Add(name.Name);
            }
        foreach (var size in declaration.Outputs.SelectMany(output => output.Sizes))
            if (Unknown(size, known) is { } wrong)
                ok = Refuse(wrong is NameExpression name
                    ? DiagnosticCatalogue.UnknownName(source.At(name.Span), name.Name)
                    : DiagnosticCatalogue.ValueType(source.At(wrong.Span), "A size of a C# module's output",
                        "computed with whole numbers and names by + - * / %", $"'{source.At(wrong.Span).OneLine()}'"));
        foreach (var divisor in declaration.Inputs.Concat(declaration.Outputs).SelectMany(shape => shape.Sizes).SelectMany(Divisors))
            if (divisor is IntegerLiteral { Value: 0 })
                ok = Refuse(DiagnosticCatalogue.DivisionByZero(source.At(divisor.Span)));
        return ok;

        bool Refuse(Diagnostic diagnostic)
        {
            diagnostics.Add(diagnostic);
            return false;
        }
    }

    private static bool IsWhole(Parameter parameter) => parameter is { Type.Text: "int", IsList: false };

    /// <summary>The part of a size that cannot be computed, or null.</summary>
    private static Expression? Unknown(Expression size, HashSet<string> known) => size switch
    {
        IntegerLiteral or ErrorExpression => null,
        NameExpression name => known.Contains(name.Name) ? null : name,
        NegateExpression negate => Unknown(negate.Value, known),
        OperatorExpression row when row.Rest.All(operand => operand.Operator <= TokenOperator.Remainder) =>
            row.Rest.Select(operand => operand.Right).Prepend(row.First).Select(part => Unknown(part, known))
                .FirstOrDefault(part => part is not null),
        _ => size,
    };

    private static IEnumerable<Expression> Divisors(Expression size) => size switch
    {
        NegateExpression negate => Divisors(negate.Value),
        OperatorExpression row => Divisors(row.First).Concat(row.Rest.SelectMany(operand =>
            operand.Operator is TokenOperator.Divide or TokenOperator.Remainder ? [operand.Right] : Divisors(operand.Right))),
        _ => [],
    };

    /// <summary>What the parameters are in a call: an argument that is not given is the default that the declaration says.</summary>
    public Dictionary<string, Size> ValuesOf(OperationCall call, IReadOnlyList<OperationParameter> parameters)
    {
        var values = new Dictionary<string, Size>();
        for (var i = 0; i < parameters.Count; i++)
            if (call.Argument(parameters[i]) is SizeValue size)
                values[parameters[i].Name] = size.Size;
            else if (IsWhole(declaration.Parameters[i]) && declaration.Parameters[i].Default is { } otherwise
                && Evaluate(call, otherwise, values) is { } value)
                values[parameters[i].Name] = value;
        return values;
    }

    /// <summary>A size, or null where it is not known or where a divisor of it is 0, which is reported.</summary>
    public static Size? Evaluate(OperationCall call, Expression expression, IReadOnlyDictionary<string, Size> values)
    {
        switch (expression)
        {
            case IntegerLiteral number:
                return number.Value;
            case NameExpression name:
                return values.TryGetValue(name.Name, out var size) ? size : null;
            case NegateExpression negate:
                return Evaluate(call, negate.Value, values) is { } positive ? -positive : null;
            case OperatorExpression row:
                var value = Evaluate(call, row.First, values);
                foreach (var operand in row.Rest)
                    value = value is not null && Evaluate(call, operand.Right, values) is { } right
                        ? Apply(call, operand.Operator, value, right)
                        : null;
                return value;
            default:
                return null;
        }
    }

    private static Size? Apply(OperationCall call, TokenOperator by, Size left, Size right)
    {
        if (by is TokenOperator.Divide or TokenOperator.Remainder && !call.RequireNotZero(right,
            () => DiagnosticCatalogue.DivisionByZero(call.Place, right.IsConstant ? null : right.ToString())))
            return null;
        return by switch
        {
            TokenOperator.Add => left + right,
            TokenOperator.Subtract => left - right,
            TokenOperator.Multiply => left * right,
            TokenOperator.Divide => Size.FloorDivide(left, right),
            TokenOperator.Remainder => Size.Modulo(left, right),
            _ => null,
        };
    }
}
