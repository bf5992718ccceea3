namespace KnDsl;

/// <summary>The settings of a filter, apart from tensors and gains.</summary>
/// <param name="Eps">Added to the variance.</param>
/// <param name="Guard">How a prior is judged.</param>
internal sealed record FilterSettings(double Eps, PriorGuard Guard = PriorGuard.OfMicroBatch)
{
    /// <summary>Neighbouring channels that share a statistic.</summary>
    public long GroupSize { get; init; } = 1;

    /// <summary>Whether a value that is not finite is an error; if not, it spoils the statistics that it is in.</summary>
    public bool RefusesNotFinite { get; init; } = true;

    /// <summary>What messages call a statistic, by its channel and micro-batch.</summary>
    public string Place { get; init; } = FiniteValues.OfMicroBatch;
}
