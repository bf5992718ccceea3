using System.Collections.Generic;
using KnDsl.Language.Operations.Contract;
using KnDsl.Language.Values;

namespace KnDsl.Language.Operations;

/// <summary>A value and a number under an operator, such as <c>y * 0.1</c>: the operators between values are joins.</summary>
internal sealed class WithNumber(string symbol, bool isNumberFirst) : Operation
{
    /// <summary>The argument that holds the number.</summary>
    public const string Argument = "number";

    private static readonly Dictionary<string, WithNumber> NumberBehind = Of("+-*/", false);
    private static readonly Dictionary<string, WithNumber> NumberBefore = Of("+-*", true);

    private static Dictionary<string, WithNumber> Of(string symbols, bool isNumberFirst)
    {
        var layers = new Dictionary<string, WithNumber>();
        foreach (var symbol in symbols)
            layers[symbol.ToString()] = new WithNumber(symbol.ToString(), isNumberFirst);
        return layers;
    }

    /// <summary>The value, then the number.</summary>
    public static WithNumber Behind(string symbol) => NumberBehind[symbol];

    /// <summary>The number, then the value.</summary>
    public static WithNumber Before(string symbol) => NumberBefore[symbol];

    public override string Name => symbol;

    public override string Summary => "A value and a number, element by element.";

    public override string Example => $"y = x {symbol} 0.1";

    public override string ShapeRule => "any shape, unchanged";

    public override string MomentRule => "those of a Gaussian that is moved or scaled";

    public override Shape Infer(OperationCall call) => call.Input;

    public override string Forward(OperationCall call, CodeContext code, string module, IReadOnlyList<string> inputs) => Expression(call, code, inputs[0]);

    public override string Propagate(OperationCall call, CodeContext code, string module, IReadOnlyList<string> states, string output) =>
        $"{states[0]}?.Pass(new ElementwiseRule(value => {Expression(call, code, "value")}), {output})";

    private string Expression(OperationCall call, CodeContext code, string input)
    {
        var number = call.Number(Argument, code, 0);
        if (call.Argument(Argument) is SizeValue { Size.Value: null })
            number = $"({number})";
        return isNumberFirst ? $"{number} {symbol} {input}" : $"{input} {symbol} {number}";
    }
}
