using System;

namespace KnDsl;

/// <summary>How a filter judges a prior, which it ignores where the prior overestimates the variances by far.</summary>
internal enum PriorGuard
{
    /// <summary>
    /// For each micro-batch by the mean of var / (v0 + var) over the channels, which no single channel decides: where one hardly
    /// varies, v0 / var is beyond measure, and with two values some channel always does.
    /// </summary>
    OfMicroBatch,

    /// <summary>The authors' way: for the whole layer at once by the mean of v0 / var over channels and micro-batches.</summary>
    Authors,
}

/// <summary>The bounds of <see cref="PriorGuard"/>.</summary>
internal static class PriorGuards
{
    /// <summary>A prior whose variances are this many times the observed ones is ignored: the authors' bound.</summary>
    public const double Bound = 100;

    /// <summary>
    /// A variance below this share of the squared mean is rounding: such a channel says nothing about the prior, and neither does a
    /// single value.
    /// </summary>
    public const double NoVariance = 1e-12;

    /// <summary>The values of a statistic from which on the bound is the authors'.</summary>
    private const double Many = 8;

    /// <summary>
    /// The least mean of var / (v0 + var) of a prior that is trusted. Two values may be near each other by chance, in all channels at
    /// once; so fewer than 8 values have the bound that they exceed as rarely, b^(7 / (n - 1)) in place of b.
    /// </summary>
    /// <param name="values">The number n of values in a statistic.</param>
    public static double LeastShare(double values) => 1 / (1 + Math.Pow(Bound, Math.Max(1, (Many - 1) / (values - 1))));
}
