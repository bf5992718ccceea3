using System.Collections.Generic;
using System.Linq;
using KnDsl.Language.Values;

namespace KnDsl.Language.Operations.Contract;

/// <summary>What an operation does with its values, as data. A printer writes it: as C#, or in time as something else.</summary>
internal abstract record Computation : Operand
{
    public override IEnumerable<Symbol> Symbols() => Parts.SelectMany(part => part.Symbols());
}

/// <summary>
/// A function: one of PyTorch's by its full name (<c>torch.nn.functional.relu</c>), or one of the runtime's (<c>kndsl.channel_shuffle</c>).
/// </summary>
internal sealed record FunctionCall(string Function, IReadOnlyList<NamedOperand> Arguments) : Computation
{
    public override IReadOnlyList<Operand> Parts => Arguments.Select(argument => argument.Value).ToArray();
}

/// <summary>A method of a tensor, by PyTorch's name.</summary>
internal sealed record MethodCall(Operand Receiver, string Method, IReadOnlyList<NamedOperand> Arguments) : Computation
{
    public override IReadOnlyList<Operand> Parts => [Receiver, .. Arguments.Select(argument => argument.Value)];
}

/// <summary>The operation's module, applied.</summary>
internal sealed record ModuleCall(IReadOnlyList<Operand> Inputs) : Computation
{
    public override IReadOnlyList<Operand> Parts => Inputs;
}

/// <summary>Two operands under an operator.</summary>
internal sealed record OperatorCall(string Operator, Operand Left, Operand Right) : Computation
{
    public override IReadOnlyList<Operand> Parts => [Left, Right];
}
