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
        var (dp, ds) = Propagate(inputs, gm, gv, dw);
        var (dm, dv) = ThroughSource(inputs, dp, ds);
        return inputs.Count == 3 ? [dm, dv, dw] : [dm, dv, dw, gm.sum([0])];
    }

    private (double[] Means, double[] Variances) Propagate(
        IReadOnlyList<Tensor> inputs, Tensor gm, Tensor gv, Tensor dw)
    {
        var moments = TransitionInputs<T>.Of(inputs[0], inputs[1], emitted, rectified, shape);
        var weights = NativeTensor.Pointer<T>(inputs[2]);
        var results = NativeTensor.Pointer<T>(dw);
        var meanGradients = NativeTensor.Pointer<T>(gm);
        var varianceGradients = NativeTensor.Pointer<T>(gv);
        var length = (int)(shape.Inputs * shape.Taps);
        var means = new T[shape.Rows * length];
        var variances = new T[shape.Rows * length];
        new Span<T>(results, (int)shape.Elements).Clear();

        // By input channels, so that threads never add to the same sums.
        Sharing.For((int)shape.GroupInputs, shape.Elements * shape.Rows, (from, to) =>
        {
            var (start, count) = (from * (int)shape.Taps, (to - from) * (int)shape.Taps);
            for (var o = 0; o < shape.Outputs; o++)
            {
                var group = shape.GroupOf(o);
                var kernel = weights + o * shape.KernelLength + start;
                var result = results + o * shape.KernelLength + start;
                for (var row = 0; row < shape.Rows; row++)
                {
                    var sums = (int)(row * length + group * shape.KernelLength) + start;
                    fixed (T* p = moments.Means(row, group))
                    fixed (T* s = moments.Variances(row, group))
                    fixed (T* dp = means)
                    fixed (T* ds = variances)
                        Accumulate(
                            kernel, result, p + start, s + start, dp + sums, ds + sums, count,
                            meanGradients[row * shape.Outputs + o], varianceGradients[row * shape.Outputs + o]);
                }
            }
        });
        return (SumTaps(means), SumTaps(variances));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Accumulate(T* w, T* dw, T* p, T* s, T* dp, T* ds, int count, T gm, T gv)
    {
        var twice = gv + gv;
        var (vgm, vgv, vtwice) = (new Vector<T>(gm), new Vector<T>(gv), new Vector<T>(twice));
        var i = 0;
        for (; i <= count - Vector<T>.Count; i += Vector<T>.Count)
        {
            var kernel = Vector.Load(w + i);
            Vector.Store(Vector.Load(dw + i) + vgm * Vector.Load(p + i) + vtwice * kernel * Vector.Load(s + i), dw + i);
            Vector.Store(Vector.Load(dp + i) + vgm * kernel, dp + i);
            Vector.Store(Vector.Load(ds + i) + vgv * kernel * kernel, ds + i);
        }

        for (; i < count; i++)
        {
            dw[i] += gm * p[i] + twice * w[i] * s[i];
            dp[i] += gm * w[i];
            ds[i] += gv * w[i] * w[i];
        }
    }

    /// <summary>The gradients of means and variances as the source holds them.</summary>
    private (Tensor Mean, Tensor Variance) ThroughSource(IReadOnlyList<Tensor> inputs, double[] dp, double[] ds)
    {
        var (mean, variance) = (inputs[0], inputs[1]);
        var (dm, dv) = (empty_like(mean), empty_like(variance));
        var meanResults = NativeTensor.Pointer<T>(dm);
        var varianceResults = NativeTensor.Pointer<T>(dv);
        for (var at = 0; at < dp.Length; at++)
        {
            var (m, v) = TransitionInputs<T>.Read(mean, variance, emitted, at);
            var (byMean, byVariance) = (dp[at], ds[at]);
            if (rectified)
            {
                var moments = Normal.Rectify(m, v);
                (byMean, byVariance) = (
                    byMean * moments.MeanByMean + byVariance * moments.VarianceByMean,
                    byMean * moments.MeanByVariance + byVariance * moments.VarianceByVariance);
            }

            if (emitted) byVariance *= 2 * double.CreateTruncating(NativeTensor.Pointer<T>(variance)[at]);
            meanResults[at] = T.CreateSaturating(byMean);
            varianceResults[at] = T.CreateSaturating(byVariance);
        }

        return (dm, dv);
    }

    private double[] SumTaps(T[] elements)
    {
        var taps = (int)shape.Taps;
        var result = new double[elements.Length / taps];
        for (var at = 0; at < result.Length; at++)
        {
            double sum = 0;
            for (var tap = 0; tap < taps; tap++) sum += double.CreateTruncating(elements[at * taps + tap]);
            result[at] = sum;
        }

        return result;
    }

    private Tensor Contiguous(Tensor? gradient, Tensor like) =>
        gradient?.contiguous() ?? zeros([shape.Rows, shape.Outputs], like.dtype, like.device);
}
