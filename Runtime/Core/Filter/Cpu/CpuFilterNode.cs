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
    private readonly long _priorRows;
    private readonly Moments? _learnedGains;

    public CpuFilterNode(Layout layout, CpuStatistics work, FilterArguments arguments)
    {
        _layout = layout;
        _work = work;
        _priorRows = arguments.PriorRows;
        _learnedGains = arguments.Prior is null ? null : arguments.Gains.Learned;
    }

    /// <summary>Inputs as <see cref="FilterArguments.Differentiable"/> lists them; outputs y, m, v.</summary>
    protected override Tensor?[] Backward(
        Tensor?[] gradients, IReadOnlyList<Tensor> inputs, IReadOnlyList<Tensor> kept)
    {
        var x = inputs[0];
        var gy = (gradients[0] ?? zeros_like(x)).to(x.dtype).contiguous();
        var (gm, gv) = (gradients[1]?.contiguous(), gradients[2]?.contiguous());
        var dx = empty_like(x);
        using var gradient = new FilterGradient(_layout.Statistics, checked((int)(_layout.Batches.Count * _layout.Channels)));
        Propagate(gy, gm, gv, x, inputs[1], dx, gradient);

        List<Tensor?> result = [dx, Reduce(gradient.Weight, 1, _layout.Channels, x), Reduce(gradient.Bias, 1, _layout.Channels, x)];
        if (_priorRows > 0)
        {
            var (mean, variance) = Spread(
                Reduce(gradient.PriorMean, _priorRows, _layout.Groups, x), Reduce(gradient.PriorVariance, _priorRows, _layout.Groups, x),
                inputs[3]);
            result.AddRange([mean, variance]);
        }

        if (_learnedGains is not null)
        {
            result.Add(ToShape(gradient.MeanGain, inputs[5]));
            result.Add(ToShape(gradient.VarianceGain, inputs[6]));
        }

        return [.. result];
    }

    protected override void Release() => _work.Dispose();

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
        ParallelLoop.Run(_layout.Statistics, x.numel(), (from, to) =>
        {
            for (var s = from; s < to; s++)
            {
                var (first, step, rows) = _layout.Rows(s);
                var (microBatch, channel) = (s / _layout.Groups, _layout.FirstChannel(s));
                var (r, qm, qv, d) = (_work.Reciprocal[s], _work.Qm[s], _work.Qv[s], _work.D[s]);
                double sums = 0, products = 0;
                var center = T.CreateTruncating(_work.M[s]);
                for (var i = 0; i < _layout.GroupSize; i++)
                {
                    double sum = 0, product = 0;
                    for (var row = 0; row < rows; row++)
                    {
                        var at = first + row * step + i * _layout.Positions;
                        VectorKernels<T>.Correlate(g + at, values + at, _layout.Positions, center, ref sum, ref product);
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
                for (var i = 0; i < _layout.GroupSize; i++)
                {
                    var a = T.CreateTruncating(double.CreateTruncating(weight[channel + i]) * r);
                    for (var row = 0; row < rows; row++)
                    {
                        var at = first + row * step + i * _layout.Positions;
                        VectorKernels<T>.Combine(g + at, values + at, results + at, _layout.Positions, a, b, mu, c);
                    }
                }
            }
        });
    }

    /// <summary>Gradients in a row for each micro-batch, summed to a number of rows.</summary>
    private static Tensor Reduce(System.ReadOnlySpan<double> statistics, long rows, long columns, Tensor like)
    {
        var length = checked((int)(rows * columns));
        var result = empty([length], like.dtype, like.device);
        var elements = NativeTensor.Pointer<T>(result);
        for (var at = 0; at < length; at++)
        {
            double sum = 0;
            for (var s = at; s < statistics.Length; s += length)
                sum += statistics[s];
            elements[at] = T.CreateTruncating(sum);
        }

        return result;
    }

    /// <summary>
    /// The gradients of a prior from those of what its channels were reduced to, k of them to one: m0 = mean of m, v0 = mean of v + mean
    /// of (m - m0)^2.
    /// <code>
    /// dm = (dm0 + 2 (m - m0) dv0) / k                 dv = dv0 / k
    /// </code>
    /// </summary>
    private (Tensor Mean, Tensor Variance) Spread(Tensor ofMean, Tensor ofVariance, Tensor prior)
    {
        var size = (int)(prior.size(1) / _layout.Groups);
        if (size == 1)
            return (ofMean.view(_priorRows, -1), ofVariance.view(_priorRows, -1));
        var (means, variances) = (empty_like(prior), empty_like(prior));
        var values = NativeTensor.Pointer<T>(prior);
        var dm0 = NativeTensor.Pointer<T>(ofMean);
        var dv0 = NativeTensor.Pointer<T>(ofVariance);
        var dm = NativeTensor.Pointer<T>(means);
        var dv = NativeTensor.Pointer<T>(variances);
        for (var i = 0; i < prior.numel(); i++)
        {
            var group = i / size;
            var difference = values[i] - T.CreateTruncating(_work.M0[group]);
            dm[i] = (dm0[group] + T.CreateTruncating(2) * difference * dv0[group]) / T.CreateTruncating(size);
            dv[i] = dv0[group] / T.CreateTruncating(size);
        }

        return (means, variances);
    }

    private Tensor ToShape(System.ReadOnlySpan<double> statistics, Tensor gain)
    {
        var result = Reduce(statistics, gain.size(0), _layout.Groups, gain).view(gain.size(0), -1);
        return gain.size(1) == 1 ? result.sum([1], keepdim: true) : result;
    }
}
