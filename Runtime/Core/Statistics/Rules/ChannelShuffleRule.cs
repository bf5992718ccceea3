using System.Collections.Generic;

namespace KnDsl;

/// <summary>Channel shuffle (ShuffleNet): one channel of each group in turn.</summary>
/// <param name="groups">Groups, which must divide the channels.</param>
public sealed class ChannelShuffleRule(long groups) : MomentRule
{
    internal override Moments Pass(Moments moments, IReadOnlyList<long> from, IReadOnlyList<long> to) =>
        moments.Select(tensor => tensor.reshape(tensor.size(0), groups, -1).transpose(1, 2).flatten(1));
}
