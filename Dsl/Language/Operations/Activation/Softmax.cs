using System.Collections.Generic;
using KnDsl.Language.Operations.Contract;
using KnDsl.Language.Values;

namespace KnDsl.Language.Operations;

/// <summary>Exponentials that sum to one along a dimension (torch.nn.Softmax, LogSoftmax).</summary>
internal sealed class Softmax(bool isLog) : Operation
{
    public override string Name => isLog ? "log_softmax" : "softmax";

    public override string Summary => $"{(isLog ? "The logarithm of exponentials" : "Exponentials")} that sum to one along a dimension (torch.nn.{(isLog ? "LogSoftmax" : "Softmax")}).";

    public override string Example => $"p = logits -> {Name}";

    public override IReadOnlyList<OperationParameter> Parameters { get; } =
        [new("axis", ParameterKind.Integer, "The dimension.", "1")];

    public override string ShapeRule => "any shape, unchanged";

    public override string MomentRule =>
        "mean and variance of the softmax of independent Gaussians, by quadrature; over the batch it cuts the chain";

    public override bool PassesState(OperationCall call) => Axes.Resolve(call, "axis", call.Integer("axis")) is > 0;

    public override Shape? Infer(OperationCall call) => Axes.Resolve(call, "axis", call.Integer("axis")) is null ? null : call.Input;

    public override string Forward(OperationCall call, CodeContext code, string module, IReadOnlyList<string> inputs) =>
        $"nn.functional.{Name}({inputs[0]}, {code.Of(call.Integer("axis"))})";

    public override string Propagate(OperationCall call, CodeContext code, string module, IReadOnlyList<string> states, string output) =>
        $"{states[0]}?.Pass(new {(isLog ? "LogSoftmax" : "Softmax")}Rule({code.Of(call.Integer("axis"))}), {output})";
}
