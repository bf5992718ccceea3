namespace KnDsl;

/// <summary>Sum of independent values: means add, variances add.</summary>
internal static class SumMoments
{
    public static Moments Of(Moments x, Moments y) => new(x.Mean + y.Mean, x.Variance + y.Variance);
}
