using System.Linq;
using Xunit;
using static TorchSharp.torch;

namespace KnDsl.Runtime.Tests;

/// <summary>The layer against PyTorch's BatchNorm and against its own formulas.</summary>
public sealed class KalmanNormTests : TorchTest
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void GainOneIsBatchNorm2d(bool withPrior)
    {
        var kalman = NormPolicy.Kalman(gain: 1).Create(5);
        var batch = nn.BatchNorm2d(5);
        SameParameters(kalman, batch);
        var state = withPrior ? new AnalyticState(new(randn(1, 5), rand(1, 5) + 0.5), [7, 6]) : null;

        for (var step = 0; step < 3; step++)
        {
            var x = (randn(8, 5, 7, 6) * 2 + 1).requires_grad_();
            var reference = x.detach().clone().requires_grad_();
            var (y, _, _) = kalman.forward(x, state);
            var expected = batch.call(reference);
            Close(expected, y, 2e-6);

            var direction = randn(y.shape);
            (y * direction).sum().backward();
            (expected * direction).sum().backward();
            Close(reference.grad!, x.grad!, 1e-5, "input");
        }

        foreach (var (name, parameter) in batch.named_parameters())
            Close(parameter.grad!, kalman.get_parameter(name)!.grad!, 1e-5, name);
        foreach (var (name, buffer) in batch.named_buffers())
            Close(buffer, kalman.get_buffer(name)!, 1e-6, name);

        kalman.eval();
        batch.eval();
        var seen = randn(8, 5, 7, 6);
        Close(batch.call(seen), kalman.call(seen), 1e-6);
    }

    [Theory]
    [InlineData(6, null)]
    [InlineData(6, 2)]
    [InlineData(6, 3)]
    [InlineData(7, 2)]
    [InlineData(5, 4)]
    [InlineData(1, 2)]
    public void BatchPolicyIsBatchNormOfEachMicroBatch(int samples, int? microbatch)
    {
        var layer = NormPolicy.Batch(microbatch).Create(3);
        var x = randn(samples, 3, 4, 5);
        var y = layer.call(x);

        var full = samples / (microbatch ?? samples);
        var size = System.Math.Min(microbatch ?? samples, samples);
        if (full == 0)
            full = 1;
        for (var group = 0; group < full; group++)
        {
            var rows = arange(group, full * size, full, dtype: ScalarType.Int64);
            Close(nn.BatchNorm2d(3).call(x.index_select(0, rows)), y.index_select(0, rows), 2e-6, $"micro-batch {group}");
        }

        if (full * size < samples)
            Close(nn.BatchNorm2d(3).call(x[(full * size)..]), y[(full * size)..], 2e-6, "rest");
    }

    [Theory]
    [InlineData("batch")]
    [InlineData("kalman")]
    public void RunningAveragesTakeTheMeanOfTheMicroBatches(string policy)
    {
        var layer = (RunningNormLayer)(policy == "batch"
            ? NormPolicy.Batch(microbatch: 2)
            : NormPolicy.Kalman(gain: 1, microbatch: 2)).Create(3);
        var parts = new[] { nn.BatchNorm2d(3), nn.BatchNorm2d(3), nn.BatchNorm2d(3) };
        for (var step = 0; step < 4; step++)
        {
            var x = randn(5, 3, 4, 4) * 3 + 1;
            layer.call(x);
            parts[0].call(x.index_select(0, tensor([0L, 2L])));
            parts[1].call(x.index_select(0, tensor([1L, 3L])));
            parts[2].call(x[4..]);
        }

        Close(stack(parts.Select(part => part.running_mean!).ToArray()).mean([0]), layer.running_mean, 1e-5, "mean");
        Close(stack(parts.Select(part => part.running_var!).ToArray()).mean([0]), layer.running_var, 1e-5, "variance");
        Assert.Equal(4, layer.num_batches_tracked.item<long>());
    }

    [Theory]
    [InlineData(1, 1, 1)]
    [InlineData(0.1, 0.1, 1)]
    [InlineData(1, 0.05, 2)]
    [InlineData(0.3, 0.7, 4)]
    public void FilterEqualsItsFormula(double qm, double qv, int groups)
    {
        var x = Random(8, 3, 4, 4) * 2 + 1;
        var (weight, bias) = (Random(3), Random(3));
        foreach (var rows in new[] { 1, groups })
        {
            var (m0, v0) = (Random(rows, 3), Random(rows, 3).square() + 0.1);
            var layer = NormPolicy.Kalman(new Gain(qm, qv), microbatch: 8 / groups).Create(3, dtype: ScalarType.Float64);
            layer.load_state_dict(new()
            {
                ["weight"] = weight, ["bias"] = bias,
            }, strict: false);
            var (y, emitted, posterior) = layer.forward(x, new AnalyticState(new(m0, v0), [4, 4]));

            var (expected, m, v) = ComposedNorm.Of(x, weight, bias, m0, v0, qm, qv, groups);
            Close(expected, y, 1e-12, "output");
            Close(m, posterior!.ToMoments().Mean, 1e-12, "mean");
            Close(v, posterior.ToMoments().Variance, 1e-12, "variance");
            Close(bias.unsqueeze(0), emitted!.ToMoments().Mean, 1e-12, "emitted mean");
            var spread = ((y - bias.view(1, 3, 1, 1)) / weight.view(1, 3, 1, 1)).square().mean();
            Close(spread * weight.square().unsqueeze(0), emitted.ToMoments().Variance, 1e-10, "emitted variance");
        }
    }

    /// <summary>
    /// Where the prior falls short of what is observed by some factor at every layer, what layers emit must not: a chain that took it
    /// to be of unit variance would be further off after each layer.
    /// </summary>
    [Theory]
    [InlineData("contiguous")]
    [InlineData("channels last")]
    public void DeviationsDoNotGrowAlongAChain(string layout)
    {
        const double shortfall = 0.3, gain = 0.05;
        ChannelState? prior = null;
        var value = Random(16, 4, 6, 6);
        for (var depth = 0; depth < 20; depth++)
        {
            using var layer = NormPolicy.Kalman(new Gain(1, gain), microbatch: 8).Create(4, dtype: float64);
            var (output, emitted, _) = layer.forward(In(layout, value), prior);
            var (mean, variance) = emitted!.MeanAndVariance();
            Close(output.detach().square().mean(), variance.detach().mean(), 1e-6, $"emitted at {depth}");
            prior = ChannelState.Gaussian(mean.detach(), variance.detach() * shortfall, [6, 6]);
            value = output.detach();
            var expected = depth == 0 ? 1 : 1 / (gain + (1 - gain) * shortfall);
            Assert.Equal(expected, value.square().mean().item<double>(), 0.03 * expected);
        }
    }

    /// <summary>The authors' transition draws maps; a value without positions has none, and is drawn several times.</summary>
    [Theory]
    [InlineData(new long[] { })]
    [InlineData(new long[] { 1, 1 })]
    public void TheSampledTransitionPassesValuesOfOnePosition(long[] size)
    {
        using var layer = NormPolicy.Kalman(0.1, 4, Transition.Sampled).Create(6, dtype: float64);
        var (output, emitted, _) = layer.forward(Random([8, 6, .. size]) * 2 + 1, null);
        var (mean, variance) = emitted!.Pass(new ReluRule(), output.relu()).MeanAndVariance();
        Assert.Equal([2L, 6], mean.shape);
        Assert.True((mean + variance).isfinite().all().item<bool>());
        Assert.True((variance > 0).all().item<bool>());
    }

    [Theory]
    [InlineData("contiguous")]
    [InlineData("channels last")]
    public void PriorOutOfProportionIsIgnored(string layout)
    {
        var layer = NormPolicy.Kalman(gain: 0.1).Create(4, dtype: ScalarType.Float64);
        var x = In(layout, Random(8, 4, 5, 5));
        var without = layer.forward(x, null).output;
        var just = layer.forward(x, Prior(80, [5, 5])).output;
        var beyond = layer.forward(x, Prior(130, [5, 5])).output;
        Close(without, beyond, 1e-12);
        Assert.True((just - without).abs().max().item<double>() > 0.1);
    }

    /// <summary>
    /// One channel that hardly varies is no reason to refuse the prior of the others: of two values some channel always hardly varies,
    /// and batch normalization of two values that are next to each other has gradients of 1 / sqrt(eps).
    /// </summary>
    [Theory]
    [InlineData("contiguous")]
    [InlineData("channels last")]
    public void NoChannelDecidesOnThePriorOfOthers(string layout)
    {
        using var layer = NormPolicy.Kalman(microbatch: 2).Create(4, dtype: ScalarType.Float64);
        foreach (var size in new long[] { 1, 5 })
        {
            var x = Random(6, 4, size, size);
            var (ordinary, _, _) = layer.forward(In(layout, x), Prior(1, [size, size]));
            x[.., 2] = x[.., 2] * 1e-4 + 1;
            var seen = In(layout, x).requires_grad_();
            var (output, _, _) = layer.forward(seen, Prior(1, [size, size]));
            foreach (var channel in new[] { 0, 1, 3 })
                Close(ordinary[.., channel], output[.., channel], 1e-12, $"channel {channel} of {size}");
            (output * Random(6, 4, size, size)).sum().backward();
            Assert.InRange(seen.grad!.abs().max().item<double>(), 0.01, 10);
        }
    }

    /// <summary>Two values may be next to each other by chance, in all channels at once; fifty are not.</summary>
    [Theory]
    [InlineData(1, 2, true)]
    [InlineData(1, 3, true)]
    [InlineData(5, 2, false)]
    [InlineData(1, 8, false)]
    public void FewValuesHardlyRefuseAPrior(long size, int microbatch, bool trusted)
    {
        foreach (var layout in new[] { "contiguous", "channels last" })
        {
            using var layer = NormPolicy.Kalman(0.25, microbatch).Create(4, dtype: ScalarType.Float64);
            var (output, _, _) = layer.forward(In(layout, Random(microbatch, 4, size, size) * 0.03), Prior(1, [size, size]));
            Assert.Equal(trusted, output.square().mean().item<double>() < 0.1);
        }
    }

    private static AnalyticState Prior(double variance, long[] size) => new(new(zeros(1, 4, float64), full(1, 4, variance, float64)), size);

    private static Tensor In(string layout, Tensor x) =>
        layout == "contiguous" ? x.contiguous() : x.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2);

    private static void SameParameters(nn.Module to, nn.Module from)
    {
        using var noGrad = no_grad();
        foreach (var (name, parameter) in from.named_parameters())
        {
            parameter.copy_(randn(parameter.shape));
            to.get_parameter(name)!.copy_(parameter);
        }
    }
}
