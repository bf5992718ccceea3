using System;
using System.Collections.Generic;
using System.Linq;
using Xunit;
using static TorchSharp.torch;

namespace KnDsl.Runtime.Tests;

/// <summary>The layer's hand-written gradients against central differences and against autograd.</summary>
public sealed class GradientTests : TorchTest
{
    [Theory]
    [InlineData(1, 0.05, 4, 1)]
    [InlineData(0.1, 0.1, 2, 1)]
    [InlineData(0.1, 0.1, 2, 2)]
    [InlineData(0.6, 0.3, 1, 4)]
    [InlineData(0.6, 0.3, 3, 2)]
    public void OfEveryInputAndThroughEveryOutput(double qm, double qv, int microbatch, int priorRows)
    {
        var batches = MicroBatches.Split(4, microbatch);
        var rows = batches.Count;
        var x = (Random(4, 2, 3, 4) + 0.5).requires_grad_();
        var m0 = Random(priorRows, 2).requires_grad_();
        var v0 = (Random(priorRows, 2).square() + 0.3).requires_grad_();
        var weight = Random(2).requires_grad_();
        var bias = Random(2).requires_grad_();
        var (dy, dm, dv) = (Random(4, 2, 3, 4), Random(rows, 2), Random(rows, 2));
        var settings = new FilterSettings(1e-5);

        var learnedGains = new Moments(
            full(1, 1, qm, float64).requires_grad_(), (full(1, 2, qv, float64) / tensor([1.0, 2.0])).requires_grad_());
        Func<FilterArguments, RunningAverages?, FilterResult>[] filters = [CpuFilter.Normalize, CompiledFilter.Normalize];
        foreach (var learned in new Moments?[] { null, learnedGains })
        {
            foreach (var normalize in filters)
            {
                var arguments = new FilterArguments(
                    x, weight, bias, MomentSource.Of(new(m0, v0)), new(new Gain(qm, qv), learned), batches, settings);
                Tensor[] inputs = [x, m0, v0, weight, bias];
                if (learned is { } gains)
                    inputs = [.. inputs, gains.Mean, gains.Variance];
                GradientsEqualDifferences(
                    () =>
                    {
                        var (y, statistics, _) = normalize(arguments, null);
                        return (y * dy).sum() + (statistics.Mean * dm).sum() + (statistics.Variance.sqrt() * dv).sum();
                    },
                    1e-7, inputs);
            }
        }
    }

    /// <summary>What a layer emits comes to the next one as its shift and scale, which the gradients are of.</summary>
    [Theory]
    [InlineData(1, 1)]
    [InlineData(1, 3)]
    [InlineData(2, 1)]
    [InlineData(2, 4)]
    public void OfTheShiftAndScaleOfAnEmittedPrior(int groupSize, int microbatch)
    {
        var x = (Random(4, 4, 3, 4) + 0.5).requires_grad_();
        var (shift, scale) = (Random(4).requires_grad_(), (Random(4) + 1.5).requires_grad_());
        var (weight, bias, dy) = (Random(4).requires_grad_(), Random(4).requires_grad_(), Random(4, 4, 3, 4));
        var settings = new FilterSettings(1e-5) { GroupSize = groupSize };
        var moments = MomentSource.Of(new(shift.unsqueeze(0), scale.square().unsqueeze(0) * 2.5));
        var emitted = new MomentSource(shift, scale, new(Spread: 2.5, Rectified: false));
        Tensor[] inputs = [x, shift, scale, weight, bias];

        var expected = Gradients(CompiledFilter.Normalize, moments);
        foreach (var (normalize, name) in new (Func<FilterArguments, RunningAverages?, FilterResult>, string)[]
            { (CpuFilter.Normalize, "CPU"), (CompiledFilter.Normalize, "compiled") })
        {
            foreach (var (gradient, index) in Gradients(normalize, emitted).Select((gradient, index) => (gradient, index)))
                Close(expected[index], gradient, 1e-10, $"{name}, gradient of input {index}");
        }

        Tensor[] Gradients(Func<FilterArguments, RunningAverages?, FilterResult> normalize, MomentSource prior)
        {
            var arguments = new FilterArguments(
                x, weight, bias, prior, new(new Gain(0.6, 0.3), Learned: null), MicroBatches.Split(4, microbatch), settings);
            var (y, statistics, _) = normalize(arguments, null);
            return [.. autograd.grad([(y * dy).sum() + statistics.Variance.sqrt().sum()], inputs)];
        }
    }

    [Theory]
    [InlineData(1, null)]
    [InlineData(0.1, 2)]
    public void ThroughATwoLayerChainIntoThePrecedingWeights(double gain, int? microbatch)
    {
        var policy = NormPolicy.Kalman(gain, microbatch);
        using var first = nn.Conv2d(2, 3, 3, padding: 1, bias: false, dtype: ScalarType.Float64);
        using var norm1 = policy.Create(3, dtype: ScalarType.Float64);
        using var second = nn.Conv2d(3, 2, 3, stride: 2, padding: 1, dtype: ScalarType.Float64);
        using var norm2 = policy.Create(2, dtype: ScalarType.Float64);
        var image = Random(5, 2, 5, 5).requires_grad_();
        var direction = Random(5, 2, 3, 3);
        double? spread = null;

        Tensor Loss()
        {
            var (value, emitted, _) = norm1.forward(first.call(image), null);
            // The spread of what a layer emits is a number that no gradient flows through: it stays what it was at first.
            var (shift, scale) = (((AffineNormLayer)norm1).bias, ((AffineNormLayer)norm1).weight);
            var variance = emitted!.ToMoments().Variance;
            spread ??= (variance / scale.square()).mean().item<double>();
            var state = ChannelState.Gaussian(shift, scale.square() * spread.Value, emitted.Size);
            Close(variance.detach(), state.ToMoments().Variance.detach(), 1e-4);
            value = value.relu();
            var convolved = second.call(value);
            var prior = state.Pass(new ReluRule(), value).Pass(new ConvolutionRule(second), convolved);
            var (output, _, posterior) = norm2.forward(convolved, prior);
            return (output * direction).sum() + posterior!.ToMoments().Variance.sum();
        }

        GradientsEqualDifferences(
            Loss, 1e-6, image, first.weight!, ((AffineNormLayer)norm1).weight, ((AffineNormLayer)norm1).bias,
            second.weight!, second.bias!, ((AffineNormLayer)norm2).weight, ((AffineNormLayer)norm2).bias);
        Assert.True(first.weight!.grad!.abs().max().item<double>() > 1e-3);
    }

    [Theory]
    [InlineData("learned", false)]
    [InlineData("learned", true)]
    [InlineData("adaptive", false)]
    [InlineData("adaptive", true)]
    public void OfALearnedGainAndTransition(string kind, bool perChannel)
    {
        // A last, smaller micro-batch too: an adaptive gain is another there.
        var gain = kind == "learned" ? Gain.Learned(perChannel, 0.6, 0.3) : Gain.Adaptive(perChannel, 0.6, 0.3);
        using var layer = NormPolicy.Kalman(gain, 2, Transition.Learned).Create(3, dtype: float64);
        var (m0, v0) = (Random(3, 3).requires_grad_(), (Random(3, 3).square() + 0.3).requires_grad_());
        var x = (Random(5, 3, 4, 3) + 0.5).requires_grad_();
        var direction = Random(5, 3, 4, 3);
        var names = new[] { "weight", "bias", "gain_mean", "gain_variance", "transition_scale", "transition_shift", "process_noise" };
        using (no_grad())
        {
            foreach (var name in names)
                layer.get_parameter(name)!.add_(randn_like(layer.get_parameter(name)!) * 0.2);
        }

        GradientsEqualDifferences(
            () =>
            {
                var (y, emitted, posterior) = layer.forward(x, ChannelState.Gaussian(m0, v0, [4, 3]));
                return (y * direction).sum() + posterior!.ToMoments().Variance.sqrt().sum() + emitted!.ToMoments().Mean.sum();
            },
            1e-7, [x, m0, v0, .. names.Select(name => layer.get_parameter(name)!)]);

        // The gains and the prior are what they are said to be.
        double Of(string name, long channel)
        {
            var isOfChannels = perChannel || name.StartsWith('t') || name.StartsWith('p');
            return layer.get_parameter(name)![isOfChannels ? channel : 0].item<double>();
        }
        var posterior = layer.forward(x, ChannelState.Gaussian(m0, v0, [4, 3])).posterior!.ToMoments();
        foreach (var (group, samples) in new[] { (0, new long[] { 0, 2 }), (2, new long[] { 4 }) })
        {
            for (var c = 0; c < 3; c++)
            {
                var n = kind == "learned" ? 1 : samples.Length;
                double Sigmoid(double logit) => 1 / (1 + Math.Exp(-logit) / n);
                var (qm, qv) = (Sigmoid(Of("gain_mean", c)), Sigmoid(Of("gain_variance", c)));
                var observed = x.index_select(0, tensor(samples)).select(1, c);
                var mu = observed.mean().item<double>();
                var variance = (observed - mu).square().mean().item<double>();
                var a = Of("transition_scale", c);
                var m = a * m0[group, c].item<double>() + Of("transition_shift", c);
                var v = a * a * v0[group, c].item<double>() + Math.Log(1 + Math.Exp(Of("process_noise", c)));
                Assert.Equal(m + qm * (mu - m), posterior.Mean[group, c].item<double>(), 1e-10);
                Assert.Equal(v + qv * (variance - v) + qv * (1 - qv) * (mu - m) * (mu - m), posterior.Variance[group, c]
                    .item<double>(), 1e-10);
            }
        }
    }

    [Fact]
    public void AnInputChangedInPlaceIsAnErrorAndNotAWrongGradient()
    {
        var layer = NormPolicy.Kalman(gain: 0.5).Create(2);
        var leaf = randn(4, 2, 3, 3).requires_grad_();
        var x = leaf * 2;
        var y = layer.call(x);
        using (no_grad())
            x.add_(1);
        Assert.ThrowsAny<Exception>(() => y.sum().backward());
    }

    [Theory]
    [InlineData(new long[] { })]
    [InlineData(new long[] { 1, 1 })]
    [InlineData(new long[] { 2, 3 })]
    public void AGradientThatFailsIsAnError(long[] shape)
    {
        var x = randn(shape).requires_grad_();
        var y = new FailingNode().Attach([x], [x.detach().clone()], [], [])[0];
        Assert.ThrowsAny<Exception>(() => y.sum().backward());
        Assert.Null(x.grad);
    }

    private sealed class FailingNode : GraphNode
    {
        protected override Tensor?[] Backward(Tensor?[] gradients, IReadOnlyList<Tensor> inputs, IReadOnlyList<Tensor> kept) =>
            throw new InvalidOperationException("Something failed.");
    }

    [Fact]
    public void ASecondDerivativeIsAnErrorAndNotAWrongOne()
    {
        var layer = NormPolicy.Kalman(gain: 0.5).Create(2);
        var x = randn(4, 2, 3, 3).requires_grad_();
        var prior = ChannelState.Gaussian(zeros(2), ones(2), [3, 3]);
        var loss = layer.call(x, prior).output.pow(3).sum();
        var gradient = autograd.grad([loss], [x], retain_graph: true, create_graph: true)[0];
        Assert.True(gradient.requires_grad);
        var error = Assert.ThrowsAny<Exception>(() => gradient.square().sum().backward());
        Assert.Contains("invalid number of gradients", error.Message, StringComparison.Ordinal);
    }

    /// <summary>With create_graph the gradients themselves are those without, through a chain of layers too.</summary>
    [Theory]
    [InlineData("kalman")]
    [InlineData("kalman, whole")]
    [InlineData("learned")]
    [InlineData("groupkalman")]
    [InlineData("instancekalman")]
    [InlineData("batch, micro")]
    public void GradientsAreTheSameWithAGraphOfTheirOwn(string policy)
    {
        foreach (var onDevice in new[] { false, true })
        {
            using var path = onDevice ? DevicePath.TakeOnCpu() : null;
            using var network = new ChainNetwork(EveryPolicy.Of(policy), dtype: float64);
            var x = Random(4, 1, 8, 8).requires_grad_();
            Tensor[] wanted = [x, .. network.parameters().Where(parameter => parameter.numel() > 1)];
            Tensor[] Gradients(bool createGraph)
            {
                foreach (var tensor in wanted)
                    tensor.grad = null;
                network.call(x).square().sum().backward(create_graph: createGraph);
                return [.. wanted.Select(tensor => tensor.grad is { } gradient ? gradient.detach().clone() : zeros_like(tensor))];
            }

            foreach (var (expected, actual) in Gradients(false).Zip(Gradients(true)))
                Close(expected, actual, 1e-12, policy);
        }
    }

    [Fact]
    public void BackwardTwiceThroughAKeptGraphAddsUp()
    {
        var layer = NormPolicy.Kalman(gain: 0.5).Create(2, dtype: ScalarType.Float64);
        var x = Random(4, 2, 3, 3).requires_grad_();
        var loss = layer.call(x).pow(3).sum();
        loss.backward(create_graph: false, retain_graph: true);
        var once = x.grad!.clone();
        loss.backward();
        Close(2 * once, x.grad!, 1e-12);
    }

    [Fact]
    public void OfTheComposedForm()
    {
        var layer = (AffineNormLayer)NormPolicy.Kalman(new Gain(0.4, 0.2), microbatch: 3).Create(6);
        var x = (randn(6, 6, 5, 4) + 1).requires_grad_();
        var reference = x.detach().clone().requires_grad_();
        var (m0, v0) = (randn(1, 6).requires_grad_(), (rand(1, 6) + 0.5).requires_grad_());
        var (m1, v1) = (m0.detach().clone().requires_grad_(), v0.detach().clone().requires_grad_());
        var direction = randn(6, 6, 5, 4);

        (layer.forward(x, new AnalyticState(new(m0, v0), [5, 4])).output * direction).sum().backward();
        (ComposedNorm.Of(reference, layer.weight, layer.bias, m1, v1, 0.4, 0.2, 2).y * direction).sum().backward();
        Close(reference.grad!, x.grad!, 1e-5, "input");
        Close(m1.grad!, m0.grad!, 1e-5, "prior mean");
        Close(v1.grad!, v0.grad!, 1e-5, "prior variance");
    }
}
