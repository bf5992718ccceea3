using System.Collections.Generic;
using KnDsl.Language.Operations.Contract;
using KnDsl.Language.Values;

namespace KnDsl.Language.Operations;

/// <summary>Divides by a norm over neighbouring channels (Krizhevsky et al. 2012, torch.nn.LocalResponseNorm).</summary>
internal sealed class LocalResponseNorm : Operation
{
    public override string Name => "local_response_norm";

    public override string Summary => "Divides by (k + alpha mean of squares over neighbouring channels)^beta (Krizhevsky et al. 2012, torch.nn.LocalResponseNorm).";

    public override string Example => "y = x -> local_response_norm(5, k: 2.0)";

    public override IReadOnlyList<OperationParameter> Parameters { get; } =
    [
        new("size", ParameterKind.Integer, "Number of neighbouring channels.", Minimum: 1),
        new("alpha", ParameterKind.Number, "Weight of the mean of squares.", "1e-4"),
        new("beta", ParameterKind.Number, "Exponent.", "0.75"),
        new("k", ParameterKind.Number, "What is added.", "1.0"),
    ];

    public override string ShapeRule => "[N, C, ...], unchanged";

    public override string? MomentRule => null;

    public override Shape? Infer(OperationCall call) => call.RequireRankAtLeast(3, "[N, C, ...] with spatial dimensions") ? call.Input : null;

    public override string Forward(OperationCall call, CodeContext code, string module, IReadOnlyList<string> inputs) =>
        $"nn.functional.local_response_norm({inputs[0]}, {code.Of(call.Integer("size"))}, {call.Number("alpha", code, 1e-4)}, {call.Number("beta", code, 0.75)}, {call.Number("k", code, 1)})";
}
