using System;
using System.Numerics;
using System.Runtime.CompilerServices;
using static TorchSharp.torch;

namespace KnDsl;

/// <summary>
/// The gradient of a step between two normalization layers. With p and s the moments after the ReLU, s weighed with the
/// share of positions that a tap has, and per output channel and tap k = gm share + 2 gv (covariance A), A being the means
/// that single taps pass: dW = k p + 2 gv W s, dp = sum k W, ds = share sum gv W^2.
/// </summary>
internal sealed unsafe class FusedStepGradient<T> : IDisposable
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    /// <summary>Columns of the weight whose moments and sums stay in the first-level cache.</summary>
    private const int Block = 1024;

    private readonly FusedStepShape _shape;
    private readonly MomentSource _source;
    private readonly SeenTaps? _seen;
    private readonly Tensor _gv;
    private readonly TapFactors<T> _factors;
    private readonly PooledArray<T> _means;
    private readonly PooledArray<T> _variances;

    /// <param name="shape">The sizes.</param>
    /// <param name="source">The state before.</param>
    /// <param name="seen">Where the taps meet the input; null is everywhere.</param>
    /// <param name="tapMeans">The means that single taps pass, [rows, out, taps]; null where they meet it everywhere.</param>
    /// <param name="gm">The gradient of the means, [rows, out].</param>
    /// <param name="gv">The gradient of the variances, [rows, out].</param>
    public FusedStepGradient(
        FusedStepShape shape, MomentSource source, SeenTaps? seen, Tensor? tapMeans, Tensor gm, Tensor gv)
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

    /// <summary>Writes the weight's gradient, or adds it, and takes the sums of means and variances.</summary>
    public void Propagate(Tensor weight, Tensor dw, bool adds)
    {
        using var moments = new FusedStepInputs<T>(_source, _shape, _seen);
        var weights = NativeTensor.Pointer<T>(weight);
        var results = NativeTensor.Pointer<T>(dw);
        var varianceGradients = NativeTensor.Pointer<T>(_gv);
        var length = _shape.Inputs * _shape.Taps;
        _means.Span.Clear();
        _variances.Span.Clear();

        // By columns of the weight, so that threads never add to the same sums, and in blocks that stay in the cache.
        ParallelLoop.Run((int)_shape.KernelLength, _shape.Elements * _shape.Rows, (from, to) =>
        {
            for (var start = from; start < to; start += Block)
            {
                var count = Math.Min(Block, to - start);
                for (var o = 0; o < _shape.Outputs; o += Together(o))
                {
                    var group = _shape.GroupOf(o);
                    var at = o * _shape.KernelLength + start;
                    for (var row = 0; row < _shape.Rows; row++)
                    {
                        var sums = (int)(row * length + group * _shape.KernelLength) + start;
                        fixed (T* factors = _factors.Row(row, o))
                        fixed (T* p = moments.Means(row, group))
                        fixed (T* s = moments.Variances(row, group))
                        fixed (T* dp = _means.Span)
                        fixed (T* ds = _variances.Span)
                        {
                            var columns = new Columns(
                                weights + at, results + at, p + start, s + start, dp + sums, ds + sums, count, start, factors,
                                varianceGradients + row * _shape.Outputs + o);
                            if (Together(o) == 1)
                                AccumulateOne(columns, 0, 0, adds || row > 0);
                            else
                                AccumulateFour(columns, adds || row > 0);
                        }
                    }
                }
            }
        });
        NativeTensor.Keep(_source.Mean, _source.Variance, weight, dw, _gv);
    }

    /// <summary>How many output channels from this one on are worked on at once: their group must be the same.</summary>
    private int Together(int output) =>
        output + 4 <= _shape.Outputs && _shape.GroupOf(output) == _shape.GroupOf(output + 3) ? 4 : 1;

    /// <summary>Four output channels meet each moment while it is in a register, and their sums stay there.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void AccumulateFour(Columns columns, bool adds)
    {
        var (length, period, next) = (_shape.KernelLength, _factors.Period, _factors.Length);
        var w = columns.Weight;
        var dw = columns.Gradient;
        var factors = columns.Factors;
        var phase = columns.Start % period;
        var step = Vector<T>.Count % period;
        var gv = columns.VarianceGradient;
        var (gv0, gv1, gv2, gv3) = (new Vector<T>(gv[0]), new Vector<T>(gv[1]), new Vector<T>(gv[2]), new Vector<T>(gv[3]));
        var i = 0;
        for (; i <= columns.Count - Vector<T>.Count; i += Vector<T>.Count)
        {
            var p = Vector.Load(columns.Means + i);
            var s = Vector.Load(columns.Variances + i);
            s += s;
            var dp = Vector.Load(columns.MeanSums + i);
            var ds = Vector.Load(columns.VarianceSums + i);
            Step(w + i, dw + i, factors + phase, gv0, p, s, ref dp, ref ds, adds);
            Step(w + length + i, dw + length + i, factors + next + phase, gv1, p, s, ref dp, ref ds, adds);
            Step(w + 2 * length + i, dw + 2 * length + i, factors + 2 * next + phase, gv2, p, s, ref dp, ref ds, adds);
            Step(w + 3 * length + i, dw + 3 * length + i, factors + 3 * next + phase, gv3, p, s, ref dp, ref ds, adds);
            Vector.Store(dp, columns.MeanSums + i);
            Vector.Store(ds, columns.VarianceSums + i);
            phase += step;
            if (phase >= period)
                phase -= period;
        }

        for (var output = 0; output < 4; output++)
            AccumulateOne(columns, output, i, adds);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Step(
        T* w, T* dw, T* factors, Vector<T> gv, Vector<T> p, Vector<T> twice, ref Vector<T> dp, ref Vector<T> ds, bool adds)
    {
        var kernel = Vector.Load(w);
        var factor = Vector.Load(factors);
        var product = gv * kernel;
        var gradient = factor * p + product * twice;
        Vector.Store(adds ? gradient + Vector.Load(dw) : gradient, dw);
        dp += factor * kernel;
        ds += product * kernel;
    }

    /// <summary>One output channel of the columns, from one of them on, element by element.</summary>
    private void AccumulateOne(Columns columns, int output, int from, bool adds)
    {
        var w = columns.Weight + output * _shape.KernelLength;
        var dw = columns.Gradient + output * _shape.KernelLength;
        var factors = columns.Factors + output * _factors.Length;
        var gv = columns.VarianceGradient[output];
        for (var i = from; i < columns.Count; i++)
        {
            var factor = factors[(columns.Start + i) % _factors.Period];
            var gradient = factor * columns.Means[i] + (gv + gv) * w[i] * columns.Variances[i];
            dw[i] = adds ? gradient + dw[i] : gradient;
            columns.MeanSums[i] += factor * w[i];
            columns.VarianceSums[i] += gv * w[i] * w[i];
        }
    }

    /// <summary>Columns of a kernel and of those after it, with their moments and sums.</summary>
    private readonly struct Columns(
        T* weight, T* gradient, T* means, T* variances, T* meanSums, T* varianceSums, int count, int start, T* factors,
        T* varianceGradient)
    {
        public readonly T* Weight = weight;
        public readonly T* Gradient = gradient;
        public readonly T* Means = means;
        public readonly T* Variances = variances;
        public readonly T* MeanSums = meanSums;
        public readonly T* VarianceSums = varianceSums;
        public readonly int Count = count;

        /// <summary>The first column within the kernel.</summary>
        public readonly int Start = start;
        public readonly T* Factors = factors;
        public readonly T* VarianceGradient = varianceGradient;
    }

    /// <summary>The gradients of means and variances as the source holds them.</summary>
    public (Tensor Mean, Tensor Variance) ThroughSource()
    {
        var (dm, dv) = (empty_like(_source.Mean), empty_like(_source.Variance));
        var meanResults = NativeTensor.Pointer<T>(dm);
        var varianceResults = NativeTensor.Pointer<T>(dv);
        var held = NativeTensor.Pointer<T>(_source.Variance);
        for (var at = 0; at < _shape.Rows * _shape.Inputs; at++)
        {
            var (m, v) = FusedStepInputs<T>.Read(_source, at);
            var (byMean, byVariance) = SumTaps(at);
            if (_source.Form.Rectified)
            {
                var moments = Normal.Rectify(m, v);
                (byMean, byVariance) = (
                    byMean * moments.MeanByMean + byVariance * moments.VarianceByMean,
                    byMean * moments.MeanByVariance + byVariance * moments.VarianceByVariance);
            }

            meanResults[at] = T.CreateTruncating(byMean);
            varianceResults[at] = T.CreateTruncating(byVariance * _source.Form.VarianceSlope(double.CreateTruncating(held[at])));
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
