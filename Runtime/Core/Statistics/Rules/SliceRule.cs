using System;
using System.Collections.Generic;

namespace KnDsl;

/// <summary>
/// A slice of a dimension: channels keep their moments, positions have those of their channel, wherever a permutation put the channels.
/// </summary>
/// <param name="dim">The dimension, at least 1, or negative from the end; 1 takes channels.</param>
/// <param name="start">The first index.</param>
/// <param name="end">The index after the last.</param>
/// <param name="step">The distance of indices.</param>
public sealed class SliceRule(long dim, long start, long end, long step = 1) : MomentRule
{
    internal override Moments Pass(Moments moments, IReadOnlyList<long> from, IReadOnlyList<long> to) =>
        Dimensions.Resolve(dim, from) == 1 ? OfChannels(moments) : moments;

    internal override AnalyticState Pass(AnalyticState state, IReadOnlyList<long> to)
    {
        if (state is not PermutedState permuted)
            return base.Pass(state, to);
        var at = Dimensions.Resolve(dim, state.Size);
        var (before, place) = (permuted.Before, permuted.DimensionBefore(at));
        if (place == 1)
            return permuted.Around(new AnalyticState(OfChannels(before.ToMoments()), before.Size), to);
        long[] size = [.. before.Size];
        size[place - 2] = at == 1 ? Taken(state.Channels) : to[at - 2];
        return permuted.Around(new AnalyticState(before.ToMoments(), size), to);
    }

    private Moments OfChannels(Moments moments) => moments.Select(tensor => tensor.slice(1, start, end, step));

    /// <summary>How many of so many positions it takes.</summary>
    private long Taken(long count)
    {
        var (first, last) = (FromStart(start), FromStart(end));
        return Math.Max(0, (last - first + step - 1) / step);

        long FromStart(long index) => Math.Clamp(index < 0 ? index + count : index, 0, count);
    }
}
