using System.Collections.Generic;
using static KnDsl.Numbers;

namespace KnDsl;

/// <summary>
/// Adaptive average pool, the global one for size 1: the mean stays, the variance is divided by each window's number of
/// positions.
/// </summary>
/// <param name="size">The output's spatial size.</param>
public sealed class AdaptiveAvgPoolRule(long[] size) : MomentRule
{
    internal override Moments Pass(Moments moments, IReadOnlyList<long> from, IReadOnlyList<long> to) =>
        moments with { Variance = moments.Variance * Held(Windows.AdaptiveShare(from, size)) };

    /// <summary>As for <see cref="AvgPoolRule"/>, the authors' shortcuts carry the moments on as they are.</summary>
    internal override SampledState Pass(SampledState state, IReadOnlyList<long> to) =>
        state.IsWaiting ? base.Pass(state, to) : state.Resized(to);
}
