using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Runtime.InteropServices;
using TorchSharp.Modules;
using Xunit;
using static TorchSharp.torch;

namespace KnDsl.Runtime.Tests;

/// <summary>Layouts, types, sizes and values at the edges.</summary>
public sealed class RobustnessTests : TorchTest
{
    [Theory]
    [InlineData("channels last")]
    [InlineData("transposed")]
    [InlineData("strided")]
    [InlineData("expanded")]
    public void AnyLayoutGivesTheSame(string layout)
    {
        foreach (var microbatch in new int?[] { null, 2 })
        {
            var x = layout switch
            {
                "channels last" => randn(5, 4, 8, 6).permute(0, 3, 1, 2),
                "transposed" => randn(5, 6, 8, 4).transpose(2, 3),
                "strided" => randn(5, 12, 4, 8).slice(1, 0, 12, 2),
                _ => randn(5, 6, 1, 8).expand(5, 6, 4, 8),
            };
            Assert.False(x.is_contiguous());
            var layer = NormPolicy.Kalman(gain: 0.3, microbatch).Create(6);
            var state = new AnalyticState(new(randn(1, 6), rand(1, 6) + 0.5), [4, 8]);
            var plain = x.clone().contiguous().requires_grad_();
            var odd = x.detach().requires_grad_();
            var direction = randn(5, 6, 4, 8);
            var (expected, _, expectedState) = layer.forward(plain, state);
            var (actual, _, actualState) = layer.forward(odd, state);
            (expected * direction).sum().backward();
            (actual * direction).sum().backward();
            Close(expected, actual, 1e-6, "output");
            Close(expectedState!.ToMoments().Variance, actualState!.ToMoments().Variance, 1e-6, "variance");
            Close(plain.grad!, odd.grad!, 1e-6, "gradient");
        }
    }

    [Theory]
    [InlineData(ScalarType.BFloat16, 2e-2)]
    [InlineData(ScalarType.Float16, 4e-3)]
    public void SixteenBitValuesHaveStatisticsOfThirtyTwo(ScalarType type, double tolerance)
    {
        var layer = NormPolicy.Kalman(gain: 0.3, microbatch: 2).Create(6);
        var state = new AnalyticState(new(randn(1, 6), rand(1, 6) + 0.5), [4, 8]);
        var narrow = randn(4, 6, 4, 8).to(type).requires_grad_();
        var wide = narrow.detach().to(ScalarType.Float32).requires_grad_();
        var direction = randn(4, 6, 4, 8);
        var (expected, _, expectedState) = layer.forward(wide, state);
        var (actual, _, actualState) = layer.forward(narrow, state);
        (expected * direction).sum().backward();
        (actual.to(ScalarType.Float32) * direction).sum().backward();
        Assert.Equal((type, type), (actual.dtype, narrow.grad!.dtype));
        Assert.Equal(ScalarType.Float32, actualState!.ToMoments().Mean.dtype);
        Close(expected, actual, tolerance, "output");
        Close(expectedState!.ToMoments().Variance, actualState.ToMoments().Variance, 1e-6, "variance");
        Close(wide.grad!, narrow.grad!, tolerance, "gradient");
    }

    [Fact]
    public void OneSampleOfOnePositionHasItsPrior()
    {
        foreach (var shape in new long[][] { [1, 4, 1, 1], [1, 4], [3, 4] })
        {
            var layer = NormPolicy.Kalman(microbatch: 1).Create(4);
            var (m0, v0) = (randn(1, 4), rand(1, 4) + 0.5);
            var x = randn(shape).requires_grad_();
            var (y, _, posterior) = layer.forward(x, new AnalyticState(new(m0, v0), shape[2..]));

            // Both gains of one sample are 0.25; the observed variance is 0.
            const double q = 0.25;
            var flat = x.view(shape[0], 4);
            var m = m0 + q * (flat - m0);
            var v = v0 * (1 - q) + q * (1 - q) * (flat - m0).square();
            Close(((flat - m) / (v + 1e-5).sqrt()).view(shape), y, 1e-5);
            Close(v, posterior!.ToMoments().Variance, 1e-6);
            y.sum().backward();
            Assert.True(x.grad!.isfinite().all().item<bool>());
        }
    }

    [Fact]
    public void WhereAChainBeginsOneSampleHasItsPast()
    {
        var layer = NormPolicy.Kalman(new Gain(0.25, 0.5), microbatch: 1).Create(2);
        var running = (RunningNormLayer)layer;
        running.running_mean.copy_(tensor(new float[] { 1, -2 }));
        running.running_var.copy_(tensor(new float[] { 3, 0.5f }));
        var (past, spread) = (running.running_mean.clone(), running.running_var.clone());
        var x = randn(3, 2, 4, 4) * 2 + 1;
        var given = NormPolicy.Kalman(new Gain(0.25, 0.5), microbatch: 1).Create(2);
        var expected = given.forward(x, ChannelState.Gaussian(past, spread, [4, 4])).output;
        Close(expected, layer.forward(x, null).output, 1e-6);

        // From two samples on, and with the authors' transition, it is batch normalization.
        foreach (var policy in new[]
        {
            NormPolicy.Kalman(0.25, microbatch: 3),
            NormPolicy.Kalman(0.25, microbatch: 1, transition: Transition.Sampled),
        })
        {
            var batch = NormPolicy.Batch(policy.ToString().Contains("sampled", System.StringComparison.Ordinal) ? 1 : 3).Create(2);
            Close(batch.call(x), policy.Create(2).call(x), 1e-5);
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3.1)]
    [InlineData(-1e6)]
    public void ConstantChannelsStayFinite(double value)
    {
        foreach (var gain in new[] { 1, 0.1 })
        {
            var layer = NormPolicy.Kalman(gain, microbatch: 2).Create(3);
            var x = full([4, 3, 4, 4], value).requires_grad_();
            var state = new AnalyticState(new(zeros(1, 3), ones(1, 3)), [4, 4]);
            var (y, _, posterior) = layer.forward(x, state);
            y.square().sum().backward();
            Assert.True(y.isfinite().all().item<bool>());
            Assert.True(x.grad!.isfinite().all().item<bool>());
            Assert.True(posterior!.ToMoments().Variance.ge(0).all().item<bool>());
        }
    }

    [Theory]
    [InlineData(1e-20)]
    [InlineData(1e-10)]
    [InlineData(1e10)]
    [InlineData(1e18)]
    [InlineData(1e20)]
    public void HugeAndTinyScalesAreNormalized(double scale)
    {
        foreach (var type in new[] { ScalarType.Float32, ScalarType.Float64 })
        {
            var layer = (RunningNormLayer)NormPolicy.Kalman(gain: 1).Create(3, dtype: type);
            var unit = randn([8, 3, 5, 5], type);
            var x = (unit * scale).requires_grad_();
            var (y, _, posterior) = layer.forward(x, null);
            y.square().sum().backward();
            Assert.True(y.isfinite().all().item<bool>());
            Assert.True(x.grad!.isfinite().all().item<bool>());
            Assert.True(posterior!.ToMoments().Variance.isfinite().all().item<bool>());
            Assert.True(layer.running_var.isfinite().all().item<bool>());
            if (scale > 1)
                Close(nn.BatchNorm2d(3, dtype: type).call(unit), y, 1e-4);
        }
    }

    /// <summary>Numbers of which a few add up to more than the type can hold.</summary>
    [Fact]
    public void TheLargestNumbersOfThirtyTwoBitsAreNormalized()
    {
        var layer = (RunningNormLayer)NormPolicy.Kalman(gain: 1).Create(3);
        foreach (var unit in new[] { rand(8, 3, 5, 5), rand(8, 3, 5, 5) - 0.5, rand(8, 3, 50, 50) + 5 })
        {
            var x = (unit * 5e37).requires_grad_();
            var y = layer.call(x);
            Close(nn.BatchNorm2d(3, eps: 1e-30).call(unit), y, 1e-4);
            y.square().sum().backward();
            Assert.True(x.grad!.isfinite().all().item<bool>());
            Assert.True(layer.running_mean.isfinite().all().item<bool>());
            Assert.True(layer.running_var.isfinite().all().item<bool>());
        }
    }

    public static TheoryData<string, string> Foreign
    {
        get
        {
            var data = new TheoryData<string, string>();
            foreach (var tensor in new[] { "weight", "bias", "running_mean", "running_var", "num_batches_tracked" })
            {
                foreach (var policy in new[] { "kalman", "batch" })
                    data.Add(tensor, policy);
            }

            return data;
        }
    }

    /// <summary>Tensors that somebody gave to a layer are read as what they are, or refused by torch.</summary>
    [Theory]
    [MemberData(nameof(Foreign))]
    public void TensorsOfAnotherLayoutOrTypeAreNotReadRaw(string name, string policy)
    {
        foreach (var strided in new[] { true, false })
        {
            manual_seed(1);
            using var plain = Filled(policy);
            using var other = Filled(policy);
            other.load_state_dict(plain.state_dict());
            Give(other, name, strided);
            foreach (var training in new[] { false, true, false })
            {
                plain.train(training);
                other.train(training);
                var x = randn(6, 4, 5, 5).requires_grad_();
                var expected = plain.call(x);
                Tensor actual;
                try
                {
                    actual = other.call(x);
                }
                catch (ExternalException)
                {
                    Assert.False(strided);
                    break;
                }

                Close(expected, actual, 1e-5, $"output, {strided}, {training}");
                Close(
                    autograd.grad([expected.square().sum()], [x])[0], autograd.grad([actual.square().sum()], [x])[0], 1e-4,
                    $"gradient, {strided}, {training}");
                foreach (var ((entry, of), found) in plain.state_dict().Zip(other.state_dict().Values))
                    Close(of, found, 1e-5, $"{entry}, {strided}, {training}");
                if (training)
                    continue;
                using var noGrad = no_grad();
                Close(expected, other.call(x), 1e-5, $"inference, {strided}");
            }
        }

        static RunningNormLayer Filled(string policy)
        {
            var layer = (RunningNormLayer)(policy == "kalman" ? NormPolicy.Kalman() : NormPolicy.Batch()).Create(4);
            using var noGrad = no_grad();
            foreach (var tensor in new Tensor[] { layer.weight, layer.bias, layer.running_mean, layer.running_var })
                tensor.copy_(rand(4) + 0.5);
            return layer;
        }

        static void Give(RunningNormLayer layer, string name, bool strided)
        {
            switch (name)
            {
                case "weight":
                    layer.weight = new Parameter(Other(layer.weight));
                    break;
                case "bias":
                    layer.bias = new Parameter(Other(layer.bias));
                    break;
                case "running_mean":
                    layer.running_mean = Other(layer.running_mean);
                    break;
                case "running_var":
                    layer.running_var = Other(layer.running_var);
                    break;
                default:
                    layer.num_batches_tracked = strided ? tensor(0L) : tensor(0);
                    break;
            }

            Tensor Other(Tensor tensor) => strided
                ? tensor.detach().repeat_interleave(2).slice(0, 0, 8, 2).DetachFromDisposeScope()
                : tensor.detach().to(float64).DetachFromDisposeScope();
        }
    }

    [Theory]
    [InlineData(double.NaN, true)]
    [InlineData(double.NaN, false)]
    [InlineData(double.PositiveInfinity, true)]
    [InlineData(double.NegativeInfinity, false)]
    public void AValueThatIsNotFiniteIsReportedAndSpoilsNothing(double value, bool contiguous)
    {
        var layer = (RunningNormLayer)NormPolicy.Kalman(microbatch: 2).Create(3);
        var x = randn(4, 3, 4, 4);
        layer.call(x);
        var (mean, variance) = (layer.running_mean.clone(), layer.running_var.clone());
        x[1, 2, 0, 0] = value;
        var error = Assert.Throws<NotFiniteNumberException>(() => layer.call(contiguous ? x : x.transpose(2, 3)));
        Assert.Contains("not finite", error.Message);
        Close(mean, layer.running_mean, 0);
        Close(variance, layer.running_var, 0);
        Assert.Equal(1, layer.num_batches_tracked.item<long>());
    }

    [Fact]
    public void APriorThatIsNotFiniteIsIgnored()
    {
        foreach (var value in new[] { double.NaN, double.PositiveInfinity })
        {
            foreach (var ofMean in new[] { true, false })
            {
                var (m0, v0) = (zeros(1, 3), ones(1, 3));
                (ofMean ? m0 : v0)[0, 1] = value;
                var x = randn(4, 3, 4, 4);
                var layer = NormPolicy.Kalman(gain: 0.1).Create(3);
                var expected = layer.call(x);
                var prior = new AnalyticState(new(m0.requires_grad_(), v0.requires_grad_()), [4, 4]);
                var odd = x.transpose(2, 3).contiguous().transpose(2, 3);
                foreach (var (given, where) in new[] { (x, "on a CPU"), (odd, "compiled") })
                {
                    var output = layer.forward(given, prior).output;
                    Close(expected, output, 1e-6, where);
                    output.square().sum().backward();
                    Assert.Null(m0.grad);
                    Assert.Null(v0.grad);
                }
            }
        }
    }

    /// <summary>What made it may have an infinite slope, and zero times that is no number.</summary>
    [Theory]
    [InlineData(true, ScalarType.Float32)]
    [InlineData(false, ScalarType.Float32)]
    [InlineData(true, ScalarType.BFloat16)]
    public void WhatMadeAPriorThatIsNotFiniteHasNoPartInTheGradient(bool contiguous, ScalarType type)
    {
        foreach (var samples in new[] { 4, 5 })
        {
            foreach (var policy in new[]
            {
                NormPolicy.Kalman(gain: 0.1, microbatch: 2), NormPolicy.Kalman(Gain.Learned(), microbatch: 2),
                NormPolicy.Kalman(microbatch: 2, transition: Transition.Sampled), NormPolicy.LayerKalman(), NormPolicy.InstanceKalman(),
            })
            {
                var given = zeros(1, 3).requires_grad_();
                var layer = policy.Create(3, dtype: type);
                var x = randn(samples, 3, 4, 4).to(type);
                x = (contiguous ? x : x.transpose(2, 3).contiguous().transpose(2, 3)).detach().requires_grad_();
                var prior = new AnalyticState(new(given.log(), given.exp()), [4, 4]);
                layer.forward(x, prior).output.square().sum().backward();
                Assert.True(x.grad!.isfinite().all().item<bool>());
                Assert.True(given.grad is null || given.grad.isfinite().all().item<bool>());
            }
        }
    }

    /// <summary>The authors' guard judges a layer, not the parts of a batch that the compiled filter works on.</summary>
    [Theory]
    [InlineData(1, 200)]
    [InlineData(1, 2000)]
    [InlineData(200, 1)]
    [InlineData(2000, 1)]
    [InlineData(1, double.NaN)]
    [InlineData(double.PositiveInfinity, 1)]
    public void ASampledPriorIsJudgedForTheWholeLayer(double ofFull, double ofRest)
    {
        var layer = NormPolicy.Kalman(0.1, microbatch: 2, transition: Transition.Sampled).Create(3);
        foreach (var ratio in new[] { 1, ofFull })
        {
            var values = randn(5, 3, 6, 6);
            var direction = randn(5, 3, 6, 6);
            var variance = stack([full(3, 1), full(3, ratio), full(3, ofRest)]);
            var found = new[] { true, false }.Select(contiguous =>
            {
                var x = (contiguous ? values : values.transpose(2, 3).contiguous().transpose(2, 3)).detach().requires_grad_();
                var mean = full([3, 3], 0.5).requires_grad_();
                var (y, emitted, _) = layer.forward(x, ChannelState.Gaussian(mean, variance, [6, 6]));
                (y * direction).sum().backward();
                return (y, emitted!.ToMoments().Variance, x.grad!, mean.grad ?? zeros(3, 3));
            }).ToArray();
            Close(found[0].y, found[1].y, 1e-5, "output");
            Close(found[0].Variance, found[1].Variance, 1e-5, "variance");
            Close(found[0].Item3, found[1].Item3, 1e-5, "gradient");
            Close(found[0].Item4, found[1].Item4, 1e-5, "gradient of the prior");
        }
    }

    [Fact]
    public void TrainingResumesBitForBit()
    {
        var file = Path.GetTempFileName();
        try
        {
            var data = Enumerable.Range(0, 8).Select(_ => randn(6, 1, 8, 8)).ToArray();
            using var whole = new ChainNetwork(NormPolicy.Kalman(microbatch: 2));
            Train(whole, data[..4]);
            whole.save(file);
            Train(whole, data[4..]);

            using var resumed = new ChainNetwork(NormPolicy.Kalman(microbatch: 2));
            resumed.load(file);
            Train(resumed, data[4..]);
            foreach (var ((name, expected), actual) in whole.state_dict().Zip(resumed.state_dict().Values))
                Assert.True(expected.eq(actual).all().item<bool>(), name);
        }
        finally
        {
            File.Delete(file);
        }

        static void Train(ChainNetwork net, IEnumerable<Tensor> batches)
        {
            using var optimizer = optim.SGD(net.parameters(), 0.05);
            foreach (var batch in batches)
            {
                optimizer.zero_grad();
                net.call(batch).square().mean().backward();
                optimizer.step();
            }
        }
    }

    [Fact]
    public void SmallestVariancesHaveFiniteGradients()
    {
        var layer = NormPolicy.Kalman(gain: 1, eps: 1e-12).Create(2);
        var x = (full([4, 2, 4, 4], 5.0) + 1e-6 * randn(4, 2, 4, 4)).requires_grad_();
        layer.call(x).pow(3).sum().backward();
        Assert.True(x.grad!.isfinite().all().item<bool>());
    }
}
