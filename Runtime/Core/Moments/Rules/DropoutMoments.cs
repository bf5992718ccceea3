namespace KnDsl;

/// <summary>Dropout: zero with probability p, else the value divided by 1 - p.</summary>
internal static class DropoutMoments
{
    public static Moments Of(Moments x, double p)
    {
        if (p is not (>= 0 and < 1)) throw Setting.OutOfRange(nameof(p), p, "must be at least 0 and less than 1");
        return p == 0 ? x : x with { Variance = (x.Variance + p * x.Mean.square()) / (1 - p) };
    }
}
