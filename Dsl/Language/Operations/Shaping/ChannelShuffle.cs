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

    public override IReadOnlyList<OperationParameter> Parameters { get; } = [new("groups", ParameterKind.Integer, "Number of groups.", Minimum: 1)];

    public override string ShapeRule => "[N, C, ...], unchanged";

    public override string MomentRule => "moments move with their channels";

    public override Shape? Infer(OperationCall call) =>
        call.RequireRankAtLeast(2, "[N, C, ...]") && Conv.RequireDivides(call, call.Integer("groups"), call.Input.Channels, "channels") ? call.Input : null;

    public override string Forward(OperationCall call, CodeContext code, string module, IReadOnlyList<string> inputs) =>
        $"Operations.channel_shuffle({inputs[0]}, {code.Of(call.Integer("groups"))})";

    public override string Propagate(OperationCall call, CodeContext code, string module, IReadOnlyList<string> states, string output) =>
        $"{states[0]}?.Pass(new ChannelShuffleRule({code.Of(call.Integer("groups"))}), {output})";
}
