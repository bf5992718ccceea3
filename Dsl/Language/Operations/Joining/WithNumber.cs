using System.Collections.Generic;
using KnDsl.Language.Operations.Contract;
using KnDsl.Language.Values;

namespace KnDsl.Language.Operations;

/// <summary>A value and a number under an operator, such as <c>y * 0.1</c>: the operators between values are joins.</summary>
internal sealed class WithNumber(string symbol, bool isNumberFirst) : Operation
{
    /// <summary>The argument that holds the number: no file names it.</summary>
    public static readonly NumberParameter Number = new("number", "The number.");

    public override IReadOnlyList<OperationParameter> Parameters { get; } = [Number];

    public override string Name => symbol;

    public override bool IsOperator => true;

    public override bool KeepsLearned => true;

    public override string Summary => "A value and a number, element by element.";

    public override string Example => $"y = x {symbol} 0.1";

    public override string ShapeRule => "any shape, unchanged";

    public override string MomentRule => "those of a shifted or scaled Gaussian";

    public override OutputNumbers Numbers(OperationCall call) =>
        symbol != "/" && call.Argument(Number) is SizeValue ? OutputNumbers.OfInputs : OutputNumbers.Floating;

    public override Shape Infer(OperationCall call) => call.Input;

    public override ChannelOrder OutputChannels(OperationCall call) => ChannelOrder.OfInputs;

    public override Computation Compute(OperationCall call)
    {
        var number = call.Get(Number);
        return isNumberFirst ? new OperatorCall(symbol, number, Input()) : new OperatorCall(symbol, Input(), number);
    }

    public override MomentStep Moments(OperationCall call) => Pass("Elementwise", new FunctionOperand(Compute(call)));
}
