using System.Collections.Generic;
using KnDsl.Dsl.Model;

namespace KnDsl.Dsl.Layers;

/// <summary>Hands its input on (torch.nn.Identity).</summary>
internal sealed class Identity : Layer
{
    public override string Name => "identity";

    public override string Summary => "Hands its input on (torch.nn.Identity): a place that is counted in a sequence.";

    public override string Example => "y = x -> [ conv(64, 3), identity ]";

    public override string ShapeRule => "any shape, unchanged";

    public override string MomentRule => "unchanged";

    public override Shape Infer(LayerCall call) => call.Input;

    public override string Forward(LayerCall call, CodeContext code, string module, IReadOnlyList<string> inputs) => $"{inputs[0]}.alias()";
}
