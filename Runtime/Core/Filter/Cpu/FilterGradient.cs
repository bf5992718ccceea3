using System;
using System.Buffers;

namespace KnDsl;

/// <summary>Gradients of a filter's small inputs before they are summed over micro-batches, [R, C] each.</summary>
internal sealed class FilterGradient(int statistics) : IDisposable
{
    private const int Parts = 6;

    private readonly double[] _memory = ArrayPool<double>.Shared.Rent(Parts * statistics);

    public Span<double> Weight => Part(0);

    public Span<double> Bias => Part(1);

    public Span<double> PriorMean => Part(2);

    public Span<double> PriorVariance => Part(3);

    public Span<double> MeanGain => Part(4);

    public Span<double> VarianceGain => Part(5);

    public void Dispose() => ArrayPool<double>.Shared.Return(_memory);

    private Span<double> Part(int index) => _memory.AsSpan(index * statistics, statistics);
}
