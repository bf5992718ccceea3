using System.Collections.Generic;
using KnDsl.Language.Operations.Contract;
using KnDsl.Language.Values;

namespace KnDsl.Language.Operations;

/// <summary>Leaves out a sample's whole branch at random while training (Huang et al. 2016, "Deep networks with stochastic depth").</summary>
internal sealed class StochasticDepth : Operation
{
    public override string Name => "stochastic_depth";

    public override string Summary => "Sets whole samples to zero at random while training and scales the others by 1 / (1 - p) (Huang et al. 2016).";

    public override string Example => "y = x + (x -> conv(64, 3) -> stochastic_depth(0.1))";

    public override IReadOnlyList<OperationParameter> Parameters { get; } =
        [new("p", ParameterKind.Number, "Probability of zero.", Minimum: 0, Below: 1, IncludesBelow: false)];

    public override string ShapeRule => "any shape, unchanged";

    public override string MomentRule => "mean; (variance + p mean^2) / (1 - p)";

    public override Shape Infer(OperationCall call) => call.Input;

    public override string Forward(OperationCall call, CodeContext code, string module, IReadOnlyList<string> inputs) =>
        $"Operations.stochastic_depth({inputs[0]}, {call.Number("p", code, 0)}, training)";

    public override string Propagate(OperationCall call, CodeContext code, string module, IReadOnlyList<string> states, string output) =>
        $"{states[0]}?.Pass(new DropoutRule({call.Number("p", code, 0)}), {output})";
}
