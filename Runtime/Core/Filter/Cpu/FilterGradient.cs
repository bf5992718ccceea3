using System;
using System.Buffers;

namespace KnDsl;

/// <summary>Gradients of a filter's small inputs before they are summed over micro-batches.</summary>
/// <param name="statistics">Micro-batches times groups.</param>
/// <param name="channels">Micro-batches times channels.</param>
internal sealed class FilterGradient(int statistics, int channels) : IDisposable
{
    private readonly double[] _memory = ArrayPool<double>.Shared.Rent(2 * channels + 4 * statistics);

    /// <summary>[R, C].</summary>
    public Span<double> Weight => _memory.AsSpan(0, channels);

    /// <summary>[R, C].</summary>
    public Span<double> Bias => _memory.AsSpan(channels, channels);

    /// <summary>[R, G].</summary>
    public Span<double> PriorMean => OfStatistics(0);

    /// <summary>[R, G].</summary>
    public Span<double> PriorVariance => OfStatistics(1);

    /// <summary>[R, G].</summary>
    public Span<double> MeanGain => OfStatistics(2);

    /// <summary>[R, G].</summary>
    public Span<double> VarianceGain => OfStatistics(3);

    public void Dispose() => ArrayPool<double>.Shared.Return(_memory);

    private Span<double> OfStatistics(int index) => _memory.AsSpan(2 * channels + index * statistics, statistics);
}
