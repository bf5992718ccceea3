namespace KnDsl;

/// <summary>Average pool: the mean stays, the variance shrinks with the number of positions averaged.</summary>
internal static class AverageMoments
{
    /// <param name="x">The moments before.</param>
    /// <param name="share">The mean of 1 / k over the windows of k positions.</param>
    public static Moments Of(Moments x, double share) => x with { Variance = x.Variance * share };
}
