using System;
using System.Collections.Generic;
using System.Numerics;
using static TorchSharp.torch;

namespace KnDsl;

/// <summary>A use of the filter on a CPU in the autograd graph.</summary>
internal sealed unsafe class CpuFilterNode<T> : GraphNode
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly Layout _layout;
    private readonly CpuStatistics _work;
    private readonly MomentForm? _prior;
    private readonly bool _learnsGains;
    private readonly bool _adds;
    private readonly Activation _activation;
    private readonly double _eps;

    /// <param name="layout">The layout of the value.</param>
    /// <param name="work">The statistics of the forward pass, which the node takes over.</param>
    /// <param name="arguments">The arguments of the filter; no tensor of theirs is kept.</param>
    public CpuFilterNode(Layout layout, CpuStatistics work, FilterArguments arguments)
    {
        (_layout, _work) = (layout, work);
        _prior = arguments.Prior?.Form;
        _learnsGains = _prior is not null && arguments.Gains.Learned is not null;
        (_activation, _adds) = (arguments.Epilogue.Activation, arguments.Epilogue.Addend is not null);
        _eps = arguments.Settings.Eps;
    }

    /// <summary>That of the output, where it may be given up.</summary>
    public Recomputation? Recomputation { get; set; }

    /// <summary>Whether the gradient of the epilogue is that of its output: a sum is not kept.</summary>
    public bool NeedsOutput => _adds && _activation != Activation.None;

    /// <summary>
    /// Inputs as <see cref="FilterArguments.Differentiable"/> lists them, the addend left out, then the output y where
    /// <see cref="NeedsOutput"/>; outputs y and, where they are wanted, m, v.
    /// </summary>
    protected override Tensor?[] Backward(
        Tensor?[] gradients, IReadOnlyList<Tensor> inputs, IReadOnlyList<Tensor> kept)
    {
        var x = inputs[0];
        var gy = (gradients[0] ?? zeros_like(x)).to(x.dtype).contiguous();
        var (gm, gv) = gradients is [_, var ofMean, var ofVariance] ? (ofMean?.contiguous(), ofVariance?.contiguous()) : default;
        // An image asks for no gradient.
        var dx = x.requires_grad ? empty_like(x) : null;
        var before = NeedsOutput ? empty_like(x) : null;
        using var gradient = new FilterGradient(_layout.Statistics, checked((int)(_layout.Batches.Count * _layout.Channels)));
        Propagate(gy, gm, gv, inputs, dx, before, gradient);

        List<Tensor?> result =
            [dx, Reduce(gradient.Weight, _layout.Channels, inputs[1]), Reduce(gradient.Bias, _layout.Channels, inputs[2])];
        if (_prior is { } form)
            result.AddRange(_work.IsPriorSpoilt ? [null, null] : OfPrior(gradient, new(inputs[3], inputs[4], form)));
        if (_learnsGains)
            result.AddRange([OfGain(gradient.MeanGain, inputs[5]), OfGain(gradient.VarianceGain, inputs[6])]);
        if (_adds)
            result.Add(before ?? gy);
        // All that has read the output has its gradient.
        Recomputation?.Release();
        return [.. result];
    }

    protected override Tensor? Compose(IReadOnlyList<Tensor> inputs, Tensor? output) => _prior is not null
        ? null : FilterComposition.Of(inputs, output, _layout, _eps, _activation, _adds);

    /// <summary>Writes the output once more, of what the node has saved.</summary>
    public void ComputeAgain(Tensor y)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var inputs = UnpackInputs();
        CpuFilter<T>.Write(y, inputs[0], inputs[1], inputs[2], new(_activation), _layout, _work);
    }

    protected override void Release()
    {
        _work.Dispose();
        Recomputation?.Dispose();
    }

    /// <summary>
    /// With r = 1 / sqrt(v + eps), n values in a statistic, gradients g of the normalized value, which an activation makes of those of its
    /// output, and over each statistic's values db = sum g, dw = r sum g (x - m), each over a channel; w db and w dw are summed over the
    /// channels that share the statistic:
    /// <code>
    /// dm = gm - r w db                                dv = gv - r^2 w dw / 2
    /// dmu = qm dm + 2 qv (1-qv) (mu-m0) dv            dvar = qv dv
    /// dm0 = (1-qm) dm - 2 qv (1-qv) (mu-m0) dv        dv0 = (1-qv) dv
    /// dqm = dm (mu-m0)                                dqv = dv (var - v0 + (1-2qv) (mu-m0)^2)
    /// dx = w r g + 2 dvar / n (x - mu) + dmu / n
    /// </code>
    /// </summary>
    /// <param name="gy">Those of the output.</param>
    /// <param name="gm">Those of the filtered means.</param>
    /// <param name="gv">Those of the filtered variances.</param>
    /// <param name="inputs">What the node saved.</param>
    /// <param name="dx">Where dx goes; null where nobody asks for it.</param>
    /// <param name="before">Where g goes, the addend's gradient, where the output is needed for it; else null.</param>
    /// <param name="gradient">Where the others go.</param>
    private void Propagate(
        Tensor gy, Tensor? gm, Tensor? gv, IReadOnlyList<Tensor> inputs, Tensor? dx, Tensor? before, FilterGradient gradient)
    {
        var x = inputs[0];
        var g = NativeTensor.Pointer<T>(gy);
        var values = NativeTensor.Pointer<T>(x);
        var weight = NativeTensor.Pointer<T>(inputs[1]);
        var bias = NativeTensor.Pointer<T>(inputs[2]);
        var results = dx is null ? null : NativeTensor.Pointer<T>(dx);
        var means = gm is null ? null : NativeTensor.Pointer<T>(gm);
        var variances = gv is null ? null : NativeTensor.Pointer<T>(gv);
        var outputs = before is null ? null : NativeTensor.Pointer<T>(inputs[^1]);
        var normalized = before is null ? g : NativeTensor.Pointer<T>(before);
        var first = RowPasses<T>.Of(_activation)!;
        // What the first pass wrote needs no activation in the second; neither does a sum without one.
        var second = before is null ? first : RowPasses<T>.Of(Activation.None)!;
        ParallelLoop.Run(_layout.Statistics, x.numel(), (from, to) =>
        {
            for (var s = from; s < to; s++)
            {
                var (start, step, rows) = _layout.Rows(s);
                var (microBatch, channel) = (s / _layout.Groups, _layout.FirstChannel(s));
                var (r, qm, qv, d) = (_work.Reciprocal[s], _work.Qm[s], _work.Qv[s], _work.D[s]);
                double sums = 0, products = 0;
                var center = T.CreateTruncating(_work.M[s]);
                for (var i = 0; i < _layout.GroupSize; i++)
                {
                    double sum = 0, product = 0;
                    var (scale, shift) = _work.ScaleAndShift(s, weight[channel + i], bias[channel + i]);
                    for (var row = 0; row < rows; row++)
                    {
                        var at = start + row * step + i * _layout.Positions;
                        if (outputs is null)
                        {
                            first.Correlate(g + at, values + at, _layout.Positions, scale, shift, center, ref sum, ref product);
                        }
                        else
                        {
                            first.CorrelateByOutput(
                                g + at, values + at, outputs + at, normalized + at, _layout.Positions, center, ref sum, ref product);
                        }
                    }

                    var ofChannel = (int)(microBatch * _layout.Channels + channel + i);
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
                gradient.VarianceGain[s] = dv * (_work.E[s] + (1 - 2 * qv) * d * d);

                var count = _layout.Values(microBatch);
                var (b, c) = (T.CreateTruncating(2 * qv * dv / count), T.CreateTruncating((qm * dm + cross) / count));
                var mu = T.CreateTruncating(_work.Mu[s]);
                for (var i = 0; results is not null && i < _layout.GroupSize; i++)
                {
                    var (scale, shift) = _work.ScaleAndShift(s, weight[channel + i], bias[channel + i]);
                    for (var row = 0; row < rows; row++)
                    {
                        var at = start + row * step + i * _layout.Positions;
                        second.Combine(
                            normalized + at, values + at, results + at, _layout.Positions, scale, shift, scale, b, mu, c);
                    }
                }
            }
        });
        NativeTensor.Keep([gy, gm, gv, dx, before, .. inputs]);
    }

    /// <summary>
    /// The gradients of a prior from those of what its channels were reduced to, k of them to one: m0 = mean of m, v0 = mean of v + mean
    /// of (m - m0)^2.
    /// <code>
    /// dm = (dm0 + 2 (m - m0) dv0) / k                 dv = dv0 / k
    /// </code>
    /// </summary>
    private Tensor?[] OfPrior(FilterGradient gradient, MomentSource source)
    {
        var (means, variances) = (empty_like(source.Mean), empty_like(source.Variance));
        var statistics = (int)(source.Rows * _layout.Groups);
        var dm0 = SumRows(gradient.PriorMean, statistics);
        var dv0 = SumRows(gradient.PriorVariance, statistics);
        var m = NativeTensor.Pointer<T>(source.Mean);
        var v = NativeTensor.Pointer<T>(source.Variance);
        var dm = NativeTensor.Pointer<T>(means);
        var dv = NativeTensor.Pointer<T>(variances);
        var size = (int)(source.Channels / _layout.Groups);
        for (var s = 0; s < statistics; s++)
        {
            for (var i = s * size; i < (s + 1) * size; i++)
            {
                // Of a prior that was refused there is no gradient, and its numbers may not be finite.
                var difference = dv0[s] == 0 ? 0 : double.CreateTruncating(m[i]) - _work.M0[s];
                var slope = dv0[s] == 0 ? 0 : source.Form.VarianceSlope(double.CreateTruncating(v[i]));
                dm[i] = T.CreateTruncating((dm0[s] + 2 * difference * dv0[s]) / size);
                dv[i] = T.CreateTruncating(dv0[s] / size * slope);
            }
        }

        return [means, variances];
    }

    private Tensor OfGain(Span<double> statistics, Tensor gain) => Reduce(statistics, gain.size(0) * _layout.Groups, gain);

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
