namespace KnDsl;

/// <summary>What a filter needs besides tensors.</summary>
/// <param name="Groups">Micro-batches among the channels of the value, G.</param>
/// <param name="MeanGain">Gain of the mean, in (0, 1].</param>
/// <param name="VarianceGain">Gain of the variance, in (0, 1].</param>
/// <param name="Eps">Added to the variance.</param>
/// <param name="GuardsEachGroup">
/// Whether the guard decides for each micro-batch, or (the authors' way) for the whole layer at once.
/// </param>
internal sealed record FilterSettings(
    long Groups, double MeanGain, double VarianceGain, double Eps, bool GuardsEachGroup);
