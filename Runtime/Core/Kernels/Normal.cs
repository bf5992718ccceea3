using System;

namespace KnDsl;

/// <summary>The standard normal distribution.</summary>
internal static class Normal
{
    /// <summary>
    /// The least variance whose root is taken. A variance of zero is a constant: with this deviation instead it still behaves as
    /// one, and its gradient is finite.
    /// </summary>
    public const double MinVariance = 1e-24;

    /// <summary>The density at z.</summary>
    public static double Density(double z) => Math.Exp(-z * z / 2) / Math.Sqrt(2 * Math.PI);

    /// <summary>The probability of a value below z, to double precision.</summary>
    public static double Below(double z)
    {
        var x = Math.Abs(z);
        if (x > 39)
            return z > 0 ? 1 : 0;

        // Near 0 a series of positive terms, phi(x) (x + x^3/3 + x^5/15 + ...); far out Laplace's continued fraction.
        var density = Density(x);
        double above;
        if (x < 3)
        {
            double sum = x, term = x;
            for (var n = 3; term > 1e-17 * sum; n += 2)
                sum += term *= x * x / n;
            above = 0.5 - density * sum;
        }
        else
        {
            var fraction = x;
            for (var n = 60; n >= 1; n--)
                fraction = x + n / fraction;
            above = density / fraction;
        }

        return z > 0 ? 1 - above : above;
    }

    /// <summary>Mean and variance of max(0, X) for a normal X, and their derivatives.</summary>
    public static RectifiedMoments Rectify(double mean, double variance)
    {
        var deviation = Math.Sqrt(Math.Max(variance, MinVariance));
        var z = mean / deviation;
        var (above, density) = (Below(z), Density(z));
        var first = mean * above + deviation * density;
        var second = (mean * mean + variance) * above + mean * deviation * density;
        return new(
            first, Math.Max(0, second - first * first),
            MeanByMean: above, MeanByVariance: density / (2 * deviation),
            VarianceByMean: 2 * first * (1 - above), VarianceByVariance: above - first * density / deviation);
    }
}
