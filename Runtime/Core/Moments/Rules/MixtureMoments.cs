namespace KnDsl;

/// <summary>
/// Channels that become one: its mean is the mean of their means, its variance the mean of their variances plus the
/// variance of their means.
/// </summary>
internal static class MixtureMoments
{
    /// <param name="x">The moments before.</param>
    /// <param name="count">How many neighbouring channels become one.</param>
    public static Moments Of(Moments x, long count)
    {
        if (count == 1) return x;
        var means = x.Mean.reshape(x.Mean.size(0), -1, count);
        var variances = x.Variance.reshape(x.Variance.size(0), -1, count);
        var mean = means.mean([2], keepdim: true);
        return new(mean.squeeze(2), variances.mean([2]) + (means - mean).square().mean([2]));
    }
}
