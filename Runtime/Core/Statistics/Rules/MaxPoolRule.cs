using System;
using System.Collections.Generic;
using System.Linq;

namespace KnDsl;

/// <summary>
/// Max pool: the moments of the maximum of k independent normals. Windows at a border have fewer positions, and so other
/// moments: the pool's are their mixture.
/// </summary>
/// <param name="kernel">Window, one length for each spatial dimension.</param>
/// <param name="stride">Step, one for each spatial dimension.</param>
/// <param name="padding">Padding, one for each spatial dimension.</param>
/// <param name="dilation">Spacing of the window, or null for 1.</param>
/// <param name="ceilMode">Whether the output size is rounded up.</param>
public sealed class MaxPoolRule(long[] kernel, long[] stride, long[] padding, long[]? dilation = null, bool ceilMode = false)
    : MomentRule
{
    internal override Moments Pass(Moments moments, IReadOnlyList<long> from, IReadOnlyList<long> to) =>
        Windows.Maximum(moments, Windows.Shares(kernel.Select((_, i) => Lengths(i, from[i], to[i]))));

    internal override SampledState Pass(SampledState state, IReadOnlyList<long> to) =>
        state.Wait(map => Pools.Max(map, kernel, stride, padding, dilation, ceilMode), to);

    /// <summary>How many positions of the input each window along a dimension has; padding is none.</summary>
    private IEnumerable<long> Lengths(int i, long from, long to)
    {
        var step = dilation?[i] ?? 1;
        for (long window = 0; window < to; window++)
        {
            // Its first position may lie before the input, its last one after it.
            var start = window * stride[i] - padding[i];
            var first = start < 0 ? (step - 1 - start) / step : 0;
            var end = Math.Min(kernel[i], (from - 1 - start + step) / step);
            yield return Math.Max(0, end - first);
        }
    }
}
