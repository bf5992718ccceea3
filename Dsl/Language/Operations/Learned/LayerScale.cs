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

    private static readonly IntegerParameter AxisParameter = Axes.OfChannels();

    public override IReadOnlyList<OperationParameter> Parameters { get; } = [Initial, AxisParameter];

    public override string ShapeRule => "[N, C, ...], unchanged";

    public override string MomentRule => "factor mean; factor^2 variance; along another dimension than the second it cuts the chain";

    public override ModuleType Module { get; } = ModuleType.KnDsl("LayerScale");

    public override Shape? Infer(OperationCall call) =>
        call.RequireRankAtLeast(2, "[N, C, ...]") && Axes.ResolveChannels(call, AxisParameter) is { } axis
            && call.RequireKnown(call.Input[axis], "channels", axis == call.Input.Rank - 1) ? call.Input : null;

    private static Size Channels(OperationCall call) => call.Input[Axes.ResolveChannels(call, AxisParameter) ?? 1];

    public override ChannelOrder OutputChannels(OperationCall call) =>
        call.Has(AxisParameter) ? ChannelOrder.OfInputs : ChannelOrder.Unknown;

    public override string? ForChannelsLast(OperationCall call) => call.Has(AxisParameter) ? null : "Write layer_scale(axis: -1).";

    public override Construction Construct(OperationCall call) =>
        new ModuleConstruction(Module, [Channels(call), call.Get(Initial), call.Get(AxisParameter)]);

    public override Computation Compute(OperationCall call) => Apply();

    /// <summary>The states are those of the second dimension.</summary>
    public override bool PassesState(OperationCall call) => Axes.ResolveChannels(call, AxisParameter) == 1;

    public override MomentStep Moments(OperationCall call) => ModuleStep.Instance;

    public override Size ParameterCount(OperationCall call) => Channels(call);
}
