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
        var above = Math.Abs(z) > 39 ? 0 : 0.5 * ComplementaryErrorFunction(Math.Abs(z) * Math.Sqrt(0.5));
        return z > 0 ? 1 - above : above;
    }

    /// <summary>erfc(x) of x from 0 on. Source: Cody, "Rational Chebyshev approximations for the error function", 1969.</summary>
    private static double ComplementaryErrorFunction(double x)
    {
        if (x <= 0.46875)
        {
            var square = x * x;
            return 1 - x * Quotient(square, Near.Above, Near.Below);
        }

        double ratio;
        if (x <= 4)
        {
            ratio = Quotient(x, Middle.Above, Middle.Below);
        }
        else
        {
            var inverse = 1 / (x * x);
            ratio = (1 / Math.Sqrt(Math.PI) - inverse * Quotient(inverse, Far.Above, Far.Below)) / x;
        }

        // exp(-x * x), of a square that is exact and what is left of it.
        var rounded = Math.Truncate(x * 16) / 16;
        return Math.Exp(-rounded * rounded) * Math.Exp(-(x - rounded) * (x + rounded)) * ratio;
    }

    /// <summary>A polynomial over another, coefficients from the highest power on; that of the denominator is 1.</summary>
    private static double Quotient(double x, double[] above, double[] below)
    {
        double numerator = above[0], denominator = 1;
        for (var i = 1; i < above.Length; i++)
            numerator = numerator * x + above[i];
        foreach (var coefficient in below)
            denominator = denominator * x + coefficient;
        return numerator / denominator;
    }

    private static readonly (double[] Above, double[] Below) Near = (
    [
        1.85777706184603153e-1, 3.16112374387056560e00, 1.13864154151050156e02, 3.77485237685302021e02, 3.20937758913846947e03,
    ],
    [
        2.36012909523441209e01, 2.44024637934444173e02, 1.28261652607737228e03, 2.84423683343917062e03,
    ]);

    private static readonly (double[] Above, double[] Below) Middle = (
    [
        2.15311535474403846e-8, 5.64188496988670089e-1, 8.88314979438837594e0, 6.61191906371416295e01, 2.98635138197400131e02,
        8.81952221241769090e02, 1.71204761263407058e03, 2.05107837782607147e03, 1.23033935479799725e03,
    ],
    [
        1.57449261107098347e01, 1.17693950891312499e02, 5.37181101862009858e02, 1.62138957456669019e03, 3.29079923573345963e03,
        4.36261909014324716e03, 3.43936767414372164e03, 1.23033935480374942e03,
    ]);

    private static readonly (double[] Above, double[] Below) Far = (
    [
        1.63153871373020978e-2, 3.05326634961232344e-1, 3.60344899949804439e-1, 1.25781726111229246e-1, 1.60837851487422766e-2,
        6.58749161529837803e-4,
    ],
    [
        2.56852019228982242e00, 1.87295284992346725e00, 5.27905102951428412e-1, 6.05183413124413191e-2, 2.33520497626869185e-3,
    ]);

    /// <summary>Mean and variance of max(0, X) for a normal X, and their derivatives.</summary>
    public static RectifiedMoments Rectify(double mean, double variance)
    {
        var deviation = Math.Sqrt(Math.Max(variance, MinVariance));
        var z = mean / deviation;
        var (tail, density) = (Below(-Math.Abs(z)), Density(z));
        var (above, below) = mean > 0 ? (1 - tail, tail) : (tail, 1 - tail);
        // About the mean of a positive number: the difference of two large moments would lose a small variance.
        var (center, rest) = mean > 0 ? (mean, deviation * density - mean * below) : (0, mean * above + deviation * density);
        var second = mean > 0
            ? variance * above - mean * deviation * density + mean * mean * below
            : (mean * mean + variance) * above + mean * deviation * density;
        var first = center + rest;
        // The deviation of a constant is the least one, whatever its variance.
        var meanByVariance = variance > MinVariance ? density / (2 * deviation) : 0;
        return new(
            first, Math.Max(0, second - rest * rest), MeanByMean: above, MeanByVariance: meanByVariance,
            VarianceByMean: 2 * first * below, VarianceByVariance: above - 2 * first * meanByVariance);
    }
}
