using System;
using System.Collections.Generic;
using System.Numerics;
using System.Runtime.CompilerServices;
using static TorchSharp.torch;

namespace KnDsl;

/// <summary>A step between two normalization layers in the autograd graph.</summary>
internal sealed unsafe class TransitionNode<T>(TransitionShape shape, bool emitted, bool rectified) : GraphNode
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    /// <summary>Columns of the weight whose moments and sums stay in the first-level cache.</summary>
    private const int Block = 1024;

    /// <summary>
    /// Inputs: means and variances (or shift and scale), weight and perhaps bias; outputs m', v'. With p and s the moments
    /// behind the ReLU: dW = gm' p + 2 W gv' s, dp = sum gm' W, ds = sum gv' W^2.
    /// </summary>
    protected override Tensor?[] Backward(
        Tensor?[] gradients, IReadOnlyList<Tensor> inputs, IReadOnlyList<Tensor> kept)
    {
        var weight = inputs[2];
        var gm = Contiguous(gradients[0], weight);
        var gv = Contiguous(gradients[1], weight);
        var dw = empty_like(weight);
        var length = (int)(shape.Rows * shape.Inputs * shape.Taps);
        using var dp = new Pooled<T>(length);
        using var ds = new Pooled<T>(length);
        Propagate(inputs, gm, gv, dw, dp, ds);
        var (dm, dv) = ThroughSource(inputs, dp.Span, ds.Span);
        return inputs.Count == 3 ? [dm, dv, dw] : [dm, dv, dw, gm.sum([0])];
    }

    private void Propagate(
        IReadOnlyList<Tensor> inputs, Tensor gm, Tensor gv, Tensor dw, Pooled<T> means, Pooled<T> variances)
    {
        using var moments = TransitionInputs<T>.Of(inputs[0], inputs[1], emitted, rectified, shape);
        var weights = NativeTensor.Pointer<T>(inputs[2]);
        var results = NativeTensor.Pointer<T>(dw);
        var meanGradients = NativeTensor.Pointer<T>(gm);
        var varianceGradients = NativeTensor.Pointer<T>(gv);
        var length = shape.Inputs * shape.Taps;
        means.Span.Clear();
        variances.Span.Clear();

        // By columns of the weight, so that threads never add to the same sums, and in blocks that stay in the cache.
        Sharing.For((int)shape.KernelLength, shape.Elements * shape.Rows, (from, to) =>
        {
            for (var start = from; start < to; start += Block)
            {
                var count = Math.Min(Block, to - start);
                for (var o = 0; o < shape.Outputs; o++)
                {
                    var group = shape.GroupOf(o);
                    var at = o * shape.KernelLength + start;
                    for (var row = 0; row < shape.Rows; row++)
                    {
                        var sums = (int)(row * length + group * shape.KernelLength) + start;
                        fixed (T* p = moments.Means(row, group))
                        fixed (T* s = moments.Variances(row, group))
                        fixed (T* dp = means.Span)
                        fixed (T* ds = variances.Span)
                            Accumulate(
                                weights + at, results + at, p + start, s + start, dp + sums, ds + sums, count,
                                meanGradients[row * shape.Outputs + o], varianceGradients[row * shape.Outputs + o],
                                isFirst: row == 0);
                    }
                }
            }
        });
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Accumulate(
        T* w, T* dw, T* p, T* s, T* dp, T* ds, int count, T gm, T gv, bool isFirst)
    {
        var twice = gv + gv;
        var (vgm, vgv, vtwice) = (new Vector<T>(gm), new Vector<T>(gv), new Vector<T>(twice));
        var i = 0;
        for (; i <= count - Vector<T>.Count; i += Vector<T>.Count)
        {
            var kernel = Vector.Load(w + i);
            var gradient = vgm * Vector.Load(p + i) + vtwice * kernel * Vector.Load(s + i);
            Vector.Store(isFirst ? gradient : gradient + Vector.Load(dw + i), dw + i);
            Vector.Store(Vector.Load(dp + i) + vgm * kernel, dp + i);
            Vector.Store(Vector.Load(ds + i) + vgv * kernel * kernel, ds + i);
        }

        for (; i < count; i++)
        {
            var gradient = gm * p[i] + twice * w[i] * s[i];
            dw[i] = isFirst ? gradient : gradient + dw[i];
            dp[i] += gm * w[i];
            ds[i] += gv * w[i] * w[i];
        }
    }

    /// <summary>The gradients of means and variances as the source holds them.</summary>
    private (Tensor Mean, Tensor Variance) ThroughSource(IReadOnlyList<Tensor> inputs, Span<T> dp, Span<T> ds)
    {
        var (mean, variance) = (inputs[0], inputs[1]);
        var (dm, dv) = (empty_like(mean), empty_like(variance));
        var meanResults = NativeTensor.Pointer<T>(dm);
        var varianceResults = NativeTensor.Pointer<T>(dv);
        for (var at = 0; at < shape.Rows * shape.Inputs; at++)
        {
            var (m, v) = TransitionInputs<T>.Read(mean, variance, emitted, at);
            var (byMean, byVariance) = (SumTaps(dp, at), SumTaps(ds, at));
            if (rectified)
            {
                var moments = Normal.Rectify(m, v);
                (byMean, byVariance) = (
                    byMean * moments.MeanByMean + byVariance * moments.VarianceByMean,
                    byMean * moments.MeanByVariance + byVariance * moments.VarianceByVariance);
            }

            if (emitted) byVariance *= 2 * double.CreateTruncating(NativeTensor.Pointer<T>(variance)[at]);
            meanResults[at] = T.CreateTruncating(byMean);
            varianceResults[at] = T.CreateTruncating(byVariance);
        }

        return (dm, dv);
    }

    private double SumTaps(Span<T> elements, int channel)
    {
        double sum = 0;
        foreach (var element in elements.Slice(channel * (int)shape.Taps, (int)shape.Taps))
            sum += double.CreateTruncating(element);
        return sum;
    }

    private Tensor Contiguous(Tensor? gradient, Tensor like) =>
        gradient?.contiguous() ?? zeros([shape.Rows, shape.Outputs], like.dtype, like.device);
}
