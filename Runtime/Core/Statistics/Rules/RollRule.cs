using System.Collections.Generic;
using System.Linq;

namespace KnDsl;

/// <summary>
/// Elements that move along dimensions and enter again at the other end: channels take their moments with them, and all positions of a
/// channel have the same.
/// </summary>
/// <param name="shifts">The distance for each of the dimensions.</param>
/// <param name="dims">The dimensions, at least 1, or negative from the end.</param>
public sealed class RollRule(long[] shifts, long[] dims) : MomentRule
{
    internal override (MomentRule Rule, int Dim)? WithChannelsSecond(int dim, IReadOnlyList<long> from, IReadOnlyList<long> to) =>
        (new RollRule(shifts, [.. dims.Select(rolled => (long)Dimensions.WithChannelsSecond(rolled, dim, from))]), dim);

    internal override Moments Pass(Moments moments, IReadOnlyList<long> from, IReadOnlyList<long> to)
    {
        var shift = OfChannels(from);
        return shift == 0 ? moments : moments.Select(tensor => tensor.roll([shift], [1]));
    }

    internal override AnalyticState Pass(AnalyticState state, IReadOnlyList<long> to) =>
        OfChannels(state.Size) == 0 ? state : base.Pass(state, to);

    internal override SampledState Pass(SampledState state, IReadOnlyList<long> to) =>
        OfChannels(state.Size) == 0 ? state : base.Pass(state, to);

    private long OfChannels(IReadOnlyList<long> size) =>
        dims.Zip(shifts).Where(pair => Dimensions.Resolve(pair.First, size) == 1).Sum(pair => pair.Second);
}
