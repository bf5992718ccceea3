using System.Collections.Generic;
using KnDsl.Language.Operations.Contract;
using KnDsl.Language.Values;

namespace KnDsl.Language.Operations;

/// <summary>ReLU with a learned slope below zero (torch.nn.PReLU).</summary>
internal sealed class PRelu : Operation
{
    public override string Name => "prelu";

    public override string Summary =>
        "x where positive, a learned slope times x elsewhere: one slope per channel, or one for all channels as in torch.nn.PReLU().";

    public override string Example => "y = x -> act: prelu";

    private static readonly NumberParameter Initial = new("initial", "Initial value of every slope.", "0.25") { IsNameOnly = true };
    private static readonly FlagParameter Shared =
        new("shared", "Whether all channels share one slope.", false) { IsKnownInFile = true, IsNameOnly = true };

    public override IReadOnlyList<OperationParameter> Parameters { get; } = [Initial, Shared];

    public override string ShapeRule => "[N, C, ...], unchanged";

    public override string MomentRule => "the moments of a Gaussian scaled below zero, in closed form";

    public override ModuleType Module { get; } = ModuleType.Torch("PReLU");

    public override Shape? Infer(OperationCall call) =>
        call.RequireRankAtLeast(2, "[N, C, ...]") && (IsShared(call) || call.RequireKnown(call.Input.Channels, "channels"))
            ? call.Input : null;

    private static bool IsShared(OperationCall call) => call.Get(Shared).Value == true;

    private static Size Slopes(OperationCall call) => IsShared(call) ? Size.One : call.Input.Channels;

    public override Construction Construct(OperationCall call) => new ModuleConstruction(Module, [Slopes(call), call.Get(Initial)]);

    public override ChannelOrder OutputChannels(OperationCall call) => IsShared(call) ? ChannelOrder.OfInputs : ChannelOrder.Second;

    public override string? ForChannelsLast(OperationCall call) =>
        !IsShared(call)
        ? "Write prelu(shared: true) for one slope, or permute before it, and after it to go back." : null;

    public override Computation Compute(OperationCall call) => Apply();

    public override MomentStep Moments(OperationCall call) => ModuleStep.Instance;

    public override Size ParameterCount(OperationCall call) => Slopes(call);
}
