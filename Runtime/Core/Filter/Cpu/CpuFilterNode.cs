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
        using var gradient = new FilterGradient(_layout.Statistics);
        Propagate(gy, gm, gv, x, dx, gradient);

        List<Tensor?> result = [dx, Reduce(gradient.Weight, 1, x), Reduce(gradient.Bias, 1, x)];
        if (_priorRows > 0)
        {
            result.Add(Reduce(gradient.PriorMean, _priorRows, x).view(_priorRows, -1));
            result.Add(Reduce(gradient.PriorVariance, _priorRows, x).view(_priorRows, -1));
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
    /// db = sum gy, dw = r sum gy (x - m):
    /// <code>
    /// dm = gm - w r db                                dv = gv - w r^2 dw / 2
    /// dmu = qm dm + 2 qv (1-qv) (mu-m0) dv            dvar = qv dv
    /// dm0 = (1-qm) dm - 2 qv (1-qv) (mu-m0) dv        dv0 = (1-qv) dv
    /// dqm = dm (mu-m0)                                dqv = dv (var - v0 + (1-2qv) (mu-m0)^2)
    /// dx = w r gy + 2 dvar / n (x - mu) + dmu / n
    /// </code>
    /// </summary>
    private void Propagate(Tensor gy, Tensor? gm, Tensor? gv, Tensor x, Tensor dx, FilterGradient gradient)
    {
        var g = NativeTensor.Pointer<T>(gy);
        var values = NativeTensor.Pointer<T>(x);
        var results = NativeTensor.Pointer<T>(dx);
        var means = gm is null ? null : NativeTensor.Pointer<T>(gm);
        var variances = gv is null ? null : NativeTensor.Pointer<T>(gv);
        ParallelLoop.Run(_layout.Statistics, x.numel(), (from, to) =>
        {
            for (var s = from; s < to; s++)
            {
                var (first, step, rows) = _layout.Rows(s);
                double sum = 0, product = 0;
                var center = T.CreateTruncating(_work.M[s]);
                for (var row = 0; row < rows; row++)
                {
                    var at = first + row * step;
                    VectorKernels<T>.Correlate(g + at, values + at, _layout.Positions, center, ref sum, ref product);
                }

                var (scale, r, qm, qv, d) = (_work.Scale[s], _work.Reciprocal(s), _work.Qm[s], _work.Qv[s], _work.D[s]);
                var dm = -scale * sum + (means is null ? 0 : double.CreateTruncating(means[s]));
                var dv = -0.5 * scale * r * r * product + (variances is null ? 0 : double.CreateTruncating(variances[s]));
                var cross = 2 * qv * (1 - qv) * d * dv;
                gradient.Weight[s] = r * product;
                gradient.Bias[s] = sum;
                gradient.PriorMean[s] = (1 - qm) * dm - cross;
                gradient.PriorVariance[s] = (1 - qv) * dv;
                gradient.MeanGain[s] = dm * d;
                gradient.VarianceGain[s] = dv * (_work.E[s] + (1 - 2 * qv) * d * d);

                var count = _layout.Values(s / _layout.Channels);
                var (a, b, c) = (
                    T.CreateTruncating(scale), T.CreateTruncating(2 * qv * dv / count),
                    T.CreateTruncating((qm * dm + cross) / count));
                var mu = T.CreateTruncating(_work.Mu[s]);
                for (var row = 0; row < rows; row++)
                {
                    var at = first + row * step;
                    VectorKernels<T>.Combine(g + at, values + at, results + at, _layout.Positions, a, b, mu, c);
                }
            }
        });
    }

    /// <summary>The gradients of statistics, [R, C], summed to a number of rows.</summary>
    private Tensor Reduce(System.ReadOnlySpan<double> statistics, long rows, Tensor like)
    {
        var channels = (int)_layout.Channels;
        var result = empty([rows * channels], like.dtype, like.device);
        var elements = NativeTensor.Pointer<T>(result);
        for (var at = 0; at < rows * channels; at++)
        {
            double sum = 0;
            for (var s = at; s < statistics.Length; s += (int)rows * channels)
                sum += statistics[s];
            elements[at] = T.CreateTruncating(sum);
        }

        return result;
    }

    private Tensor ToShape(System.ReadOnlySpan<double> statistics, Tensor gain)
    {
        var result = Reduce(statistics, gain.size(0), gain).view(gain.size(0), -1);
        return gain.size(1) == 1 ? result.sum([1], keepdim: true) : result;
    }
}
