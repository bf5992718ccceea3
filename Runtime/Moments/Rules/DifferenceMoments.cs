namespace KnDsl;

/// <summary>Difference of independent values: means subtract, variances add.</summary>
internal static class DifferenceMoments
{
    public static Moments Of(Moments x, Moments y) => new(x.Mean - y.Mean, x.Variance + y.Variance);
}
