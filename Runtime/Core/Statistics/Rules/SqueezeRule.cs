using System.Collections.Generic;

namespace KnDsl;

/// <summary>
/// A dimension of length 1 that is left out. Where it is the channels, the first spatial dimension takes their place, and all
/// of its positions have the one channel's moments.
/// </summary>
/// <param name="dim">The dimension, at least 1, or negative from the end.</param>
public sealed class SqueezeRule(long dim) : MomentRule
{
    internal override (MomentRule Rule, int Dim)? WithChannelsSecond(int channels, IReadOnlyList<long> from, IReadOnlyList<long> to) =>
        (new SqueezeRule(Dimensions.WithChannelsSecond(dim, channels, from)),
            Dimensions.After(channels, [Dimensions.ResolveIn(dim, from)]));

    internal override Moments Pass(Moments moments, IReadOnlyList<long> from, IReadOnlyList<long> to) =>
        Dimensions.Resolve(dim, from) == 1 ? moments.Repeated(from[0]) : moments;
}
