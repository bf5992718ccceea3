using System.Collections.Generic;
using KnDsl.Language.Diagnostics;
using KnDsl.Language.Operations.Contract;
using KnDsl.Language.Values;

namespace KnDsl.Language.Operations;

/// <summary>
/// Normalization of each position over its channels (torch.nn.LayerNorm of one dimension; Zhang and Sennrich 2019 without a
/// mean). Unlike a norm stage it keeps no statistics, follows no policy and is no part of the chain.
/// </summary>
internal sealed class LayerNorm(bool isRms) : Operation
{
    public override string Name => isRms ? "rmsnorm" : "layernorm";

    public override string Summary => isRms
        ? "Divides each position by the root mean square over one dimension, its channels (Zhang and Sennrich 2019, torch.nn.RMSNorm); its "
            + "parameter is named weight."
        : "Normalizes each position over one dimension, its channels (torch.nn.LayerNorm), regardless of the network's policy; its "
            + "parameters "
            + "are named weight and bias.";

    public override string Example =>
        isRms ? "y = tokens -> rmsnorm" : "y = image -> conv(96, 4, stride: 4, padding: 0) -> layernorm(axis: 1)";

    private static readonly IntegerParameter AxisParameter = new(
        "axis", "The dimension: 1 in [N, C, H, W], -1 where the channels come last. Of a value of four or more dimensions it "
            + "must be given.", -1)
    {
        IsKnownInFile = true,
    };

    private static readonly NumberParameter Epsilon = new("eps", "Added to the variance.", "1e-5")
    {
        Minimum = 0,
        ExcludesMinimum = true,
        IsNameOnly = true,
    };

    public override IReadOnlyList<OperationParameter> Parameters { get; } = [AxisParameter, Epsilon];

    public override string ShapeRule => "any shape, unchanged";

    public override string? MomentRule => null;

    public override ModuleType Module { get; } = ModuleType.KnDsl(isRms ? "ChannelRmsNorm" : "ChannelLayerNorm");

    private static int? Axis(OperationCall call) => Axes.Resolve(call, AxisParameter);

    public override Shape? Infer(OperationCall call)
    {
        if (!call.RequireRankAtLeast(2, "[N, ..., C]"))
            return null;
        // Over the last dimension of an image it would run, and normalize rows.
        if (call.Input.Rank > 3 && !call.Has(AxisParameter))
        {
            call.Report(DiagnosticCatalogue.MissingArgument(call.Place, Name, "axis", $"a dimension of {call.Input}")
                .WithHint($"Write {Name}(axis: 1) if the channels are second, {Name}(axis: -1) if they are last."));
            return null;
        }
        if (Axes.ResolveChannels(call, AxisParameter) is not { } axis)
            return null;
        return call.RequireKnown(call.Input[axis], "channels", axis == call.Input.Rank - 1) ? call.Input : null;
    }

    private static Size Channels(OperationCall call) => call.Input[Axis(call) ?? 1];

    public override Construction Construct(OperationCall call) =>
        new ModuleConstruction(Module, [Channels(call), call.Get(AxisParameter), call.Get(Epsilon)]);

    public override InputNumbers Takes(OperationCall call) => InputNumbers.Floating;

    public override ChannelOrder OutputChannels(OperationCall call) =>
        Axis(call) == call.Input.Rank - 1 ? ChannelOrder.LastUnlessSecond : ChannelOrder.Unknown;

    public override Computation Compute(OperationCall call) => Apply();

    public override Size ParameterCount(OperationCall call) => Channels(call) * (isRms ? 1 : 2);
}
