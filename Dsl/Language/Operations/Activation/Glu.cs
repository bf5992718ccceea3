using KnDsl.Language.Operations.Contract;
using KnDsl.Language.Values;

namespace KnDsl.Language.Operations;

/// <summary>One half of the channels, gated by the sigmoid of the other (torch.nn.GLU).</summary>
internal sealed class Glu : Operation
{
    public override string Name => "glu";

    public override string Summary => "The first half of the channels times the sigmoid of the second (torch.nn.GLU over the channels).";

    public override string Example => "y = x -> conv(128, 3) -> glu";

    public override string ShapeRule => "[N, C, ...] -> [N, C / 2, ...]";

    public override string MomentRule => "the moments of a product of independent values, one of them passed through the sigmoid";

    public override Shape? Infer(OperationCall call)
    {
        if (!call.RequireRankAtLeast(2, "[N, C, ...]"))
            return null;
        return call.RequireMultiple(call.Input.Channels, 2, () =>
                Diagnostics.DiagnosticCatalogue.Divide(call.Place, Name, "channels", call.Input.Channels.ToString(), "2"))
            ? call.Input.With(1, Size.FloorDivide(call.Input.Channels, 2))
            : null;
    }

    public override Computation Compute(OperationCall call) => Function("torch.nn.functional.glu", Input(), 1);

    public override MomentStep Moments(OperationCall call) => Pass("Glu");
}
