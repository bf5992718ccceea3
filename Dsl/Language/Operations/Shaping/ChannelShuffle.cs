using System.Collections.Generic;
using KnDsl.Language.Operations.Contract;
using KnDsl.Language.Values;

namespace KnDsl.Language.Operations;

/// <summary>Interleaves groups of channels (torch.nn.ChannelShuffle).</summary>
internal sealed class ChannelShuffle : Operation
{
    public override string Name => "channel_shuffle";

    public override string Summary => "Interleaves groups of channels (torch.nn.ChannelShuffle).";

    public override string Example => "y = x -> channel_shuffle(2)";

    private static readonly IntegerParameter Groups = new("groups", "Number of groups.") { Minimum = 1 };

    public override IReadOnlyList<OperationParameter> Parameters { get; } = [Groups];

    public override string ShapeRule => "[N, C, ...], unchanged";

    public override string MomentRule => "moments move with their channels";

    public override OutputNumbers Numbers(OperationCall call) => OutputNumbers.OfInputs;

    public override Shape? Infer(OperationCall call) =>
        call.RequireRankAtLeast(2, "[N, C, ...]") && call.RequireGroups(Groups, call.Get(Groups), call.Input.Channels, "channels")
            ? call.Input : null;

    public override ChannelOrder OutputChannels(OperationCall call) => ChannelOrder.Second;

    public override Computation Compute(OperationCall call) => Function("torch.nn.functional.channel_shuffle", Input(), call.Get(Groups));

    public override MomentStep Moments(OperationCall call) => Pass("ChannelShuffle", call.Get(Groups));
}
