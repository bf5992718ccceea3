using System.Linq;
using Xunit;
using static TorchSharp.torch;

namespace KnDsl.Runtime.Tests;

/// <summary>Group Kalman normalization against its formulas, restated in 64 bits.</summary>
public sealed class GroupKalmanTests : TorchTest
{
    private const double Qm = 0.7, Qv = 0.2, Eps = 1e-3;

    private static NormLayer Layer()
    {
        var layer = (AffineNormLayer)NormPolicy.GroupKalman(2, new Gain(Qm, Qv), Eps, momentum: 0.25).Create(6, dtype: float64);
        using var noGrad = no_grad();
        layer.weight.copy_(Random(6));
        layer.bias.copy_(Random(6));
        return layer;
    }

    /// <param name="x">[N, 6, ...].</param>
    /// <param name="m0">The groups' prior means, [N, 2] or [1, 2], or null.</param>
    /// <param name="v0">Their variances.</param>
    /// <param name="layer">Whose scale and shift count.</param>
    private static (Tensor Y, Tensor M, Tensor V) Restated(Tensor x, Tensor? m0, Tensor? v0, NormLayer layer)
    {
        var groups = x.reshape(x.size(0), 2, -1);
        var (mu, variance) = (groups.mean([2]), groups.var(2, unbiased: false));
        var (m, v) = m0 is null || v0 is null
            ? (mu, variance)
            : (m0 + Qm * (mu - m0), v0 + Qv * (variance - v0) + Qv * (1 - Qv) * (mu - m0).square());
        long[] shape = [1, 6, .. x.shape[2..].Select(_ => 1L)];
        var y = ((groups - m.unsqueeze(2)) / (v + Eps).sqrt().unsqueeze(2)).view(x.shape);
        return (y * layer.get_parameter("weight")!.view(shape) + layer.get_parameter("bias")!.view(shape), m, v);
    }

    /// <summary>Three channels each: mean of means, mean of variances plus variance of means.</summary>
    private static (Tensor Mean, Tensor Variance) Reduced(Tensor mean, Tensor variance)
    {
        var means = mean.reshape(-1, 2, 3);
        return (means.mean([2]), variance.reshape(-1, 2, 3).mean([2]) + means.var(2, unbiased: false));
    }

    [Theory]
    [InlineData(new long[] { 4, 6 }, 1)]
    [InlineData(new long[] { 4, 6, 9 }, 4)]
    [InlineData(new long[] { 4, 6, 4, 3 }, 1)]
    [InlineData(new long[] { 4, 6, 2, 3, 2 }, 4)]
    public void FollowsItsFormulas(long[] shape, int rows)
    {
        using var layer = Layer();
        var x = (Random(shape) * 2 + 0.5).requires_grad_();
        var (mean, variance) = (Random(rows, 6).requires_grad_(), (Random(rows, 6).square() + 0.4).requires_grad_());
        Tensor[] inputs = [x, mean, variance, .. layer.parameters()];
        var direction = Random(shape);

        var (m0, v0) = Reduced(mean, variance);
        var (y, m, v) = Restated(x, m0, v0, layer);
        var expected = autograd.grad([(y * direction).sum() + m.sum() + v.sum()], inputs);
        var (output, emitted, posterior) = layer.forward(x, ChannelState.Gaussian(mean, variance, shape[2..]));
        var moments = posterior!.ToMoments();
        Close(y, output, 1e-12, "output");
        Close(m.repeat_interleave(3, 1), moments.Mean, 1e-12, "mean");
        Close(v.repeat_interleave(3, 1), moments.Variance, 1e-12, "variance");
        Close(layer.get_parameter("weight")!.square().unsqueeze(0), emitted!.ToMoments().Variance, 1e-12, "emitted");
        var actual = autograd.grad([(output * direction).sum() + (moments.Mean.sum() + moments.Variance.sum()) / 3], inputs);
        for (var i = 0; i < inputs.Length; i++)
            Close(expected[i], actual[i], 1e-10, $"gradient of input {i}");
        Close(Restated(x, null, null, layer).Y, layer.forward(x, null).output, 1e-12, "without a prior");
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

        Close(runningMean!, layer.get_buffer("running_mean")!, 1e-12);
        Close(runningVariance!, layer.get_buffer("running_var")!, 1e-12);
        layer.eval();
        Close(Restated(x, runningMean, runningVariance, layer).Y, layer.call(x), 1e-12, "inference");
    }

    /// <summary>A checkpoint holds no infinity, and what it says of the priors goes on from there.</summary>
    [Fact]
    public void ItsRunningAveragesAreFiniteAndLoadable()
    {
        using var layer = Layer();
        Assert.Equal([1.0, 1], layer.get_buffer("running_var")!.data<double>().ToArray());
        layer.forward(Random(5, 6, 4, 4), null);
        Assert.Equal(0, layer.get_buffer("num_batches_tracked")!.item<long>());

        var prior = ChannelState.Gaussian(Random(5, 6), Random(5, 6).square() + 0.4, [4, 4]);
        layer.forward(Random(5, 6, 4, 4), prior);
        using var loaded = Layer();
        loaded.load_state_dict(layer.state_dict());
        foreach (var one in new[] { layer, loaded })
            one.eval();
        var x = Random(3, 6, 4, 4);
        Close(layer.call(x), loaded.call(x), 1e-12);
        var buffers = loaded.named_buffers().ToDictionary(entry => entry.name, entry => entry.buffer);
        Close(Restated(x, buffers["running_mean"], buffers["running_var"], layer).Y, layer.call(x), 1e-12);
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
