using System;
using System.Collections.Concurrent;

namespace KnDsl;

/// <summary>The maximum of independent standard normals.</summary>
internal static class MaximumOfNormals
{
    // Results are kept: a network asks for the same few counts in every forward pass.
    private static readonly ConcurrentDictionary<long, (double Mean, double Variance)> Known = new();

    /// <summary>The mean and variance of the maximum, by quadrature of its density.</summary>
    /// <param name="count">How many normals, at least 1.</param>
    public static (double Mean, double Variance) MeanAndVariance(long count) => Known.GetOrAdd(count, Integrate);

    private static (double Mean, double Variance) Integrate(long count)
    {
        // The density k phi(x) Phi(x)^(k-1) is smooth and vanishes at both ends: there the trapezoid rule is exact.
        const double end = 12, step = 1.0 / 256;
        double mass = 0, first = 0, second = 0, below = 0;
        for (var x = -end; x <= end; x += step)
        {
            below = x == -end ? 0 : below + step * MeanDensity(x - step, x);
            var weight = count * Normal.Density(x) * Math.Pow(Math.Min(below, 1), count - 1);
            mass += weight;
            first += weight * x;
            second += weight * x * x;
        }

        var mean = first / mass;
        return (mean, second / mass - mean * mean);
    }

    /// <summary>The mean normal density over a short interval, by Simpson's rule.</summary>
    private static double MeanDensity(double a, double b) =>
        (Math.Exp(-a * a / 2) + 4 * Math.Exp(-(a + b) * (a + b) / 8) + Math.Exp(-b * b / 2)) /
        (6 * Math.Sqrt(2 * Math.PI));
}
