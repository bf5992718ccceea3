using System.Collections.Generic;
using KnDsl.Dsl.Model;

namespace KnDsl.Dsl.Layers;

/// <summary>A learned factor per channel (Touvron et al. 2021, "Going deeper with image transformers").</summary>
internal sealed class LayerScale : Layer
{
    public override string Name => "layer_scale";

    public override string Summary => "A learned factor per channel (Touvron et al. 2021); its parameter is named gamma.";

    public override string Example => "y = x -> ls: layer_scale(1e-6)";

    public override IReadOnlyList<LayerParameter> Parameters { get; } = [new("initial", ParameterKind.Number, "Value of every factor at first.", "1e-5")];

    public override string ShapeRule => "[N, C, ...], unchanged";

    public override string MomentRule => "factor mean; factor^2 variance";

    public override string ModuleType => "LayerScale";

    public override Shape? Infer(LayerCall call) =>
        call.RequireRankAtLeast(2, "[N, C, ...]") && call.RequireKnown(call.Input.Channels, "channels") ? call.Input : null;

    public override string Construct(LayerCall call, CodeContext code) =>
        $"new LayerScale({code.Of(call.Input.Channels)}, {call.Number("initial", code, 1e-5)}, device, dtype)";

    public override string Forward(LayerCall call, CodeContext code, string module, IReadOnlyList<string> inputs) => $"{module}.call({inputs[0]})";

    public override string Propagate(LayerCall call, CodeContext code, string module, IReadOnlyList<string> states, string output) =>
        $"{states[0]}?.LayerScale({module}.gamma)";

    public override Size ParameterCount(LayerCall call) => call.Input.Channels;
}

/// <summary>ReLU with a learned slope below zero (torch.nn.PReLU).</summary>
internal sealed class PRelu : Layer
{
    public override string Name => "prelu";

    public override string Summary => "x where positive, a learned slope times x elsewhere, one slope per channel (torch.nn.PReLU).";

    public override string Example => "y = x -> act: prelu";

    public override IReadOnlyList<LayerParameter> Parameters { get; } = [new("initial", ParameterKind.Number, "Value of every slope at first.", "0.25")];

    public override string ShapeRule => "[N, C, ...], unchanged";

    public override string MomentRule => "the moments of a Gaussian that is scaled below zero, in closed form";

    public override string ModuleType => "PReLU";

    public override Shape? Infer(LayerCall call) =>
        call.RequireRankAtLeast(2, "[N, C, ...]") && call.RequireKnown(call.Input.Channels, "channels") ? call.Input : null;

    public override string Construct(LayerCall call, CodeContext code) =>
        $"nn.PReLU({code.Of(call.Input.Channels)}, {call.Number("initial", code, 0.25)}, device: device, dtype: dtype)";

    public override string Forward(LayerCall call, CodeContext code, string module, IReadOnlyList<string> inputs) => $"{module}.call({inputs[0]})";

    public override string Propagate(LayerCall call, CodeContext code, string module, IReadOnlyList<string> states, string output) =>
        $"{states[0]}?.PRelu({module}.weight)";

    public override Size ParameterCount(LayerCall call) => call.Input.Channels;
}

/// <summary>Leaves out a sample's whole branch at random while training (Huang et al. 2016, "Deep networks with stochastic depth").</summary>
internal sealed class StochasticDepth : Layer
{
    public override string Name => "stochastic_depth";

    public override string Summary => "Sets whole samples to zero at random while training and scales the others by 1 / (1 - p) (Huang et al. 2016).";

    public override string Example => "y = x + (x -> conv(64, 3) -> stochastic_depth(0.1))";

    public override IReadOnlyList<LayerParameter> Parameters { get; } =
        [new("p", ParameterKind.Number, "Probability of zero.", Minimum: 0, Below: 1, IncludesBelow: false)];

    public override string ShapeRule => "any shape, unchanged";

    public override string MomentRule => "mean; (variance + p mean^2) / (1 - p)";

    public override Shape Infer(LayerCall call) => call.Input;

    public override string Forward(LayerCall call, CodeContext code, string module, IReadOnlyList<string> inputs) =>
        $"Operations.stochastic_depth({inputs[0]}, {call.Number("p", code, 0)}, training)";

    public override string Propagate(LayerCall call, CodeContext code, string module, IReadOnlyList<string> states, string output) =>
        $"{states[0]}?.StochasticDepth({call.Number("p", code, 0)})";
}

/// <summary>One half of the channels, gated by the sigmoid of the other (torch.nn.GLU).</summary>
internal sealed class Glu : Layer
{
    public override string Name => "glu";

    public override string Summary => "The first half of the channels times the sigmoid of the second (torch.nn.GLU over the channels).";

    public override string Example => "y = x -> conv(128, 3) -> glu";

    public override string ShapeRule => "[N, C, ...] -> [N, C / 2, ...]";

    public override string MomentRule => "the moments of a product of independents, one passed through the sigmoid";

    public override Shape? Infer(LayerCall call)
    {
        if (!call.RequireRankAtLeast(2, "[N, C, ...]"))
            return null;
        var rest = Size.Modulo(call.Input.Channels, 2);
        return rest == Size.Zero || call.Require(rest, 0, () => Diagnostics.DiagnosticCatalogue.Divide(call.Place, Name, "channels", call.Input.Channels.ToString(), "2"))
            ? call.Input.With(1, Size.FloorDivide(call.Input.Channels, 2))
            : null;
    }

    public override string Forward(LayerCall call, CodeContext code, string module, IReadOnlyList<string> inputs) => $"nn.functional.glu({inputs[0]}, 1)";

    public override string Propagate(LayerCall call, CodeContext code, string module, IReadOnlyList<string> states, string output) =>
        $"{states[0]}?.Glu()";
}
