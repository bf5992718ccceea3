using System;
using System.Collections.Generic;
using System.Numerics;
using static TorchSharp.torch;

namespace KnDsl;

/// <summary>A use of the filter on a CPU in the autograd graph.</summary>
/// <param name="layout">The layout of the value.</param>
/// <param name="work">The statistics of the forward pass, which the node takes over.</param>
/// <param name="prior">How the prior is held; null without one.</param>
internal sealed unsafe class CpuFilterNode<T>(Layout layout, CpuStatistics work, MomentForm? prior) : GraphNode
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    /// <summary>Inputs as <see cref="FilterArguments.Differentiable"/> lists them; outputs y, m, v.</summary>
    protected override Tensor?[] Backward(
        Tensor?[] gradients, IReadOnlyList<Tensor> inputs, IReadOnlyList<Tensor> kept)
    {
        var x = inputs[0];
        var gy = (gradients[0] ?? zeros_like(x)).to(x.dtype).contiguous();
        var (gm, gv) = (gradients[1]?.contiguous(), gradients[2]?.contiguous());
        var dx = empty_like(x);
        using var gradient = new FilterGradient(layout.Statistics, checked((int)(layout.Batches.Count * layout.Channels)));
        Propagate(gy, gm, gv, x, inputs[1], dx, gradient);

        var (weight, bias) = (
            Reduce(gradient.Weight, layout.Channels, inputs[1]), Reduce(gradient.Bias, layout.Channels, inputs[2]));
        if (prior is not { } form)
            return [dx, weight, bias];
        var (mean, variance) = OfPrior(gradient, new(inputs[3], inputs[4], form));
        return inputs.Count == 5
            ? [dx, weight, bias, mean, variance]
            : [dx, weight, bias, mean, variance, OfGain(gradient.MeanGain, inputs[5]), OfGain(gradient.VarianceGain, inputs[6])];
    }

    protected override void Release() => work.Dispose();

    /// <summary>
    /// With r = 1 / sqrt(v + eps), n values in a statistic, and over each statistic's values
    /// db = sum gy, dw = r sum gy (x - m), each over a channel; w db and w dw are summed over the channels that share the statistic:
    /// <code>
    /// dm = gm - r w db                                dv = gv - r^2 w dw / 2
    /// dmu = qm dm + 2 qv (1-qv) (mu-m0) dv            dvar = qv dv
    /// dm0 = (1-qm) dm - 2 qv (1-qv) (mu-m0) dv        dv0 = (1-qv) dv
    /// dqm = dm (mu-m0)                                dqv = dv (var - v0 + (1-2qv) (mu-m0)^2)
    /// dx = w r gy + 2 dvar / n (x - mu) + dmu / n
    /// </code>
    /// </summary>
    private void Propagate(Tensor gy, Tensor? gm, Tensor? gv, Tensor x, Tensor scale, Tensor dx, FilterGradient gradient)
    {
        var g = NativeTensor.Pointer<T>(gy);
        var values = NativeTensor.Pointer<T>(x);
        var weight = NativeTensor.Pointer<T>(scale);
        var results = NativeTensor.Pointer<T>(dx);
        var means = gm is null ? null : NativeTensor.Pointer<T>(gm);
        var variances = gv is null ? null : NativeTensor.Pointer<T>(gv);
        ParallelLoop.Run(layout.Statistics, x.numel(), (from, to) =>
        {
            for (var s = from; s < to; s++)
            {
                var (first, step, rows) = layout.Rows(s);
                var (microBatch, channel) = (s / layout.Groups, layout.FirstChannel(s));
                var (r, qm, qv, d) = (work.Reciprocal[s], work.Qm[s], work.Qv[s], work.D[s]);
                double sums = 0, products = 0;
                var center = T.CreateTruncating(work.M[s]);
                for (var i = 0; i < layout.GroupSize; i++)
                {
                    double sum = 0, product = 0;
                    for (var row = 0; row < rows; row++)
                    {
                        var at = first + row * step + i * layout.Positions;
                        VectorKernels<T>.Correlate(g + at, values + at, layout.Positions, center, ref sum, ref product);
                    }

                    var ofChannel = (int)(microBatch * layout.Channels + channel + i);
                    gradient.Weight[ofChannel] = r * product;
                    gradient.Bias[ofChannel] = sum;
                    var w = double.CreateTruncating(weight[channel + i]);
                    sums += w * sum;
                    products += w * product;
                }

                var dm = -r * sums + (means is null ? 0 : double.CreateTruncating(means[s]));
                var dv = -0.5 * r * r * r * products + (variances is null ? 0 : double.CreateTruncating(variances[s]));
                var cross = 2 * qv * (1 - qv) * d * dv;
                gradient.PriorMean[s] = (1 - qm) * dm - cross;
                gradient.PriorVariance[s] = (1 - qv) * dv;
                gradient.MeanGain[s] = dm * d;
                gradient.VarianceGain[s] = dv * (work.E[s] + (1 - 2 * qv) * d * d);

                var count = layout.Values(microBatch);
                var (b, c) = (T.CreateTruncating(2 * qv * dv / count), T.CreateTruncating((qm * dm + cross) / count));
                var mu = T.CreateTruncating(work.Mu[s]);
                for (var i = 0; i < layout.GroupSize; i++)
                {
                    var a = T.CreateTruncating(double.CreateTruncating(weight[channel + i]) * r);
                    for (var row = 0; row < rows; row++)
                    {
                        var at = first + row * step + i * layout.Positions;
                        VectorKernels<T>.Combine(g + at, values + at, results + at, layout.Positions, a, b, mu, c);
                    }
                }
            }
        });
    }

    /// <summary>
    /// The gradients of a prior from those of what its channels were reduced to, k of them to one: m0 = mean of m, v0 = mean of v + mean
    /// of (m - m0)^2.
    /// <code>
    /// dm = (dm0 + 2 (m - m0) dv0) / k                 dv = dv0 / k
    /// </code>
    /// </summary>
    private (Tensor Mean, Tensor Variance) OfPrior(FilterGradient gradient, MomentSource source)
    {
        var (means, variances) = (empty_like(source.Mean), empty_like(source.Variance));
        var statistics = (int)(source.Rows * layout.Groups);
        var dm0 = SumRows(gradient.PriorMean, statistics);
        var dv0 = SumRows(gradient.PriorVariance, statistics);
        var m = NativeTensor.Pointer<T>(source.Mean);
        var v = NativeTensor.Pointer<T>(source.Variance);
        var dm = NativeTensor.Pointer<T>(means);
        var dv = NativeTensor.Pointer<T>(variances);
        var size = (int)(source.Channels / layout.Groups);
        for (var s = 0; s < statistics; s++)
        {
            for (var i = s * size; i < (s + 1) * size; i++)
            {
                // Of a prior that was refused there is no gradient, and its numbers may not be finite.
                var difference = dv0[s] == 0 ? 0 : double.CreateTruncating(m[i]) - work.M0[s];
                var slope = dv0[s] == 0 ? 0 : source.Form.VarianceSlope(double.CreateTruncating(v[i]));
                dm[i] = T.CreateTruncating((dm0[s] + 2 * difference * dv0[s]) / size);
                dv[i] = T.CreateTruncating(dv0[s] / size * slope);
            }
        }

        return (means, variances);
    }

    private Tensor OfGain(Span<double> statistics, Tensor gain) => Reduce(statistics, gain.size(0) * layout.Groups, gain);

    /// <summary>Gradients in a row for each micro-batch, summed to rows of a length together, and on to the elements of a tensor.</summary>
    private static Tensor Reduce(Span<double> rows, long length, Tensor like)
    {
        var result = empty_like(like);
        var elements = NativeTensor.Pointer<T>(result);
        var sums = SumRows(rows, checked((int)length));
        var columns = sums.Length / (int)result.numel();
        for (var at = 0; at < sums.Length; at += columns)
        {
            double sum = 0;
            foreach (var column in sums.Slice(at, columns))
                sum += column;
            elements[at / columns] = T.CreateTruncating(sum);
        }

        return result;
    }

    /// <summary>Adds rows beyond a length to those before it.</summary>
    private static Span<double> SumRows(Span<double> rows, int length)
    {
        for (var start = length; start < rows.Length; start += length)
        {
            for (var at = 0; at < length; at++)
                rows[at] += rows[start + at];
        }

        return rows[..length];
    }
}
