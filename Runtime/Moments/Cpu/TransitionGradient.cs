using System;
using System.Numerics;
using System.Runtime.CompilerServices;
using static TorchSharp.torch;

namespace KnDsl;

/// <summary>
/// The gradient of a step between two normalization layers. With p and s the moments behind the ReLU, s weighed with the
/// share of positions that a tap has, and per output channel and tap k = gm share + 2 gv (covariance A), A being the means
/// that single taps pass: dW = k p + 2 gv W s, dp = sum k W, ds = share sum gv W^2.
/// </summary>
internal sealed unsafe class TransitionGradient<T> : IDisposable
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    /// <summary>Columns of the weight whose moments and sums stay in the first-level cache.</summary>
    private const int Block = 1024;

    private readonly TransitionShape _shape;
    private readonly TransitionSource _source;
    private readonly SeenTaps? _seen;
    private readonly Tensor _gv;
    private readonly TapFactors<T> _factors;
    private readonly Pooled<T> _means;
    private readonly Pooled<T> _variances;

    /// <param name="shape">The sizes.</param>
    /// <param name="source">The state before.</param>
    /// <param name="seen">Where the taps meet the input; null is everywhere.</param>
    /// <param name="tapMeans">The means that single taps pass, [rows, out, taps]; null where they meet it everywhere.</param>
    /// <param name="gm">The gradient of the means, [rows, out].</param>
    /// <param name="gv">The gradient of the variances, [rows, out].</param>
    public TransitionGradient(
        TransitionShape shape, TransitionSource source, SeenTaps? seen, Tensor? tapMeans, Tensor gm, Tensor gv)
    {
        _shape = shape;
        _source = source;
        _seen = seen;
        _gv = gv;
        _factors = new TapFactors<T>(shape, seen, tapMeans, gm, gv);
        var length = (int)(shape.Rows * shape.Inputs * shape.Taps);
        _means = new(length);
        _variances = new(length);
    }

    /// <summary>Writes the weight's gradient, and takes the sums of means and variances.</summary>
    public void Propagate(Tensor weight, Tensor dw)
    {
        using var moments = TransitionInputs<T>.Of(_source, _shape, _seen);
        var weights = NativeTensor.Pointer<T>(weight);
        var results = NativeTensor.Pointer<T>(dw);
        var varianceGradients = NativeTensor.Pointer<T>(_gv);
        var length = _shape.Inputs * _shape.Taps;
        _means.Span.Clear();
        _variances.Span.Clear();

        // By columns of the weight, so that threads never add to the same sums, and in blocks that stay in the cache.
        Sharing.For((int)_shape.KernelLength, _shape.Elements * _shape.Rows, (from, to) =>
        {
            for (var start = from; start < to; start += Block)
            {
                var count = Math.Min(Block, to - start);
                for (var o = 0; o < _shape.Outputs; o++)
                {
                    var group = _shape.GroupOf(o);
                    var at = o * _shape.KernelLength + start;
                    for (var row = 0; row < _shape.Rows; row++)
                    {
                        var sums = (int)(row * length + group * _shape.KernelLength) + start;
                        fixed (T* factors = _factors.Of(row, o))
                        fixed (T* p = moments.Means(row, group))
                        fixed (T* s = moments.Variances(row, group))
                        fixed (T* dp = _means.Span)
                        fixed (T* ds = _variances.Span)
                            Accumulate(
                                weights + at, results + at, p + start, s + start, dp + sums, ds + sums, count,
                                factors, start % _factors.Period, _factors.Period,
                                varianceGradients[row * _shape.Outputs + o], adds: row > 0);
                    }
                }
            }
        });
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Accumulate(
        T* w, T* dw, T* p, T* s, T* dp, T* ds, int count, T* factors, int phase, int period, T gv, bool adds)
    {
        var twice = gv + gv;
        var (vgv, vtwice) = (new Vector<T>(gv), new Vector<T>(twice));
        var step = Vector<T>.Count % period;
        var i = 0;
        for (; i <= count - Vector<T>.Count; i += Vector<T>.Count)
        {
            var factor = Vector.Load(factors + phase);
            phase += step;
            if (phase >= period) phase -= period;

            var kernel = Vector.Load(w + i);
            var gradient = factor * Vector.Load(p + i) + vtwice * kernel * Vector.Load(s + i);
            Vector.Store(adds ? gradient + Vector.Load(dw + i) : gradient, dw + i);
            Vector.Store(Vector.Load(dp + i) + factor * kernel, dp + i);
            Vector.Store(Vector.Load(ds + i) + vgv * kernel * kernel, ds + i);
        }

        for (; i < count; i++)
        {
            var factor = factors[phase];
            if (++phase == period) phase = 0;

            var gradient = factor * p[i] + twice * w[i] * s[i];
            dw[i] = adds ? gradient + dw[i] : gradient;
            dp[i] += factor * w[i];
            ds[i] += gv * w[i] * w[i];
        }
    }

    /// <summary>The gradients of means and variances as the source holds them.</summary>
    public (Tensor Mean, Tensor Variance) ThroughSource()
    {
        var (dm, dv) = (empty_like(_source.Mean), empty_like(_source.Variance));
        var meanResults = NativeTensor.Pointer<T>(dm);
        var varianceResults = NativeTensor.Pointer<T>(dv);
        for (var at = 0; at < _shape.Rows * _shape.Inputs; at++)
        {
            var (m, v) = TransitionInputs<T>.Read(_source, at);
            var (byMean, byVariance) = SumTaps(at);
            if (_source.Rectified)
            {
                var moments = Normal.Rectify(m, v);
                (byMean, byVariance) = (
                    byMean * moments.MeanByMean + byVariance * moments.VarianceByMean,
                    byMean * moments.MeanByVariance + byVariance * moments.VarianceByVariance);
            }

            if (_source.Emitted) byVariance *= 2 * double.CreateTruncating(NativeTensor.Pointer<T>(_source.Variance)[at]);
            meanResults[at] = T.CreateTruncating(byMean);
            varianceResults[at] = T.CreateTruncating(byVariance);
        }

        return (dm, dv);
    }

    public void Dispose()
    {
        _factors.Dispose();
        _means.Dispose();
        _variances.Dispose();
    }

    private (double ByMean, double ByVariance) SumTaps(int channel)
    {
        var (byMean, byVariance) = (0.0, 0.0);
        for (var tap = 0; tap < _shape.Taps; tap++)
        {
            var at = channel * (int)_shape.Taps + tap;
            byMean += double.CreateTruncating(_means.Span[at]);
            byVariance += double.CreateTruncating(_variances.Span[at]) * (_seen?.Shares[tap] ?? 1);
        }

        return (byMean, byVariance);
    }
}

/// <summary>
/// What a kernel's elements contribute to the means' gradient, per row, output channel and tap. The factors come round after
/// a period, and are repeated so that a vector of them can be loaded from any tap on.
/// </summary>
internal sealed unsafe class TapFactors<T> : IDisposable
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly Pooled<T> _factors;
    private readonly int _length;
    private readonly long _outputs;

    /// <inheritdoc cref="TransitionGradient{T}(TransitionShape, TransitionSource, SeenTaps, Tensor, Tensor, Tensor)"/>
    public TapFactors(TransitionShape shape, SeenTaps? seen, Tensor? tapMeans, Tensor gm, Tensor gv)
    {
        // Where every tap meets the input everywhere, one factor serves them all.
        Period = seen is null ? 1 : (int)shape.Taps;
        _length = Period + Vector<T>.Count - 1;
        _outputs = shape.Outputs;
        _factors = new((int)(shape.Rows * shape.Outputs) * _length);
        var meanGradients = NativeTensor.Pointer<T>(gm);
        var varianceGradients = NativeTensor.Pointer<T>(gv);
        var means = tapMeans is null ? null : NativeTensor.Pointer<T>(tapMeans);
        for (var at = 0; at < shape.Rows * shape.Outputs; at++)
        {
            var factors = _factors.Span.Slice(at * _length, _length);
            for (var tap = 0; tap < Period; tap++)
                factors[tap] = seen is null
                    ? meanGradients[at]
                    : Factor(meanGradients[at], varianceGradients[at], means + at * Period, tap, seen);
            for (var repeated = Period; repeated < _length; repeated++) factors[repeated] = factors[repeated - Period];
        }
    }

    /// <summary>Elements after which the factors come round.</summary>
    public int Period { get; }

    /// <summary>The factors of a row's output channel, from its first tap on.</summary>
    public ReadOnlySpan<T> Of(int row, int output) =>
        _factors.Span.Slice((int)(row * _outputs + output) * _length, _length);

    public void Dispose() => _factors.Dispose();

    private static T Factor(T gm, T gv, T* means, int tap, SeenTaps seen)
    {
        var covariance = 0.0;
        for (var other = 0; other < seen.Shares.Length; other++)
            covariance += seen.Covariance[tap, other] * double.CreateTruncating(means[other]);
        return T.CreateTruncating(
            double.CreateTruncating(gm) * seen.Shares[tap] + 2 * double.CreateTruncating(gv) * covariance);
    }
}
