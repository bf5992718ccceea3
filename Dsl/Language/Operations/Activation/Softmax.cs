using System.Collections.Generic;
using KnDsl.Language.Operations.Contract;
using KnDsl.Language.Values;

namespace KnDsl.Language.Operations;

/// <summary>Exponentials that sum to one along a dimension (torch.nn.Softmax, LogSoftmax).</summary>
internal sealed class Softmax(bool isLog) : Operation
{
    public override string Name => isLog ? "log_softmax" : "softmax";

    public override bool KeepsLearned => true;

    public override string Summary =>
        $"{(isLog ? "The logarithm of exponentials" : "Exponentials")} that sum to one along a dimension "
            + $"(torch.nn.{(isLog ? "LogSoftmax" : "Softmax")}).";

    public override string Example => $"p = logits -> {Name}";

    private static readonly IntegerParameter Axis = new("axis", "The dimension.", 1) { IsKnownInFile = true };

    public override IReadOnlyList<OperationParameter> Parameters { get; } = [Axis];

    public override string ShapeRule => "any shape, unchanged";

    public override string MomentRule =>
        $"mean and variance of the {(isLog ? "logarithm of the " : "")}softmax of independent Gaussians, by quadrature; "
            + "over the batch it cuts the chain";

    public override bool PassesState(OperationCall call) => Axes.Resolve(call, Axis) is > 0;

    public override Shape? Infer(OperationCall call) => Axes.Resolve(call, Axis) is null ? null : call.Input;

    public override ChannelOrder OutputChannels(OperationCall call) => ChannelOrder.OfInputs;

    public override Computation Compute(OperationCall call) => Function($"torch.nn.functional.{Name}", Input(), call.Get(Axis));

    public override MomentStep Moments(OperationCall call) => Pass(isLog ? "LogSoftmax" : "Softmax", call.Get(Axis));
}
