using System;
using System.Collections.Generic;
using static KnDsl.Numbers;

namespace KnDsl;

/// <summary>
/// Average pool over windows that may reach into padding: with n positions of a window in the input and d its divisor, the
/// mean passes n/d and the variance n/d^2, on average over the windows, and windows differ in their means. All three are
/// products over the dimensions.
/// </summary>
/// <param name="kernel">Window, one length for each spatial dimension.</param>
/// <param name="stride">Step, one for each spatial dimension.</param>
/// <param name="padding">Padding by zeros, one for each spatial dimension.</param>
/// <param name="ceilMode">Whether the output size is rounded up.</param>
/// <param name="countIncludePad">Whether padding counts in the average.</param>
public sealed class AvgPoolRule(
    long[] kernel, long[] stride, long[] padding, bool ceilMode = false, bool countIncludePad = true) : MomentRule
{
    // Below this the windows' means differ by rounding only.
    private const double MinSpread = 1e-12;

    internal override Moments Pass(Moments moments, IReadOnlyList<long> from, IReadOnlyList<long> to)
    {
        double mean = 1, square = 1, variance = 1;
        for (var i = 0; i < kernel.Length; i++)
        {
            var sums = (Mean: 0.0, Square: 0.0, Variance: 0.0);
            for (long window = 0; window < to[i]; window++)
            {
                var start = window * stride[i] - padding[i];
                double seen = Math.Min(start + kernel[i], from[i]) - Math.Max(start, 0);
                var divisor = countIncludePad ? Math.Min(start + kernel[i], from[i] + padding[i]) - start : seen;
                sums.Mean += seen / divisor;
                sums.Square += seen * seen / (divisor * divisor);
                sums.Variance += seen / (divisor * divisor);
            }

            mean *= sums.Mean / to[i];
            square *= sums.Square / to[i];
            variance *= sums.Variance / to[i];
        }

        var spread = square - mean * mean;
        return spread < MinSpread
            ? new(mean == 1 ? moments.Mean : moments.Mean * Held(mean), moments.Variance * Held(variance))
            : new(moments.Mean * Held(mean), Sum(moments.Variance * Held(variance), Square(moments.Mean) * Held(spread)));
    }

    /// <summary>The authors' shortcuts carry the moments over an average pool as they are.</summary>
    internal override SampledState Pass(SampledState state, IReadOnlyList<long> to) => state.IsWaiting
        ? state.Wait(map => Pools.Average(map, kernel, stride, padding, ceilMode, countIncludePad), to)
        : state.Resized(to);
}
