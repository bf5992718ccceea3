namespace KnDsl;

/// <summary>Elementwise product of independent values.</summary>
internal static class ProductMoments
{
    public static Moments Of(Moments x, Moments y) => new(
        x.Mean * y.Mean,
        x.Variance * y.Variance + x.Variance * y.Mean.square() + y.Variance * x.Mean.square());
}
