using System;
using System.Collections.Generic;

namespace KnDsl;

/// <summary>
/// Average pool over windows that may reach into padding: with n positions of a window in the input and d its divisor, the
/// mean passes n/d and the variance n/d^2, on average over the windows, and windows differ in their means. All three are
/// products over the dimensions.
/// </summary>
internal static class AvgPoolMoments
{
    public static Moments Of(
        Moments x, IReadOnlyList<long> size, IReadOnlyList<long> outputSize, long[] kernel, long[] stride, long[] padding,
        bool countIncludePad)
    {
        double mean = 1, square = 1, variance = 1;
        for (var i = 0; i < kernel.Length; i++)
        {
            var sums = (Mean: 0.0, Square: 0.0, Variance: 0.0);
            for (long window = 0; window < outputSize[i]; window++)
            {
                var start = window * stride[i] - padding[i];
                double seen = Math.Min(start + kernel[i], size[i]) - Math.Max(start, 0);
                var divisor = countIncludePad ? Math.Min(start + kernel[i], size[i] + padding[i]) - start : seen;
                sums.Mean += seen / divisor;
                sums.Square += seen * seen / (divisor * divisor);
                sums.Variance += seen / (divisor * divisor);
            }

            mean *= sums.Mean / outputSize[i];
            square *= sums.Square / outputSize[i];
            variance *= sums.Variance / outputSize[i];
        }

        var spread = square - mean * mean;
        return spread < 1e-12
            ? new(mean == 1 ? x.Mean : x.Mean * mean, x.Variance * variance)
            : new(x.Mean * mean, x.Variance * variance + x.Mean.square() * spread);
    }
}
