using System;
using System.Collections.Concurrent;
using System.Collections.Generic;

namespace KnDsl;

/// <summary>
/// Max pool: the moments of the maximum of k independent normals. Windows at a border have fewer positions, and so other
/// moments: the pool's are their mixture.
/// </summary>
internal static class MaxMoments
{
    private static readonly ConcurrentDictionary<long, (double Mean, double Variance)> Known = new();

    /// <param name="x">The moments before.</param>
    /// <param name="count">How many normals.</param>
    public static Moments Of(Moments x, long count) => Of(x, new Dictionary<long, double> { [count] = 1 });

    /// <param name="x">The moments before.</param>
    /// <param name="windows">The share of windows of each number of positions.</param>
    public static Moments Of(Moments x, IReadOnlyDictionary<long, double> windows)
    {
        double mean = 0, square = 0;
        foreach (var (count, share) in windows)
        {
            var known = OfStandardNormals(count);
            mean += share * known.Mean;
            square += share * (known.Variance + known.Mean * known.Mean);
        }

        var deviation = x.Variance.clamp_min(1e-24).sqrt();
        return new(x.Mean + deviation * mean, x.Variance * (square - mean * mean));
    }

    /// <summary>Mean and variance of the maximum of so many standard normals, by quadrature of its density.</summary>
    public static (double Mean, double Variance) OfStandardNormals(long count) => Known.GetOrAdd(count, Integrate);

    private static (double Mean, double Variance) Integrate(long count)
    {
        // The density k phi(x) Phi(x)^(k-1) is smooth and dies at both ends, where the trapezoid rule is exact.
        const double end = 12, step = 1.0 / 256;
        double mass = 0, first = 0, second = 0, below = 0;
        for (var x = -end; x <= end; x += step)
        {
            var density = Math.Exp(-x * x / 2) / Math.Sqrt(2 * Math.PI);
            below = x == -end ? 0 : below + step * Between(x - step, x);
            var weight = count * density * Math.Pow(Math.Min(below, 1), count - 1);
            mass += weight;
            first += weight * x;
            second += weight * x * x;
        }

        var mean = first / mass;
        return (mean, second / mass - mean * mean);
    }

    /// <summary>The mean normal density over a short interval, by Simpson's rule.</summary>
    private static double Between(double a, double b) =>
        (Math.Exp(-a * a / 2) + 4 * Math.Exp(-(a + b) * (a + b) / 8) + Math.Exp(-b * b / 2)) /
        (6 * Math.Sqrt(2 * Math.PI));
}
