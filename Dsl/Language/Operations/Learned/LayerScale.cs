using System.Collections.Generic;
using KnDsl.Language.Operations.Contract;
using KnDsl.Language.Values;

namespace KnDsl.Language.Operations;

/// <summary>A learned factor per channel (Touvron et al. 2021, "Going deeper with image transformers").</summary>
internal sealed class LayerScale : Operation
{
    public override string Name => "layer_scale";

    public override string Summary => "A learned factor per channel (Touvron et al. 2021); its parameter is named gamma.";

    public override string Example => "y = x -> ls: layer_scale(1e-6)";

    private static readonly NumberParameter Initial = new("initial", "Initial value of every factor.", "1e-5");

    public override IReadOnlyList<OperationParameter> Parameters { get; } = [Initial];

    public override string ShapeRule => "[N, C, ...], unchanged";

    public override string MomentRule => "factor mean; factor^2 variance";

    public override ModuleType Module { get; } = ModuleType.KnDsl("LayerScale");

    public override Shape? Infer(OperationCall call) =>
        call.RequireRankAtLeast(2, "[N, C, ...]") && call.RequireKnown(call.Input.Channels, "channels") ? call.Input : null;

    public override Construction Construct(OperationCall call) => new ModuleConstruction(Module, [call.Input.Channels, call.Get(Initial)]);

    public override Computation Compute(OperationCall call) => Apply();

    public override MomentStep Moments(OperationCall call) => ModuleStep.Instance;

    public override Size ParameterCount(OperationCall call) => call.Input.Channels;
}
