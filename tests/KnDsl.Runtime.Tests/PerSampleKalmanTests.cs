using System;
using System.Linq;
using Xunit;
using static TorchSharp.torch;

namespace KnDsl.Runtime.Tests;

/// <summary>Kalman normalization of each sample, over each channel, groups and all of them, against its formulas in 64 bits.</summary>
public sealed class PerSampleKalmanTests : TorchTest
{
    private const double Qm = 0.7, Qv = 0.2, Eps = 1e-3;

    private static NormLayer Layer(int groups = 2)
    {
        var gain = new Gain(Qm, Qv);
        var policy = groups switch
        {
            1 => NormPolicy.LayerKalman(gain, Eps, momentum: 0.25),
            6 => NormPolicy.InstanceKalman(gain, Eps, momentum: 0.25),
            _ => NormPolicy.GroupKalman(groups, gain, Eps, momentum: 0.25),
        };
        var layer = (AffineNormLayer)policy.Create(6, dtype: float64);
        using var noGrad = no_grad();
        layer.weight.copy_(Random(6));
        layer.bias.copy_(Random(6));
        return layer;
    }

    /// <param name="x">[N, 6, ...].</param>
    /// <param name="m0">The groups' prior means, [N, G] or [1, G], or null.</param>
    /// <param name="v0">Their variances.</param>
    /// <param name="layer">Whose scale and shift count.</param>
    /// <param name="count">Groups, G.</param>
    private static (Tensor Y, Tensor M, Tensor V) Restated(Tensor x, Tensor? m0, Tensor? v0, NormLayer layer, int count = 2)
    {
        var groups = x.reshape(x.size(0), count, -1);
        var (mu, variance) = (groups.mean([2]), groups.var(2, unbiased: false));
        var (m, v) = m0 is null || v0 is null
            ? (mu, variance)
            : (m0 + Qm * (mu - m0), v0 + Qv * (variance - v0) + Qv * (1 - Qv) * (mu - m0).square());
        long[] shape = [1, 6, .. x.shape[2..].Select(_ => 1L)];
        var y = ((groups - m.unsqueeze(2)) / (v + Eps).sqrt().unsqueeze(2)).view(x.shape);
        return (y * layer.get_parameter("weight")!.view(shape) + layer.get_parameter("bias")!.view(shape), m, v);
    }

    /// <summary>Of the channels of each group: mean of means, mean of variances plus variance of means.</summary>
    private static (Tensor Mean, Tensor Variance) Reduced(Tensor mean, Tensor variance, int groups = 2)
    {
        var means = mean.reshape(-1, groups, 6 / groups);
        return (means.mean([2]), variance.reshape(-1, groups, 6 / groups).mean([2]) + means.var(2, unbiased: false));
    }

    [Theory]
    [InlineData(new long[] { 4, 6 }, 1, 2, "contiguous")]
    [InlineData(new long[] { 4, 6 }, 4, 1, "contiguous")]
    [InlineData(new long[] { 4, 6, 9 }, 4, 2, "contiguous")]
    [InlineData(new long[] { 4, 6, 9 }, 4, 6, "contiguous")]
    [InlineData(new long[] { 4, 6, 4, 3 }, 1, 2, "contiguous")]
    [InlineData(new long[] { 4, 6, 4, 3 }, 4, 3, "transposed")]
    [InlineData(new long[] { 4, 6, 4, 3 }, 4, 1, "contiguous")]
    [InlineData(new long[] { 4, 6, 4, 3 }, 1, 1, "transposed")]
    [InlineData(new long[] { 4, 6, 4, 3 }, 1, 6, "contiguous")]
    [InlineData(new long[] { 4, 6, 4, 3 }, 4, 6, "transposed")]
    [InlineData(new long[] { 1, 6, 40, 30 }, 1, 2, "contiguous")]
    [InlineData(new long[] { 4, 6, 2, 3, 2 }, 4, 2, "contiguous")]
    public void FollowsItsFormulas(long[] shape, int rows, int groups, string layout)
    {
        using var layer = Layer(groups);
        var x = Random(shape) * 2 + 0.5;
        // One layout is for the filter of the CPU, the other for that of all devices.
        x = (layout == "contiguous" ? x : x.transpose(2, 3).contiguous().transpose(2, 3)).detach().requires_grad_();
        var (mean, variance) = (Random(rows, 6).requires_grad_(), (Random(rows, 6).square() + 0.4).requires_grad_());
        Tensor[] inputs = [x, mean, variance, .. layer.parameters()];
        var direction = Random(shape);

        var (m0, v0) = Reduced(mean, variance, groups);
        var (y, m, v) = Restated(x, m0, v0, layer, groups);
        var (ofMean, ofVariance) = (Random(shape[0], groups), Random(shape[0], groups));
        var expected = autograd.grad([(y * direction).sum() + (m * ofMean).sum() + (v * ofVariance).sum()], inputs);
        var (output, emitted, posterior) = layer.forward(x, ChannelState.Gaussian(mean, variance, shape[2..]));
        var moments = posterior!.ToMoments();
        var size = 6 / groups;
        Close(y, output, 1e-12, "output");
        Close(m.repeat_interleave(size, 1), moments.Mean, 1e-12, "mean");
        Close(v.repeat_interleave(size, 1), moments.Variance, 1e-12, "variance");
        var (weight, bias) = (layer.get_parameter("weight")!, layer.get_parameter("bias")!);
        var spread = ((y.movedim([1], [-1]) - bias) / weight).square().mean();
        Close(spread * weight.square().unsqueeze(0), emitted!.ToMoments().Variance, 1e-10, "emitted");
        var (means, variances) = (moments.Mean.view(-1, groups, size).mean([2]), moments.Variance.view(-1, groups, size).mean([2]));
        var actual = autograd.grad([(output * direction).sum() + (means * ofMean).sum() + (variances * ofVariance).sum()], inputs);
        for (var i = 0; i < inputs.Length; i++)
            Close(expected[i], actual[i], 1e-10, $"gradient of input {i}");
        if (x.numel() > shape[0] * groups)
            Close(Restated(x, null, null, layer, groups).Y, layer.forward(x, null).output, 1e-12, "without a prior");
    }

    /// <summary>Maps of one position, as gates have them: a value has no variance of its own, and the prior stands in.</summary>
    [Theory]
    [InlineData(1.0, 0.25)]
    [InlineData(0.1, 0.25)]
    public void ASingleValueHasTheVarianceOfThePrior(double mean, double variance)
    {
        using var layer = NormPolicy.InstanceKalman(new Gain(mean, variance), Eps).Create(6, dtype: float64);
        var (x, m0, v0) = (Random(4, 6, 1, 1), Random(1, 6), Random(1, 6).square() + 0.4);
        var d = x.view(4, 6) - m0;
        var gain = Math.Min(mean, variance);
        var expected = (1 - gain) * d / ((1 - variance) * v0 + variance * (1 - variance) * d.square() + Eps).sqrt();
        Close(expected, layer.forward(x, ChannelState.Gaussian(m0, v0, [1, 1])).output.view(4, 6), 1e-12);
    }

    /// <summary>Where the chain brings none for a single value, the layer's past is the prior, and becomes their statistics.</summary>
    [Fact]
    public void ASingleValueWithoutAPriorHasThePast()
    {
        using var layer = NormPolicy.InstanceKalman(momentum: 0.2).Create(3, dtype: float64);
        var (mean, variance) = (tensor([1.0, -2, 3]), tensor([4.0, 0.25, 1]));
        for (var step = 0; step < 400; step++)
        {
            var (output, _, _) = layer.forward(mean + variance.sqrt() * Random(50, 3), null);
            Assert.True(output.isfinite().all().item<bool>());
        }

        Close(mean, layer.get_buffer("prior_mean")!, 0.3);
        Close(variance, layer.get_buffer("prior_var")!, 0.3);
        layer.eval();
        var y = layer.call(mean + variance.sqrt() * Random(2000, 3));
        Close(zeros(3, float64), y.mean([0]), 0.1);
        Assert.InRange(y.std().item<double>(), 0.5, 1.5);
    }

    /// <summary>A layer that no prior ever reached is that of the plain policy, and so is one with its weights.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(6)]
    public void WithoutAPriorItIsThePlainPolicy(int groups)
    {
        using var layer = Layer(groups);
        using var plain = NormPolicy.Group(groups, Eps).Create(6, dtype: float64);
        layer.load_state_dict(new System.Collections.Generic.Dictionary<string, Tensor>(plain.state_dict()), strict: false);
        foreach (var training in new[] { true, false })
        {
            layer.train(training);
            var x = Random(3, 6, 5, 4);
            Close(plain.call(x), layer.call(x), 1e-12, $"training {training}");
        }
    }

    [Fact]
    public void InferenceHasTheRunningAverageOfThePriors()
    {
        using var layer = Layer();
        layer.eval();
        var x = Random(3, 6, 4, 4);
        Close(Restated(x, null, null, layer).Y, layer.call(x), 1e-12, "before any prior");

        layer.train();
        Tensor? runningMean = null, runningVariance = null;
        for (var step = 0; step < 3; step++)
        {
            var (mean, variance) = (Random(5, 6), Random(5, 6).square() + 0.4);
            layer.forward(Random(5, 6, 4, 4), ChannelState.Gaussian(mean, variance, [4, 4]));
            var reduced = Reduced(mean, variance);
            var (m, v) = (reduced.Mean.mean([0]), reduced.Variance.mean([0]));
            runningMean = runningMean is null ? m : runningMean + 0.25 * (m - runningMean);
            runningVariance = runningVariance is null ? v : runningVariance + 0.25 * (v - runningVariance);
        }

        Close(runningMean!, layer.get_buffer("prior_mean")!, 1e-12);
        Close(runningVariance!, layer.get_buffer("prior_var")!, 1e-12);
        layer.eval();
        Close(Restated(x, runningMean, runningVariance, layer).Y, layer.call(x), 1e-12, "inference");
    }

    /// <summary>A checkpoint holds no infinity, and what it says of the priors goes on from there.</summary>
    [Fact]
    public void ItsRunningAveragesAreFiniteAndLoadable()
    {
        using var layer = Layer();
        Assert.Equal([1.0, 1], layer.get_buffer("prior_var")!.data<double>().ToArray());
        layer.forward(Random(5, 6, 4, 4), null);
        Assert.Equal(0, layer.get_buffer("priors_tracked")!.item<long>());

        var prior = ChannelState.Gaussian(Random(5, 6), Random(5, 6).square() + 0.4, [4, 4]);
        layer.forward(Random(5, 6, 4, 4), prior);
        using var loaded = Layer();
        loaded.load_state_dict(layer.state_dict());
        foreach (var one in new[] { layer, loaded })
            one.eval();
        var x = Random(3, 6, 4, 4);
        Close(layer.call(x), loaded.call(x), 1e-12);
        var buffers = loaded.named_buffers().ToDictionary(entry => entry.name, entry => entry.buffer);
        Close(Restated(x, buffers["prior_mean"], buffers["prior_var"], layer).Y, layer.call(x), 1e-12);
    }

    [Fact]
    public void NoSampleHasAPartInAnothers()
    {
        // The guard too decides for each: beside a sample of tiny variance, whose prior it refuses, others keep theirs.
        using var layer = Layer();
        var x = Random(3, 6, 4, 4);
        x[1].mul_(1e-3);
        var prior = ChannelState.Gaussian(zeros(6, float64), ones(6, float64), [4, 4]);
        foreach (var training in new[] { true, false })
        {
            layer.train(training);
            var together = layer.forward(x, prior).output;
            for (var sample = 0; sample < 3; sample++)
                Close(layer.forward(x[sample].unsqueeze(0), prior).output[0], together[sample], 1e-12, $"sample {sample}, {training}");
        }
    }
}
