using System.Collections.Generic;
using System.Linq;
using KnDsl.Dsl.Diagnostics;
using KnDsl.Dsl.Model;

namespace KnDsl.Dsl.Layers;

/// <summary>Puts values side by side, along the channels unless told otherwise (torch.cat).</summary>
internal sealed class Concat : Layer
{
    public override string Name => "concat";

    public override string Summary => "Puts values side by side, along the channels unless told otherwise (torch.cat).";

    public override string Example => "y = concat(x, x -> conv(32, 3))";

    public override IReadOnlyList<LayerParameter> Parameters { get; } =
        [new("axis", ParameterKind.Integer, "The dimension along which they are joined.", "1")];

    public override int? InputCount => null;

    public override string ShapeRule => "[N, C1, H, W], [N, C2, H, W] -> [N, C1 + C2, H, W]";

    public override string MomentRule =>
        "moments side by side; along positions their mixture; along the batch it cuts the chain";

    public override bool PassesState(LayerCall call) => Axes.Resolve(call, "axis", call.Integer("axis")) is > 0;

    public override Shape? Infer(LayerCall call)
    {
        if (Axes.Resolve(call, "axis", call.Integer("axis")) is not { } joined)
            return null;
        var first = call.Inputs[0];
        var sum = first.Shape[joined];
        foreach (var next in call.Inputs.Skip(1))
        {
            if (next.Shape.Rank != first.Shape.Rank)
            {
                call.Report(DiagnosticCatalogue.Concat(call.Place, first.Shape.ToString(), next.Shape.ToString(),
                    $"{first.Shape.Rank} and {next.Shape.Rank} dimensions", next.Origin));
                return null;
            }
            for (var axis = 0; axis < first.Shape.Rank; axis++)
                if (axis != joined && !call.Require(first.Shape[axis], next.Shape[axis], () => DiagnosticCatalogue.Concat(
                        call.Place, first.Shape.ToString(), next.Shape.ToString(),
                        $"{first.Shape.NameOf(axis)} {first.Shape[axis]} and {next.Shape[axis]}", next.Origin)
                        .WithHint(Sizing.Hint(first.Shape[axis], next.Shape[axis]))))
                    return null;
            sum += next.Shape[joined];
        }
        return first.Shape.With(joined, sum);
    }

    public override string Forward(LayerCall call, CodeContext code, string module, IReadOnlyList<string> inputs) =>
        $"torch.cat([{string.Join(", ", inputs)}], {code.Of(call.Integer("axis"))})";

    public override string Propagate(LayerCall call, CodeContext code, string module, IReadOnlyList<string> states, string output) =>
        Axes.Resolve(call, "axis", call.Integer("axis")) == 1
            ? $"ChannelState.Concat({string.Join(", ", states)})"
            : $"ChannelState.Concat({code.Of(call.Integer("axis"))}, {string.Join(", ", states)})";
}
