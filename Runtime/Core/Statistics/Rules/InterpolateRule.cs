using System;
using System.Collections.Generic;
using System.Linq;
using static KnDsl.Numbers;
using static TorchSharp.torch;

namespace KnDsl;

/// <summary>
/// Resizing: an output position is a weighted mean of input positions, so the mean stays and the variance is multiplied
/// by the sum of the squared weights, averaged over the output's positions.
/// </summary>
/// <param name="mode">How values between positions are made.</param>
/// <param name="alignCorners">Whether corners stay corners, for the linear and cubic modes.</param>
public sealed class InterpolateRule(InterpolationMode mode = InterpolationMode.Nearest, bool alignCorners = false) : MomentRule
{
    internal override Moments Pass(Moments moments, IReadOnlyList<long> from, IReadOnlyList<long> to) =>
        moments with { Variance = moments.Variance * Held(Share(from, to)) };

    /// <summary>The factor of the variance.</summary>
    private double Share(IReadOnlyList<long> from, IReadOnlyList<long> to) => mode switch
    {
        InterpolationMode.Nearest or InterpolationMode.NearestExact => 1,
        InterpolationMode.Area => Windows.AdaptiveShare(from, to),
        _ => from.Zip(to).Aggregate(1.0, (product, sizes) => product * Share(sizes.First, sizes.Second)),
    };

    private double Share(long from, long to)
    {
        var cubic = mode == InterpolationMode.Bicubic;
        double sum = 0;
        for (long i = 0; i < to; i++)
        {
            var position = alignCorners
                ? (to > 1 ? i * (from - 1) / (double)(to - 1) : 0)
                : (i + 0.5) * from / to - 0.5;
            if (!cubic)
                position = Math.Max(position, 0);

            // Weights beyond the border fall on the border's position.
            var weights = new Dictionary<long, double>();
            var first = (long)Math.Floor(position);
            for (var k = cubic ? -1 : 0; k <= (cubic ? 2 : 1); k++)
            {
                var distance = Math.Abs(position - (first + k));
                var at = Math.Clamp(first + k, 0, from - 1);
                weights[at] = weights.GetValueOrDefault(at) + (cubic ? Cubic(distance) : Math.Max(0, 1 - distance));
            }

            sum += weights.Values.Sum(weight => weight * weight);
        }

        return sum / to;
    }

    /// <summary>The kernel of cubic convolution with PyTorch's a = -0.75.</summary>
    private static double Cubic(double x)
    {
        const double a = -0.75;
        return x switch
        {
            <= 1 => ((a + 2) * x - (a + 3)) * x * x + 1,
            < 2 => ((a * x - 5 * a) * x + 8 * a) * x - 4 * a,
            _ => 0,
        };
    }
}
