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
        ? "Sets elements to zero at random during training and scales the others by 1 / (1 - p) (torch.nn.Dropout)."
        : $"Sets whole channels to zero at random during training and scales the others by 1 / (1 - p) (torch.nn.Dropout{dimensions}d).";

    public override string Example => $"y = x -> {Name}(0.2)";

    private static readonly NumberParameter Probability =
        new("p", "Probability of zero.", "0.5") { Minimum = 0, Maximum = 1, ExcludesMaximum = true };

    public override IReadOnlyList<OperationParameter> Parameters { get; } = [Probability];

    public override string ShapeRule => dimensions == 0 ? "any shape, unchanged" : $"rank {dimensions + 2}, unchanged";

    public override string MomentRule => "mean; (variance + p mean^2) / (1 - p), in training";

    public override Shape? Infer(OperationCall call) =>
        dimensions == 0 || call.RequireRank(dimensions + 2, $"{dimensions + 2} dimensions") ? call.Input : null;

    public override ChannelOrder OutputChannels(OperationCall call) => ChannelOrder.OfInputs;

    public override string? ForChannelsLast(OperationCall call) =>
        dimensions == 0 ? null : "Write dropout for single elements, or permute before it, and after it to go back.";

    public override Computation Compute(OperationCall call) =>
        Function($"torch.nn.functional.{Name}", Input(), call.Get(Probability), (Operand)new TrainingOperand());

    public override MomentStep Moments(OperationCall call) => Pass("Dropout", (Operand)new WhileTrainingOperand(call.Get(Probability)));
}
