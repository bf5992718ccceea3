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

    public override IReadOnlyList<OperationParameter> Parameters { get; } = [new("initial", ParameterKind.Number, "Value of every factor at first.", "1e-5")];

    public override string ShapeRule => "[N, C, ...], unchanged";

    public override string MomentRule => "factor mean; factor^2 variance";

    public override string ModuleType => "LayerScale";

    public override Shape? Infer(OperationCall call) =>
        call.RequireRankAtLeast(2, "[N, C, ...]") && call.RequireKnown(call.Input.Channels, "channels") ? call.Input : null;

    public override string Construct(OperationCall call, CodeContext code) =>
        $"new LayerScale({code.Of(call.Input.Channels)}, {call.Number("initial", code, 1e-5)}, device, dtype)";

    public override string Forward(OperationCall call, CodeContext code, string module, IReadOnlyList<string> inputs) => $"{module}.call({inputs[0]})";

    public override string Propagate(OperationCall call, CodeContext code, string module, IReadOnlyList<string> states, string output) =>
        $"{states[0]}?.Pass(new ScaleRule({module}.gamma), {output})";

    public override Size ParameterCount(OperationCall call) => call.Input.Channels;
}
