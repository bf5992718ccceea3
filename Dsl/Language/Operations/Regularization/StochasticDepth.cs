using System.Collections.Generic;
using KnDsl.Language.Operations.Contract;
using KnDsl.Language.Values;

namespace KnDsl.Language.Operations;

/// <summary>
/// Leaves out a sample's whole branch at random while training (Huang et al. 2016, "Deep networks with stochastic depth").
/// </summary>
internal sealed class StochasticDepth : Operation
{
    public override string Name => "stochastic_depth";

    public override string Summary =>
        "Sets whole samples to zero at random during training and scales the others by 1 / (1 - p) (Huang et al. 2016).";

    public override string Example => "y = x + (x -> conv(64, 3) -> stochastic_depth(0.1))";

    private static readonly NumberParameter Probability =
        new("p", "Probability of zero.") { Minimum = 0, Maximum = 1, ExcludesMaximum = true };

    public override IReadOnlyList<OperationParameter> Parameters { get; } = [Probability];

    public override string ShapeRule => "any shape, unchanged";

    public override string MomentRule => "mean; (variance + p mean^2) / (1 - p), in training";

    public override Shape Infer(OperationCall call) => call.Input;

    public override ChannelOrder OutputChannels(OperationCall call) => ChannelOrder.OfInputs;

    public override Computation Compute(OperationCall call) =>
        Function("kndsl.stochastic_depth", Input(), call.Get(Probability), (Operand)new TrainingOperand());

    public override MomentStep Moments(OperationCall call) => Pass("Dropout", (Operand)new WhileTrainingOperand(call.Get(Probability)));
}
