using System.Collections.Generic;
using System.Linq;

namespace KnDsl;

/// <summary>
/// Flatten of a range of dimensions: where the channels are among them, every position of a channel becomes a channel with
/// that channel's moments; elsewhere nothing changes.
/// </summary>
/// <param name="startDim">The first dimension, at least 1; 0 is the batch, negative ones count from the end.</param>
/// <param name="endDim">The last dimension, -1 for the last of all.</param>
public sealed class FlattenRule(long startDim = 1, long endDim = -1) : MomentRule
{
    internal override (MomentRule Rule, int Dim)? WithChannelsSecond(int dim, IReadOnlyList<long> from, IReadOnlyList<long> to)
    {
        var (start, end) = (Dimensions.ResolveIn(startDim, from), Dimensions.ResolveIn(endDim, from));
        if (start <= dim && dim <= end)
            return null;
        var rule = new FlattenRule(Dimensions.WithChannelsSecond(start, dim, from), Dimensions.WithChannelsSecond(end, dim, from));
        return (rule, dim < start ? dim : dim - (end - start));
    }

    internal override Moments Pass(Moments moments, IReadOnlyList<long> from, IReadOnlyList<long> to)
    {
        var (start, end) = (Dimensions.Resolve(startDim, from), Dimensions.Resolve(endDim, from));
        return start == 1 ? moments.Repeated(Windows.Count(from.Take(end - 1))) : moments;
    }
}
