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
        ? "Divides each position by the root mean square over one dimension, its channels (Zhang and Sennrich 2019, torch.nn.RMSNorm); its parameter is named weight."
        : "Normalizes each position over one dimension, its channels (torch.nn.LayerNorm), whatever the network's policy; its parameters are named weight and bias.";

    public override string Example => isRms ? "y = tokens -> rmsnorm" : "y = image -> conv(96, 4, stride: 4, padding: 0) -> layernorm(axis: 1)";

    public override IReadOnlyList<OperationParameter> Parameters { get; } =
    [
        new("axis", ParameterKind.Integer, "The dimension: 1 in [N, C, H, W], -1 where the channels come last. Of a value of four or more dimensions it must be given.", "-1"),
        new("eps", ParameterKind.Number, "Added to the variance.", "1e-5", Minimum: 0, IncludesMinimum: false),
    ];

    public override string ShapeRule => "any shape, unchanged";

    public override string? MomentRule => null;

    public override string ModuleType => isRms ? "ChannelRmsNorm" : "ChannelLayerNorm";

    private static int? Axis(OperationCall call) => Axes.Resolve(call, "axis", call.Integer("axis", -1));

    public override Shape? Infer(OperationCall call)
    {
        if (!call.RequireRankAtLeast(2, "[N, ..., C]"))
            return null;
        // Over the last dimension of an image it would run, and normalize rows.
        if (call.Input.Rank > 3 && !call.Has("axis"))
        {
            call.Report(DiagnosticCatalogue.MissingArgument(call.Place, Name, "axis", $"a dimension of {call.Input}")
                .WithHint($"Write {Name}(axis: 1) where the channels come second, {Name}(axis: -1) where they come last."));
            return null;
        }
        if (Axis(call) is not { } axis)
            return null;
        if (axis == 0)
        {
            call.Report(DiagnosticCatalogue.ArgumentRange(call.PlaceOf("axis"), Name, "axis", "a dimension behind the batch", "0"));
            return null;
        }
        return call.RequireKnown(call.Input[axis], "channels", axis == call.Input.Rank - 1) ? call.Input : null;
    }

    private static Size Channels(OperationCall call) => call.Input[Axis(call) ?? 1];

    public override string Construct(OperationCall call, CodeContext code) =>
        $"new {ModuleType}({code.Of(Channels(call))}, {code.Of(call.Integer("axis", -1))}, {call.Number("eps", code, 1e-5)}, device, dtype)";

    public override string Forward(OperationCall call, CodeContext code, string module, IReadOnlyList<string> inputs) => $"{module}.call({inputs[0]})";

    public override Size ParameterCount(OperationCall call) => Channels(call) * (isRms ? 1 : 2);
}
