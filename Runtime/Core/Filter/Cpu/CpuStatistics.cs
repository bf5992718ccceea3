using System;
using System.Buffers;
using System.Numerics;
using static TorchSharp.torch;

namespace KnDsl;

/// <summary>The statistics of a filter in double, [R, C] each, in memory from a pool.</summary>
internal sealed unsafe class CpuStatistics : IDisposable
{
    private const int Parts = 12;

    private readonly Layout _layout;
    private readonly FilterSettings _settings;
    private double[] _memory;

    public CpuStatistics(Layout layout, FilterSettings settings)
    {
        _layout = layout;
        _settings = settings;
        _memory = ArrayPool<double>.Shared.Rent(Parts * layout.Statistics);
    }

    /// <summary>Observed means.</summary>
    public Span<double> Mu => Part(0);

    /// <summary>Observed variances.</summary>
    public Span<double> Variance => Part(1);

    /// <summary>Filtered means.</summary>
    public Span<double> M => Part(2);

    /// <summary>Filtered variances.</summary>
    public Span<double> V => Part(3);

    /// <summary>The means that running averages take in.</summary>
    public Span<double> AveragedMean => Part(11);

    /// <summary>The variances that running averages take in: their observed part is unbiased.</summary>
    public Span<double> AveragedVariance => Part(4);

    /// <summary>The differences of the means, mu - m0; 0 where there is no prior.</summary>
    public Span<double> D => Part(5);

    /// <summary>The differences of the variances, var - v0; 0 where there is no prior.</summary>
    public Span<double> E => Part(6);

    /// <summary>Gains of the mean; 1 where there is no prior.</summary>
    public Span<double> Qm => Part(7);

    /// <summary>Gains of the variance; 1 where there is no prior.</summary>
    public Span<double> Qv => Part(8);

    /// <summary>weight / sqrt(v + eps), by which the value is multiplied.</summary>
    public Span<double> Scale => Part(9);

    /// <summary>bias - m * scale, which is added to it.</summary>
    public Span<double> Shift => Part(10);

    /// <summary>1 / sqrt(v + eps).</summary>
    public double Reciprocal(int statistic) => 1 / Math.Sqrt(V[statistic] + _settings.Eps);

    /// <summary>Filters the observed means and variances.</summary>
    public void Filter<T>(FilterArguments arguments)
        where T : unmanaged, INumberBase<T>
    {
        var weight = Pointer<T>(arguments.Weight);
        var bias = Pointer<T>(arguments.Bias);
        TakePrior<T>(arguments);
        for (var s = 0; s < _layout.Statistics; s++)
        {
            var (microBatch, channel) = Math.DivRem(s, (int)_layout.Channels);
            var (d, qv) = (D[s], Qv[s]);
            M[s] = Mu[s] - (1 - Qm[s]) * d;
            V[s] = Variance[s] - (1 - qv) * E[s] + qv * (1 - qv) * d * d;
            var bessel = Variance[s] / Math.Max(_layout.Values(microBatch) - 1, 1);
            (AveragedMean[s], AveragedVariance[s]) = arguments.PriorIsPast
                ? (Mu[s], Variance[s] + bessel + d * d)
                : (M[s], V[s] + qv * bessel);
            Scale[s] = double.CreateTruncating(weight[channel]) * Reciprocal(s);
            Shift[s] = double.CreateTruncating(bias[channel]) - M[s] * Scale[s];
        }
    }

    /// <summary>One of the parts as a tensor, [R, C].</summary>
    public Tensor ToTensor<T>(ReadOnlySpan<double> part, Tensor like)
        where T : unmanaged, INumberBase<T>
    {
        var result = empty([_layout.Batches.Count, _layout.Channels], like.dtype, like.device);
        var elements = Pointer<T>(result);
        for (var s = 0; s < part.Length; s++)
            elements[s] = Saturate.To<T>(part[s]);
        return result;
    }

    public void Dispose()
    {
        if (_memory.Length > 0)
            ArrayPool<double>.Shared.Return(_memory);
        _memory = [];
    }

    /// <summary>Compares the observations with the prior, where there is one and the guard trusts it.</summary>
    private void TakePrior<T>(FilterArguments arguments)
        where T : unmanaged, INumberBase<T>
    {
        D.Clear();
        E.Clear();
        Qm.Fill(1);
        Qv.Fill(1);
        if (arguments.Prior is not { } prior)
            return;

        var m0 = Pointer<T>(prior.Mean);
        var v0 = Pointer<T>(prior.Variance);
        var channels = (int)_layout.Channels;
        var microBatches = (int)_layout.Batches.Count;
        var perMicroBatch = arguments.PriorRows == 1 ? 0 : channels;
        double ofLayer = 0;
        for (var microBatch = 0; microBatch < microBatches; microBatch++)
            ofLayer += Ratio(microBatch) / microBatches;

        for (var microBatch = 0; microBatch < microBatches; microBatch++)
        {
            var ratio = _settings.GuardsEachMicroBatch ? Ratio(microBatch) : ofLayer;
            if (!(ratio < FilterSettings.Guard))
                continue;
            for (var c = 0; c < channels; c++)
            {
                var s = microBatch * channels + c;
                D[s] = Mu[s] - double.CreateTruncating(m0[microBatch * perMicroBatch + c]);
                E[s] = Variance[s] - double.CreateTruncating(v0[microBatch * perMicroBatch + c]);
            }

            TakeGains<T>(arguments.Gains, microBatch);
        }

        // The channel-mean of v0 / var; a prior that is not finite is never trusted.
        double Ratio(int microBatch)
        {
            double sum = 0;
            for (var c = 0; c < channels; c++)
            {
                var s = microBatch * channels + c;
                var mean = double.CreateTruncating(m0[microBatch * perMicroBatch + c]);
                var variance = double.CreateTruncating(v0[microBatch * perMicroBatch + c]);
                if (!double.IsFinite(mean) || !double.IsFinite(variance))
                    return double.PositiveInfinity;
                if (Variance[s] > FilterSettings.NoVariance * Mu[s] * Mu[s])
                    sum += variance / Variance[s];
            }

            return sum / channels;
        }
    }

    private void TakeGains<T>(FilterGains gains, int microBatch)
        where T : unmanaged, INumberBase<T>
    {
        var channels = (int)_layout.Channels;
        var qm = Qm.Slice(microBatch * channels, channels);
        var qv = Qv.Slice(microBatch * channels, channels);
        if (gains.Learned is not { } learned)
        {
            qm.Fill(gains.Fixed.Mean(_layout.SamplesOf(microBatch)));
            qv.Fill(gains.Fixed.Variance(_layout.SamplesOf(microBatch)));
            return;
        }

        Take(learned.Mean, qm);
        Take(learned.Variance, qv);

        void Take(Tensor gain, Span<double> into)
        {
            var (rows, columns) = (gain.size(0), gain.size(1));
            var values = Pointer<T>(gain) + (rows == 1 ? 0 : microBatch * columns);
            for (var c = 0; c < into.Length; c++)
                into[c] = double.CreateTruncating(values[columns == 1 ? 0 : c]);
        }
    }

    private static T* Pointer<T>(Tensor tensor)
        where T : unmanaged => NativeTensor.Pointer<T>(tensor);

    private Span<double> Part(int index) => _memory.AsSpan(index * _layout.Statistics, _layout.Statistics);
}
