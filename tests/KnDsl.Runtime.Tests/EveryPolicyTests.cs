using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace KnDsl.Runtime.Tests;

/// <summary>What holds for layers of every policy: types, layouts, values at the edges, and ways to call them.</summary>
public sealed class EveryPolicyTests : TorchTest
{
    public static TheoryData<string> All => [.. EveryPolicy.Names];

    public static TheoryData<string> Normalizing => [.. EveryPolicy.Normalizing];

    private static ChannelState Prior(ScalarType type, params long[] size) => ChannelState.Gaussian(
        tensor([0.5, 1, 1.5, 0.9], type), tensor([3.0, 4, 5, 2], type), size);

    [Theory]
    [MemberData(nameof(All))]
    public void TypesAndLayoutsAgreeWithSixtyFourBits(string name)
    {
        foreach (var (type, tolerance) in new[]
                 {
                     (ScalarType.Float64, 1e-10), (ScalarType.Float32, 1e-4), (ScalarType.BFloat16, 6e-2), (ScalarType.Float16, 1e-2),
                 })
        {
            foreach (var wholeLayer in new[] { true, false })
            {
                foreach (var layout in new[] { "contiguous", "channels last", "strided" })
                {
                    foreach (var shape in new long[][] { [4, 4, 9], [5, 4, 4, 4], [4, 4, 2, 3, 4] })
                    {
                        foreach (var withPrior in new[] { false, true })
                        {
                            // A value of another type than the layer's: 16 bits beside 32.
                            var ofLayer = wholeLayer ? type : ScalarType.Float32;
                            if (!wholeLayer && type is ScalarType.Float32 or ScalarType.Float64)
                                continue;
                            using var scope = NewDisposeScope();
                            var what = $"{name}, {type} in a layer of {ofLayer}, {layout}, [{string.Join(", ", shape)}], prior {withPrior}";
                            using var exact = EveryPolicy.Of(name).Create(4, dtype: ofLayer);
                            using var layer = EveryPolicy.Of(name).Create(4, dtype: ofLayer);
                            exact.to(float64);
                            var x = (randn(shape, float64) * 2 + 1).to(type);
                            var wide = x.to(float64).detach().requires_grad_();
                            x = layout switch
                            {
                                "channels last" => x.movedim([1], [shape.Length - 1]).contiguous().movedim([shape.Length - 1], [1]),
                                "strided" => stack([x, x], shape.Length).select(shape.Length, 0),
                                _ => x,
                            };
                            Assert.Equal(layout == "contiguous", x.is_contiguous());
                            x = x.detach().requires_grad_();

                            var (y, _, posterior) = layer.forward(x, withPrior ? Prior(Moments.TypeFor(ofLayer), shape[2..]) : null);
                            var (expected, _, expectedPosterior) = exact.forward(wide, withPrior ? Prior(float64, shape[2..]) : null);
                            Assert.Equal(type, y.dtype);
                            Close(expected, y, tolerance, what);
                            if (posterior is not null)
                            {
                                Assert.Equal(Moments.TypeFor(ofLayer), posterior.ToMoments().Mean.dtype);
                                Close(expectedPosterior!.ToMoments().Variance, posterior.ToMoments().Variance, tolerance,
                                    $"variance of {what}");
                            }

                            (y.to(float64) * (wide.detach() + 1)).sum().backward();
                            (expected * (wide.detach() + 1)).sum().backward();
                            Assert.Equal(type, x.grad!.dtype);
                            Close(wide.grad!, x.grad, 4 * tolerance, $"gradient of {what}");
                            var entries = exact.state_dict().Zip(layer.state_dict().Values);
                            foreach (var ((key, of), value) in entries)
                                Close(of, value, tolerance, $"{key} of {what}");

                            layer.eval();
                            exact.eval();
                            Close(exact.call(wide), layer.call(x), 3 * tolerance, $"inference of {what}");
                            Assert.Equal(type, layer.call(x).dtype);
                        }
                    }
                }
            }
        }
    }

    /// <summary>As in PyTorch: what was learned of statistics stays.</summary>
    [Theory]
    [MemberData(nameof(All))]
    public void AMomentumOfZeroLeavesRunningAveragesAsTheyAre(string name)
    {
        using var layer = EveryPolicy.Of(name).With(momentum: 0).Create(4);
        var before = layer.named_buffers().ToDictionary(entry => entry.name, entry => entry.buffer.clone());
        foreach (var prior in new[] { null, Prior(float32, 3, 3) })
            layer.forward(randn(6, 4, 3, 3) * 3 + 1, prior);
        foreach (var (key, buffer) in layer.named_buffers().Where(entry => entry.name != "num_batches_tracked"))
            Assert.True(before[key].Equals(buffer), key);
    }

    [Theory]
    [MemberData(nameof(All))]
    public void NetworksOfSixteenBitsTrain(string name)
    {
        foreach (var type in new[] { ScalarType.BFloat16, ScalarType.Float16 })
        {
            using var net = new ChainNetwork(EveryPolicy.Of(name), dtype: type);
            for (var step = 0; step < 2; step++)
                net.call(randn([9, 1, 8, 8]).to(type)).to(float32).square().mean().backward();
            Assert.All(net.parameters(), parameter => Assert.True(parameter.grad is null || parameter.grad.isfinite().all().item<bool>()));
            net.eval();
            Assert.True(net.call(randn([9, 1, 8, 8]).to(type)).isfinite().all().item<bool>());
        }
    }

    /// <summary>As a state that is known from elsewhere may be.</summary>
    [Theory]
    [MemberData(nameof(All))]
    public void APriorOfAnotherTypeThanTheLayersIsTaken(string name)
    {
        foreach (var type in new[] { ScalarType.Float64, ScalarType.Float32, ScalarType.BFloat16 })
        {
            foreach (var ofState in new[] { ScalarType.Float64, ScalarType.Float32 })
            {
                using var plain = EveryPolicy.Of(name).Create(4, dtype: type);
                using var layer = EveryPolicy.Of(name).Create(4, dtype: type);
                layer.load_state_dict(plain.state_dict());
                var x = (randn(5, 4, 3, 3) * 2 + 1).to(type);
                var what = $"{type} with a state of {ofState}";
                Assert.Equal(type, layer.forward(x, Prior(ofState, 3, 3)).output.dtype);
                plain.forward(x, Prior(Moments.TypeFor(type), 3, 3));
                foreach (var ((entry, expected), found) in plain.state_dict().Zip(layer.state_dict().Values))
                {
                    Assert.Equal(expected.dtype, found.dtype);
                    Close(expected, found, 1e-6, $"{entry}, {what}");
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(Normalizing))]
    public void InInferenceWhatIsNotFinitePassesAndSpoilsItsOwnSampleAlone(string name)
    {
        foreach (var type in new[] { ScalarType.Float32, ScalarType.Float64, ScalarType.BFloat16 })
        {
            foreach (var contiguous in new[] { true, false })
            {
                foreach (var value in new[] { double.NaN, double.PositiveInfinity, 1e30 })
                {
                    using var layer = EveryPolicy.Of(name).Create(4, dtype: type);
                    layer.forward((randn(3, 4, 5, 5) * 2 + 1).to(type), Prior(Moments.TypeFor(type), 5, 5));
                    layer.eval();
                    var x = randn(3, 4, 5, 5).to(type);
                    if (!contiguous)
                        x = x.transpose(2, 3).contiguous().transpose(2, 3);
                    var bad = x.clone();
                    bad[1, 2, 0, 0] = value;
                    foreach (var graph in new[] { true, false })
                    {
                        using var mode = graph ? enable_grad() : no_grad();
                        var (expected, found) = (layer.call(x), layer.call(bad));
                        Close(expected[0], found[0], 1e-6, $"{type}, {contiguous}, {value}");
                        Close(expected[2], found[2], 1e-6, $"{type}, {contiguous}, {value}");
                        if (!double.IsFinite(value))
                            Assert.False(found[1, 2, 0, 0].isfinite().item<bool>());
                    }
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(Normalizing))]
    public void WhatIsNotFiniteIsReportedAndSpoilsNothing(string name)
    {
        foreach (var value in new[] { double.NaN, double.PositiveInfinity, double.NegativeInfinity })
        {
            foreach (var contiguous in new[] { true, false })
            {
                using var layer = EveryPolicy.Of(name).Create(4);
                var x = randn(6, 4, 4, 4);
                layer.forward(x, Prior(float32, 4, 4));
                var before = layer.state_dict().ToDictionary(entry => entry.Key, entry => entry.Value.clone());
                x[1, 2, 0, 0] = value;
                var error = Assert.Throws<NotFiniteNumberException>(
                    () => layer.forward(contiguous ? x : x.transpose(2, 3), Prior(float32, 4, 4)));
                Assert.Matches(
                    "not finite: .*(sample 1|channel 2 of micro-batch [01]) holds NaN or infinity. "
                        + "The running averages of this layer were not updated; those of layers that came before it in this pass were.",
                    error.Message);
                foreach (var (key, tensor) in layer.state_dict())
                    Close(before[key], tensor, 0, key);
            }
        }

        foreach (var broken in new[] { 0, 1 })
        {
            using var layer = EveryPolicy.Of(name).Create(4);
            var moments = new[] { zeros(4), ones(4) };
            moments[broken][1] = double.NaN;
            var output = layer.forward(randn(6, 4, 4, 4), ChannelState.Gaussian(moments[0], moments[1], [4, 4])).output;
            Assert.True(output.isfinite().all().item<bool>());
            Assert.All(layer.state_dict().Values, tensor => Assert.False(tensor.isnan().any().item<bool>()));
        }
    }

    [Theory]
    [MemberData(nameof(Normalizing))]
    public void AnEmptyValueIsAnErrorInTraining(string name)
    {
        foreach (var shape in new long[][] { [0, 4, 3, 3], [0, 4], [2, 4, 0, 3] })
        {
            using var layer = EveryPolicy.Of(name).Create(4);
            var message = Assert.Throws<ArgumentException>(() => layer.call(zeros(shape))).Message;
            Assert.Contains($"[{string.Join(", ", shape)}], which is empty", message);
            layer.eval();
            Assert.Equal(shape, layer.call(zeros(shape)).shape);
        }
    }

    [Theory]
    [InlineData("batch", new long[] { 1, 4 }, "of shape [1, 4] as one micro-batch of 1.")]
    [InlineData("batch", new long[] { 1, 4, 1, 1 }, "of shape [1, 4, 1, 1] as one micro-batch of 1.")]
    [InlineData("batch, micro", new long[] { 3, 4, 1, 1 }, "of shape [3, 4, 1, 1] in micro-batches of 2, of which the last has 1.")]
    [InlineData("renorm", new long[] { 3, 4 }, "of shape [3, 4] in micro-batches of 2, of which the last has 1.")]
    [InlineData("kalman", new long[] { 3, 4, 1, 1 }, "of shape [3, 4, 1, 1] in micro-batches of 2, of which the last has 1.")]
    [InlineData("instance", new long[] { 3, 4, 1 }, "in each statistic of instance(), got a value of shape [3, 4, 1],")]
    public void AStatisticOfOneValueIsAnError(string name, long[] shape, string found)
    {
        using var layer = EveryPolicy.Of(name).Create(4);
        var message = Assert.Throws<ArgumentException>(() => layer.call(randn(shape))).Message;
        Assert.Contains("more than 1 value", message);
        Assert.Contains(found, message);
        Assert.All(layer.state_dict().Values, tensor => Assert.False(tensor.isnan().any().item<bool>()));
    }

    [Fact]
    public void AStatisticOfOneValueOfASampleIsAnErrorInInferenceToo()
    {
        foreach (var (policy, shape) in new (NormPolicy, long[])[]
            {
                (NormPolicy.Instance(affine: false), [3, 4]), (NormPolicy.Group(4), [3, 4]), (NormPolicy.Layer(), [3, 1]),
            })
        {
            using var layer = policy.Create(shape[1]);
            layer.eval();
            Assert.Contains(
                $"in each statistic of {policy}, got a value of shape [{string.Join(", ", shape)}]",
                Assert.Throws<ArgumentException>(() => layer.call(randn(shape))).Message);
        }
    }

    [Fact]
    public void APolicyWithAPriorNormalizesASingleNumber()
    {
        foreach (var policy in new[]
            {
                NormPolicy.Kalman(microbatch: 1), NormPolicy.InstanceKalman(), NormPolicy.GroupKalman(4), NormPolicy.LayerKalman(),
            })
        {
            using var layer = policy.Create(policy == NormPolicy.LayerKalman() ? 1 : 4);
            Assert.True(layer.call(randn(3, layer.num_features)).isfinite().all().item<bool>());
        }
    }

    [Theory]
    [MemberData(nameof(Normalizing))]
    public void HugeAndTinyScalesAreNormalized(string name)
    {
        foreach (var type in new[] { ScalarType.Float32, ScalarType.Float64 })
        {
            foreach (var scale in new[] { 1e-20, 1e-10, 1e10, 1e18, 1e20 })
            {
                foreach (var contiguous in new[] { true, false })
                {
                    using var layer = EveryPolicy.Of(name).Create(4, dtype: type);
                    var unit = randn([6, 4, 4, 4], type);
                    var x = contiguous ? unit * scale : (unit * scale).transpose(2, 3).contiguous().transpose(2, 3);
                    x = x.detach().requires_grad_();
                    var (y, _, posterior) = layer.forward(x, null);
                    y.square().sum().backward();
                    Assert.True(y.isfinite().all().item<bool>());
                    Assert.True(x.grad!.isfinite().all().item<bool>());
                    Assert.True(posterior is null || posterior.ToMoments().Variance.isfinite().all().item<bool>());
                    Assert.All(layer.state_dict(), entry => Assert.True(entry.Value.isfinite().all().item<bool>(), entry.Key));
                    using var plain = EveryPolicy.Of(name).Create(4, dtype: type);
                    if (scale > 1 && name != "renorm")
                        Close(plain.call(unit), y, 1e-3, $"{type} {scale} {contiguous}");
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(Normalizing))]
    public void ConstantChannelsStayFinite(string name)
    {
        foreach (var value in new[] { 0, 3.1, -1e6 })
        {
            foreach (var contiguous in new[] { true, false })
            {
                using var layer = EveryPolicy.Of(name).Create(4);
                var x = full([6, 4, 4, 4], value);
                x = (contiguous ? x : x.transpose(2, 3).contiguous().transpose(2, 3)).detach().requires_grad_();
                var y = layer.forward(x, Prior(float32, 4, 4)).output;
                y.square().sum().backward();
                Assert.True(y.isfinite().all().item<bool>());
                Assert.True(x.grad!.isfinite().all().item<bool>());
            }
        }
    }

    [Theory]
    [MemberData(nameof(All))]
    public void TrainingForwardNeedsNoGradientAndForgetsNone(string name)
    {
        using var net = new ChainNetwork(EveryPolicy.Of(name), dtype: float64);
        using (inference_mode())
            net.call(Random(9, 1, 8, 8));
        using (no_grad())
            Assert.False(net.call(Random(9, 1, 8, 8)).requires_grad);

        // Two forward passes before the backward passes, one of these twice.
        var (a, b) = (Random(9, 1, 8, 8).requires_grad_(), Random(7, 1, 8, 8).requires_grad_());
        var (lossA, lossB) = (net.call(a).square().sum(), net.call(b).square().sum());
        lossA.backward(create_graph: false, retain_graph: true);
        var once = a.grad!.clone();
        lossB.backward();
        lossA.backward();
        Close(2 * once, a.grad!, 1e-12);
        Assert.True(b.grad!.isfinite().all().item<bool>());
    }

    [Theory]
    [MemberData(nameof(All))]
    public void WhatIsFrozenGetsNoGradientAndOthersGetTheSame(string name)
    {
        // These two are never the same twice: by their draws, by their running averages.
        if (name is "sampled" or "renorm")
            return;
        using var net = new ChainNetwork(EveryPolicy.Of(name), dtype: float64);
        var x = Random(9, 1, 8, 8).requires_grad_();
        var free = Gradients();
        foreach (var frozen in new[] { "", "bn", "conv" })
        {
            foreach (var (key, parameter) in net.named_parameters())
                parameter.requires_grad = !key.StartsWith(frozen, StringComparison.Ordinal);
            var some = Gradients();
            Close(free["x"], some["x"], 1e-12, "x");
            foreach (var (key, parameter) in net.named_parameters())
            {
                if (parameter.requires_grad && free.TryGetValue(key, out var gradient))
                    Close(gradient, some[key], 1e-12, key);
                else
                    Assert.DoesNotContain(key, some.Keys);
            }
        }

        Dictionary<string, Tensor> Gradients()
        {
            foreach (var parameter in net.parameters().Append(x))
                parameter.grad = null;
            net.call(x).pow(3).sum().backward();
            var gradients = net.named_parameters().Where(entry => entry.parameter.grad is not null)
                .ToDictionary(entry => entry.name, entry => entry.parameter.grad!.clone());
            gradients["x"] = x.grad!.clone();
            return gradients;
        }
    }

    [Theory]
    [InlineData("kalman")]
    [InlineData("batch")]
    [InlineData("groupkalman")]
    public void NetworksOnSeveralThreadsDoWhatTheyDoAlone(string name)
    {
        var inputs = Enumerable.Range(0, 3).Select(_ => Random(9, 1, 8, 8)).ToArray();
        var networks = inputs.Select(_ => new ChainNetwork(EveryPolicy.Of(name), dtype: float64)).ToArray();
        var expected = networks.Zip(inputs, Gradient).ToArray();
        var actual = new Tensor[3];
        var failures = new List<Exception>();
        var threads = Enumerable.Range(0, 3).Select(i => new Thread(() =>
        {
            try
            {
                for (var turn = 0; turn < 5; turn++)
                    actual[i] = Gradient(networks[i], inputs[i]);
            }
            catch (Exception failure)
            {
                lock (failures)
                    failures.Add(failure);
            }
        })).ToArray();
        foreach (var thread in threads)
            thread.Start();
        foreach (var thread in threads)
            thread.Join();
        Assert.Empty(failures);
        for (var i = 0; i < 3; i++)
            Close(expected[i], actual[i], 0);

        static Tensor Gradient(ChainNetwork net, Tensor x)
        {
            using var scope = NewDisposeScope();
            var input = x.detach().requires_grad_();
            net.call(input).prod().backward();
            return input.grad!.clone().MoveToOuterDisposeScope();
        }
    }

    [Theory]
    [MemberData(nameof(All))]
    public void ALayerThatIsDisposedLeavesNothing(string name)
    {
        var x = randn(6, 4, 4, 4);
        Once();
        var before = Live();

        // TorchSharp counts the tensor that a parameter is made of, although that one is empty then.
        using (new TorchSharp.Modules.Parameter(zeros(1)))
        { }
        var perParameter = Live() - before;
        before = Live();
        var parameters = Once();
        Assert.Equal(perParameter * parameters, Live() - before);

        int Once()
        {
            using var scope = NewDisposeScope();
            using var layer = EveryPolicy.Of(name).Create(4);
            foreach (var training in new[] { true, false })
            {
                layer.train(training);
                layer.forward(x, Prior(float32, 4, 4)).output.sum().Dispose();
            }

            return layer.parameters().Count();
        }

        static long Live()
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
            return Tensor.TotalCount;
        }
    }
}
