namespace KnDsl;

/// <summary>A number with its derivatives by the mean and by the variance of a value that it depends on.</summary>
internal readonly record struct Dual(double Value, double ByMean, double ByVariance)
{
    public static implicit operator Dual(double constant) => new(constant, 0, 0);

    public static Dual operator +(Dual a, Dual b) => new(a.Value + b.Value, a.ByMean + b.ByMean, a.ByVariance + b.ByVariance);

    public static Dual operator -(Dual a, Dual b) => new(a.Value - b.Value, a.ByMean - b.ByMean, a.ByVariance - b.ByVariance);

    public static Dual operator *(Dual a, Dual b) => new(
        a.Value * b.Value, a.ByMean * b.Value + a.Value * b.ByMean, a.ByVariance * b.Value + a.Value * b.ByVariance);

    /// <summary>A function of this number.</summary>
    /// <param name="value">Its value here.</param>
    /// <param name="slope">Its derivative here.</param>
    public Dual Chain(double value, double slope) => new(value, slope * ByMean, slope * ByVariance);
}
