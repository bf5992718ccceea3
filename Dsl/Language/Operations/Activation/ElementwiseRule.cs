using System.Collections.Generic;
using System.Linq;
using KnDsl.Language.Operations.Contract;
using KnDsl.Language.Values;

namespace KnDsl.Language.Operations;

/// <summary>How moments pass a function of single elements.</summary>
/// <param name="Name">The rule of the runtime, or null for quadrature of the function itself.</param>
/// <param name="Words">The rule in words.</param>
/// <param name="Fixed">The numbers of a rule that is told none by the operation's arguments.</param>
internal sealed record ElementwiseRule(string? Name, string Words, IReadOnlyList<double>? Fixed = null)
{
    private const string CutOff = "the moments of a truncated Gaussian, in closed form";

    public static readonly ElementwiseRule Quadrature = new(null, "the moments of the function of a Gaussian, by Gauss-Hermite quadrature");
    public static readonly ElementwiseRule Relu = new("Relu", "the moments of a rectified Gaussian, in closed form");
    public static readonly ElementwiseRule LeakyRelu = new("LeakyRelu", CutOff);
    public static readonly ElementwiseRule Hardsigmoid = new("Hardsigmoid", CutOff);
    public static readonly ElementwiseRule Clamp = new("Clamp", CutOff);
    public static readonly ElementwiseRule Threshold = new("Threshold", CutOff);
    public static readonly ElementwiseRule Softshrink = new("Softshrink", CutOff);
    public static readonly ElementwiseRule Hardshrink = new("Hardshrink", CutOff);

    /// <summary>The moments of a value that is limited to a range that does not change.</summary>
    public static ElementwiseRule ClampTo(double low, double high) => new("Clamp", CutOff, [low, high]);

    public MomentStep Step(OperationCall call, IReadOnlyList<NumberParameter> parameters)
    {
        if (Name is null)
            return new PassStep(0, "Elementwise", [new FunctionOperand(call.Operation.Compute(call))]);
        return new PassStep(0, Name, Fixed is not null
            ? [.. Fixed.Select(number => (NamedOperand)(Number)new NumberConstant(number))]
            : [.. parameters.Select(parameter => (NamedOperand)call.Get(parameter))]);
    }
}
