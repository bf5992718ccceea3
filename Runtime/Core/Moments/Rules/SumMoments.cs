namespace KnDsl;

/// <summary>Sum and difference of independent values: means add or subtract, variances add.</summary>
internal static class SumMoments
{
    public static Moments Of(Moments x, Moments y) => new(x.Mean + y.Mean, x.Variance + y.Variance);

    public static Moments OfDifference(Moments x, Moments y) => new(x.Mean - y.Mean, x.Variance + y.Variance);
}
