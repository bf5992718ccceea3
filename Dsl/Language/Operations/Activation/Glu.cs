using System.Collections.Generic;
using KnDsl.Language.Operations.Contract;
using KnDsl.Language.Values;

namespace KnDsl.Language.Operations;

/// <summary>One half of the channels, gated by the sigmoid of the other (torch.nn.GLU).</summary>
internal sealed class Glu : Operation
{
    public override string Name => "glu";

    public override string Summary => "The first half of the channels times the sigmoid of the second (torch.nn.GLU over the channels).";

    public override string Example => "y = x -> conv(128, 3) -> glu";

    private static readonly IntegerParameter AxisParameter = Axes.OfChannels();

    public override IReadOnlyList<OperationParameter> Parameters { get; } = [AxisParameter];

    public override string ShapeRule => "[N, C, ...] -> [N, C / 2, ...], or the same of another dimension";

    public override string MomentRule => "the moments of a product of independent values, one of them passed through the sigmoid; "
        + "along another dimension than the second it cuts the chain";

    public override Shape? Infer(OperationCall call)
    {
        if (!call.RequireRankAtLeast(2, "[N, C, ...]") || Axes.ResolveChannels(call, AxisParameter) is not { } axis)
            return null;
        var channels = call.Input[axis];
        return call.RequireMultiple(channels, 2, () =>
                Diagnostics.DiagnosticCatalogue.Divide(call.Place, Name, "channels", channels.ToString(), "2"))
            ? call.Input.With(axis, Size.FloorDivide(channels, 2))
            : null;
    }

    public override ChannelOrder OutputChannels(OperationCall call) =>
        call.Has(AxisParameter) ? ChannelOrder.OfInputs : ChannelOrder.Unknown;

    public override string? ForChannelsLast(OperationCall call) => call.Has(AxisParameter) ? null : "Write glu(axis: -1).";

    public override Computation Compute(OperationCall call) => Function("torch.nn.functional.glu", Input(), call.Get(AxisParameter));

    /// <summary>The states are those of the second dimension.</summary>
    public override bool PassesState(OperationCall call) => Axes.ResolveChannels(call, AxisParameter) == 1;

    public override MomentStep Moments(OperationCall call) => Pass("Glu");
}
