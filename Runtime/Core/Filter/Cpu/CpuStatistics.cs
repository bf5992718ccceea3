using System;
using System.Buffers;
using System.Numerics;
using System.Threading;
using static TorchSharp.torch;

namespace KnDsl;

/// <summary>The statistics of a filter in double, [R, G] each, in memory from a pool.</summary>
internal sealed unsafe class CpuStatistics : IDisposable
{
    private const int Parts = 13;

    private readonly Layout _layout;
    private readonly FilterSettings _settings;
    private double[] _memory;
    private int _owners = 1;

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

    /// <summary>The prior's means; nothing without a prior.</summary>
    public Span<double> M0 => Part(11);

    /// <summary>The prior's variances.</summary>
    public Span<double> V0 => Part(12);

    /// <summary>The means that running averages take in.</summary>
    public Span<double> AveragedMean => Part(10);

    /// <summary>The variances that running averages take in.</summary>
    public Span<double> AveragedVariance => Part(4);

    /// <summary>The differences of the means, mu - m0; 0 where there is no prior.</summary>
    public Span<double> D => Part(5);

    /// <summary>The differences of the variances, var - v0; 0 where there is no prior.</summary>
    public Span<double> E => Part(6);

    /// <summary>Gains of the mean; 1 where there is no prior.</summary>
    public Span<double> Qm => Part(7);

    /// <summary>Gains of the variance; 1 where there is no prior.</summary>
    public Span<double> Qv => Part(8);

    /// <summary>1 / sqrt(v + eps).</summary>
    public Span<double> Reciprocal => Part(9);

    /// <summary>
    /// Whether every micro-batch refused its prior, and that is not finite: it has no gradient then, not one of zeros, for what made it may
    /// have an infinite slope, and zero times that is no number.
    /// </summary>
    public bool IsPriorSpoilt { get; private set; }

    /// <summary>Filters the observed means and variances.</summary>
    /// <returns><see cref="FilterResult.Spread"/>.</returns>
    public double Filter<T>(FilterArguments arguments)
        where T : unmanaged, INumberBase<T>
    {
        Compare<T>(arguments);
        double spread = 0, values = 0;
        for (var s = 0; s < _layout.Statistics; s++)
        {
            var (d, qv) = (D[s], Qv[s]);
            M[s] = Mu[s] - (1 - Qm[s]) * d;
            V[s] = Variance[s] - (1 - qv) * E[s] + qv * (1 - qv) * d * d;
            var count = _layout.Values(s / _layout.Groups);
            var bessel = Variance[s] / Math.Max(count - 1, 1);
            (AveragedMean[s], AveragedVariance[s]) = arguments.Averaged switch
            {
                AveragedStatistics.Observed => (Mu[s], Variance[s] + bessel + d * d),
                AveragedStatistics.Prior => (M0[s], V0[s]),
                _ => (M[s], V[s] + qv * bessel),
            };
            Reciprocal[s] = 1 / Math.Sqrt(V[s] + _settings.Eps);
            spread += count * (Variance[s] + (Mu[s] - M[s]) * (Mu[s] - M[s])) * Reciprocal[s] * Reciprocal[s];
            values += count;
        }

        return spread / values;
    }

    /// <summary>The scale and shift that normalize a channel by a statistic.</summary>
    public (T Scale, T Shift) ScaleAndShift<T>(int statistic, T weight, T bias)
        where T : unmanaged, INumberBase<T>
    {
        var scale = double.CreateTruncating(weight) * Reciprocal[statistic];
        return (T.CreateTruncating(scale), T.CreateTruncating(double.CreateTruncating(bias) - M[statistic] * scale));
    }

    /// <summary>One of the parts as a tensor, [R, G].</summary>
    public Tensor ToTensor<T>(ReadOnlySpan<double> part, Tensor like)
        where T : unmanaged, INumberBase<T>
    {
        var result = empty([_layout.Batches.Count, _layout.Groups], like.dtype, like.device);
        var elements = Pointer<T>(result);
        for (var s = 0; s < part.Length; s++)
            elements[s] = Saturate.To<T>(part[s]);
        return result;
    }

    /// <summary>The same for another owner, who disposes it too.</summary>
    public CpuStatistics Shared()
    {
        Interlocked.Increment(ref _owners);
        return this;
    }

    public void Dispose()
    {
        if (Interlocked.Decrement(ref _owners) > 0)
            return;
        if (_memory.Length > 0)
            ArrayPool<double>.Shared.Return(_memory);
        _memory = [];
    }

    /// <summary>Whether all that the running averages take in is finite; only a prior may not be.</summary>
    public bool IsAveragedFinite()
    {
        for (var s = 0; s < _layout.Statistics; s++)
        {
            if (!double.IsFinite(AveragedMean[s] + AveragedVariance[s]))
                return false;
        }

        return true;
    }

    /// <summary>Compares the observations with the prior, where there is one and the guard trusts it.</summary>
    private void Compare<T>(FilterArguments arguments)
        where T : unmanaged, INumberBase<T>
    {
        D.Clear();
        E.Clear();
        Qm.Fill(1);
        Qv.Fill(1);
        if (arguments.Prior is not { } prior)
            return;

        TakePrior<T>(prior);
        var groups = (int)_layout.Groups;
        var microBatches = (int)_layout.Batches.Count;
        IsPriorSpoilt = !AllPriorsAreFinite();
        bool? trustedInLayer = _settings.Guard == PriorGuard.Authors ? TrustsInLayer() : null;
        for (var microBatch = 0; microBatch < microBatches; microBatch++)
        {
            if (!(trustedInLayer ?? Trusts(microBatch)))
                continue;
            IsPriorSpoilt = false;
            for (var s = microBatch * groups; s < (microBatch + 1) * groups; s++)
            {
                D[s] = Mu[s] - M0[s];
                E[s] = Variance[s] - V0[s];
            }

            TakeGains<T>(arguments.Gains, microBatch);
        }
    }

    /// <summary>Whether the prior of a micro-batch is trusted, by <see cref="PriorGuard.OfMicroBatch"/>.</summary>
    private bool Trusts(int microBatch)
    {
        var groups = (int)_layout.Groups;
        double sum = 0;
        var count = 0;
        for (var s = microBatch * groups; s < (microBatch + 1) * groups; s++)
        {
            if (!IsPriorFinite(s))
                return false;
            if (!Varies(s))
                continue;
            sum += Variance[s] / (V0[s] + Variance[s]);
            count++;
        }

        return sum >= PriorGuards.LeastShare(_layout.Values(microBatch)) * count;
    }

    /// <summary>Whether the priors of a layer are trusted, by <see cref="PriorGuard.Authors"/>.</summary>
    private bool TrustsInLayer()
    {
        double sum = 0;
        for (var s = 0; s < _layout.Statistics; s++)
        {
            if (!IsPriorFinite(s))
                return false;
            if (Varies(s))
                sum += V0[s] / Variance[s];
        }

        return sum / _layout.Statistics < PriorGuards.Bound;
    }

    private bool AllPriorsAreFinite()
    {
        for (var s = 0; s < _layout.Statistics; s++)
        {
            if (!IsPriorFinite(s))
                return false;
        }

        return true;
    }

    private bool IsPriorFinite(int s) => double.IsFinite(M0[s]) && double.IsFinite(V0[s]);

    private bool Varies(int s) => Variance[s] > PriorGuards.NoVariance * Mu[s] * Mu[s];

    /// <summary>The prior of every statistic: a row for each micro-batch or one for all, of each group or of its channels.</summary>
    private void TakePrior<T>(MomentSource prior)
        where T : unmanaged, INumberBase<T>
    {
        var means = Pointer<T>(prior.Mean);
        var variances = Pointer<T>(prior.Variance);
        var (groups, rows) = ((int)_layout.Groups, prior.Rows);
        var size = (int)(prior.Channels / groups);
        for (var s = 0; s < _layout.Statistics; s++)
        {
            var microBatch = s / groups;
            if (microBatch > 0 && rows == 1)
            {
                (M0[s], V0[s]) = (M0[s - groups], V0[s - groups]);
                continue;
            }

            var first = s * size;
            double mean = 0, variance = 0, spread = 0;
            for (var i = first; i < first + size; i++)
            {
                mean += double.CreateTruncating(means[i]);
                variance += prior.Form.Variance(double.CreateTruncating(variances[i]));
            }

            mean /= size;
            for (var i = first; size > 1 && i < first + size; i++)
            {
                var difference = double.CreateTruncating(means[i]) - mean;
                spread += difference * difference;
            }

            (M0[s], V0[s]) = (mean, (variance + spread) / size);
        }

        NativeTensor.Keep(prior.Mean, prior.Variance);
    }

    private void TakeGains<T>(FilterGains gains, int microBatch)
        where T : unmanaged, INumberBase<T>
    {
        var groups = (int)_layout.Groups;
        var qm = Qm.Slice(microBatch * groups, groups);
        var qv = Qv.Slice(microBatch * groups, groups);
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
            NativeTensor.Keep(gain);
        }
    }

    private static T* Pointer<T>(Tensor tensor)
        where T : unmanaged => NativeTensor.Pointer<T>(tensor);

    private Span<double> Part(int index) => _memory.AsSpan(index * _layout.Statistics, _layout.Statistics);
}
