using System.Collections.Generic;
using KnDsl.Dsl.Model;

namespace KnDsl.Dsl.Layers;

/// <summary>Exponentials that sum to one along a dimension (torch.nn.Softmax, LogSoftmax).</summary>
internal sealed class Softmax(bool isLog) : Layer
{
    public override string Name => isLog ? "log_softmax" : "softmax";

    public override string Summary => $"{(isLog ? "The logarithm of exponentials" : "Exponentials")} that sum to one along a dimension (torch.nn.{(isLog ? "LogSoftmax" : "Softmax")}).";

    public override string Example => $"p = logits -> {Name}";

    public override IReadOnlyList<LayerParameter> Parameters { get; } =
        [new("axis", ParameterKind.Integer, "The dimension.", "1")];

    public override string ShapeRule => "any shape, unchanged";

    public override string? MomentRule => null;

    public override Shape? Infer(LayerCall call) => Axes.Resolve(call, "axis", call.Integer("axis")) is null ? null : call.Input;

    public override string Forward(LayerCall call, CodeContext code, string module, IReadOnlyList<string> inputs) =>
        $"nn.functional.{Name}({inputs[0]}, {code.Of(call.Integer("axis"))})";
}
