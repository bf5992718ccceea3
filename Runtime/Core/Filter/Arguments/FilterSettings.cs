namespace KnDsl;

/// <summary>The settings of a filter, apart from tensors and gains.</summary>
/// <param name="Eps">Added to the variance.</param>
/// <param name="GuardsEachMicroBatch">
/// Whether the guard decides for each micro-batch, or (the authors' way) for the whole layer at once.
/// </param>
internal sealed record FilterSettings(double Eps, bool GuardsEachMicroBatch)
{
    /// <summary>Neighbouring channels that share a statistic.</summary>
    public long GroupSize { get; init; } = 1;

    /// <summary>What messages call a statistic, by its channel and micro-batch.</summary>
    public string Place { get; init; } = FiniteValues.OfMicroBatch;

    /// <summary>Where the channel-mean of v0 / var reaches this the prior is ignored: the authors' guard.</summary>
    public const double Guard = 100;

    /// <summary>
    /// A variance below this share of the squared mean is rounding: such a channel says nothing about the prior.
    /// </summary>
    public const double NoVariance = 1e-12;
}
