using System.Collections.Generic;

namespace KnDsl;

/// <summary>
/// A slice of a dimension: channels keep their moments, positions have those of their channel.
/// </summary>
/// <param name="dim">The dimension, at least 1, or negative from the end; 1 takes channels.</param>
/// <param name="start">The first index.</param>
/// <param name="end">The index after the last.</param>
/// <param name="step">The distance of indices.</param>
public sealed class SliceRule(long dim, long start, long end, long step = 1) : MomentRule
{
    internal override (MomentRule Rule, int Dim)? WithChannelsSecond(int channels, IReadOnlyList<long> from, IReadOnlyList<long> to) =>
        (new SliceRule(Dimensions.WithChannelsSecond(dim, channels, from), start, end, step), channels);

    internal override Moments Pass(Moments moments, IReadOnlyList<long> from, IReadOnlyList<long> to) =>
        Dimensions.Resolve(dim, from) == 1 ? moments.Select(tensor => tensor.slice(1, start, end, step)) : moments;
}
