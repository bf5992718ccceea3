namespace KnDsl;

/// <summary>Which statistics of a filter the running averages take in.</summary>
internal enum AveragedStatistics
{
    /// <summary>The filtered ones, the observed part of their variances unbiased, so that at gain 1 they are BatchNorm's.</summary>
    Filtered,

    /// <summary>
    /// The observed ones, the variances about the prior's mean: the prior is the averages themselves, and statistics that were filtered
    /// with them cannot teach them anything.
    /// </summary>
    Observed,

    /// <summary>The prior; one that is not finite is left out.</summary>
    Prior,
}
