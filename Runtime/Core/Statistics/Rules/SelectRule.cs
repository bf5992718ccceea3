using System.Collections.Generic;

namespace KnDsl;

/// <summary>
/// One position of a dimension, which is left out then. All positions of a channel have its moments. Where a channel is
/// selected, the first spatial dimension takes the channels' place, and all of its positions have that channel's moments.
/// </summary>
/// <param name="dim">The dimension, at least 1, or negative from the end.</param>
/// <param name="index">The position; negative ones count from the end.</param>
public sealed class SelectRule(long dim, long index) : MomentRule
{
    internal override (MomentRule Rule, int Dim)? WithChannelsSecond(int channels, IReadOnlyList<long> from, IReadOnlyList<long> to) =>
        (new SelectRule(Dimensions.WithChannelsSecond(dim, channels, from), index),
            Dimensions.After(channels, [Dimensions.ResolveIn(dim, from)]));

    internal override Moments Pass(Moments moments, IReadOnlyList<long> from, IReadOnlyList<long> to)
    {
        if (Dimensions.Resolve(dim, from) > 1)
            return moments;
        var channel = index < 0 ? index + moments.Channels : index;
        return moments.Select(tensor => tensor.narrow(1, channel, 1)).Repeated(from[0]);
    }
}
