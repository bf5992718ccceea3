using System.Collections.Generic;
using KnDsl.Language.Operations.Contract;
using KnDsl.Language.Values;

namespace KnDsl.Language.Operations;

/// <summary>Sets elements (or whole channels) to zero at random while training (torch.nn.Dropout, Dropout1d, Dropout2d).</summary>
/// <param name="dimensions">0 for single elements, else the spatial dimensions of the channels that are dropped whole.</param>
internal sealed class Dropout(int dimensions) : Operation
{
    public override string Name => dimensions == 0 ? "dropout" : $"dropout{dimensions}d";

    public override string Summary => dimensions == 0
        ? "Sets elements to zero at random while training and scales the others by 1 / (1 - p) (torch.nn.Dropout)."
        : $"Sets whole channels to zero at random while training and scales the others by 1 / (1 - p) (torch.nn.Dropout{dimensions}d).";

    public override string Example => $"y = x -> {Name}(0.2)";

    public override IReadOnlyList<OperationParameter> Parameters { get; } =
        [new("p", ParameterKind.Number, "Probability of zero.", "0.5", Minimum: 0, Below: 1, IncludesBelow: false)];

    public override string ShapeRule => dimensions == 0 ? "any shape, unchanged" : $"rank {dimensions + 2}, unchanged";

    public override string MomentRule => "mean; (variance + p mean^2) / (1 - p)";

    public override Shape? Infer(OperationCall call) =>
        dimensions == 0 || call.RequireRank(dimensions + 2, $"{dimensions + 2} dimensions") ? call.Input : null;

    public override string Forward(OperationCall call, CodeContext code, string module, IReadOnlyList<string> inputs) =>
        $"nn.functional.{Name}({inputs[0]}, {call.Number("p", code, 0.5)}, training)";

    public override string Propagate(OperationCall call, CodeContext code, string module, IReadOnlyList<string> states, string output) =>
        $"{states[0]}?.Pass(new DropoutRule({call.Number("p", code, 0.5)}), {output})";
}
