using System.Collections.Generic;
using KnDsl.Language.Operations.Contract;
using KnDsl.Language.Values;

namespace KnDsl.Language.Operations;

/// <summary>Divides by a norm over neighbouring channels (Krizhevsky et al. 2012, torch.nn.LocalResponseNorm).</summary>
internal sealed class LocalResponseNorm : Operation
{
    public override string Name => "local_response_norm";

    public override string Summary =>
        "Divides by (k + alpha mean of squares over neighbouring channels)^beta (Krizhevsky et al. 2012, torch.nn.LocalResponseNorm).";

    public override string Example => "y = x -> local_response_norm(5, k: 2.0)";

    private static readonly IntegerParameter Neighbours = new("size", "Number of neighbouring channels.") { Minimum = 1 };
    private static readonly NumberParameter Alpha = new("alpha", "Weight of the mean of squares.", "1e-4");
    private static readonly NumberParameter Beta = new("beta", "Exponent.", "0.75");
    private static readonly NumberParameter K = new("k", "The number added.", "1.0");

    public override IReadOnlyList<OperationParameter> Parameters { get; } = [Neighbours, Alpha, Beta, K];

    public override string ShapeRule => "[N, C, ...], unchanged";

    public override string? MomentRule => null;

    public override Shape? Infer(OperationCall call) =>
        call.RequireRankAtLeast(3, "[N, C, ...] with spatial dimensions") ? call.Input : null;

    public override ChannelOrder OutputChannels(OperationCall call) => ChannelOrder.Second;

    public override Computation Compute(OperationCall call) => Function(
        "torch.nn.functional.local_response_norm", Input(), call.Get(Neighbours), call.Get(Alpha), call.Get(Beta), call.Get(K));
}
