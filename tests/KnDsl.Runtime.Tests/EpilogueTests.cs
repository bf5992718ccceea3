using System;
using System.Collections.Generic;
using System.Linq;
using Xunit;
using static TorchSharp.torch;

namespace KnDsl.Runtime.Tests;

/// <summary>A layer that does what comes after it in its own passes gives what one after the other gives.</summary>
public sealed class EpilogueTests : TorchTest
{
    private static readonly Activation[] Activations = Enum.GetValues<Activation>();

    /// <summary>Those that are computed without an exponential are equal to torch's to the last bit.</summary>
    private static bool IsExact(Activation activation) => activation is not Activation.Silu;

    public static TheoryData<string> All => EveryPolicyTests.All;

    private static ChannelState Prior(ScalarType type) =>
        ChannelState.Gaussian(tensor([0.1, 0.2, 0.3, -0.1], type), tensor([0.5, 1, 1.5, 2], type), [3, 5]);

    private static NormLayer Layer(string policy, ScalarType type)
    {
        var layer = EveryPolicy.Of(policy).Create(4, dtype: type);
        using var noGrad = no_grad();
        manual_seed(3);
        foreach (var parameter in layer.parameters().Where(parameter => parameter.numel() == 4))
            parameter.copy_(randn(4, type) * 2 + 0.5);
        return layer;
    }

    /// <summary>Layouts in which values come: the second is not one that the loops of CPUs take.</summary>
    private static IEnumerable<(string, Func<Tensor, Tensor>)> Layouts() =>
    [
        ("contiguous", x => x),
        ("channels last", x => x.movedim([1], [3]).contiguous().movedim([3], [1])),
    ];

    [Theory]
    [MemberData(nameof(All))]
    public void GivesWhatOneAfterTheOtherGives(string policy)
    {
        foreach (var type in new[] { ScalarType.Float32, ScalarType.Float64, ScalarType.BFloat16 })
        {
            foreach (var (layout, arrange) in Layouts())
            {
                foreach (var withPrior in new[] { false, true })
                {
                    foreach (var activation in Activations)
                    {
                        foreach (var adds in new[] { false, true })
                            Compare(policy, type, layout, arrange, withPrior, activation, adds);
                    }
                }
            }
        }
    }

    private static void Compare(
        string policy, ScalarType type, string layout, Func<Tensor, Tensor> arrange, bool withPrior, Activation activation, bool adds)
    {
        using var scope = NewDisposeScope();
        using var fused = Layer(policy, type);
        using var apart = Layer(policy, type);
        var what = $"{policy}, {type}, {layout}, prior {withPrior}, {activation}, adds {adds}";
        var tolerance = type == ScalarType.BFloat16 ? 0.05 : IsExact(activation) ? 0 : type == ScalarType.Float32 ? 1e-6 : 1e-12;
        var (value, other) = (randn([5, 4, 3, 5], type) * 2 + 0.5, randn([5, 4, 3, 5], type));
        foreach (var training in new[] { true, false })
        {
            fused.train(training);
            apart.train(training);
            var results = new List<Dictionary<string, Tensor>>();
            foreach (var layer in new[] { fused, apart })
            {
                manual_seed(1);
                var x = arrange(value.clone()).requires_grad_();
                var addend = adds ? arrange(other.clone()).requires_grad_() : null;
                var epilogue = new Epilogue(activation, addend);
                var prior = withPrior ? Prior(Moments.TypeFor(type)) : null;
                Tensor y;
                ChannelState? emitted, posterior;
                if (layer == fused)
                {
                    (y, emitted, posterior) = layer.call(x, prior, epilogue);
                }
                else
                {
                    (y, emitted, posterior) = layer.call(x, prior);
                    y = epilogue.Of(y);
                }

                layer.zero_grad();
                var loss = (y.to(float64) * linspace(-1, 2, y.numel(), float64).view(y.shape)).sum();
                foreach (var state in new[] { emitted, posterior }.OfType<ChannelState>())
                    loss = loss + state.ToMoments().Mean.to(float64).sum() + state.ToMoments().Variance.to(float64).sqrt().sum();
                loss.backward();
                var result = new Dictionary<string, Tensor> { ["output"] = y, ["input's gradient"] = x.grad! };
                if (addend is not null)
                    result["addend's gradient"] = addend.grad!;
                foreach (var (name, parameter) in layer.named_parameters().Where(entry => entry.parameter.grad is not null))
                    result[$"gradient of {name}"] = parameter.grad!.clone();
                foreach (var (name, buffer) in layer.named_buffers())
                    result[name] = buffer.clone();
                using (no_grad())
                {
                    result["output without gradients"] = layer == fused
                        ? layer.call(x, prior, epilogue).output
                        : epilogue.Of(layer.call(x, prior).output);
                }

                results.Add(result);
            }

            Assert.Equal(results[1].Keys, results[0].Keys);
            foreach (var (name, expected) in results[1])
                Close(expected, results[0][name], tolerance, $"{name} of {what}, training {training}");
        }
    }

    [Theory]
    [MemberData(nameof(All))]
    public void OfEveryInput(string policy)
    {
        if (policy is "renorm" or "sampled")
            return; // Constants to the gradient, and draws.
        foreach (var activation in Activations)
        {
            foreach (var adds in new[] { false, true })
            {
                using var scope = NewDisposeScope();
                using var layer = Layer(policy, ScalarType.Float64);
                var x = Random(4, 4, 3, 5).requires_grad_();
                var addend = adds ? Random(4, 4, 3, 5).requires_grad_() : null;
                var direction = Random(4, 4, 3, 5);
                var mean = (Random(1, 4) * 0.1).requires_grad_();
                var variance = (rand(1, 4, dtype: ScalarType.Float64) + 0.5).requires_grad_();
                var buffers = layer.named_buffers().ToDictionary(entry => entry.name, entry => entry.buffer.clone());
                Tensor Loss()
                {
                    using (no_grad())
                    {
                        foreach (var (name, buffer) in layer.named_buffers())
                            buffer.copy_(buffers[name]);
                    }

                    var prior = new AnalyticState(new(mean, variance), [3, 5]);
                    return (layer.call(x, prior, new Epilogue(activation, addend)).output * direction).sum();
                }

                // Parameters of a layer that has no use for them here have no gradient.
                Loss().backward();
                Tensor[] inputs = [x, mean, variance, .. adds ? [addend!] : (Tensor[])[], .. layer.parameters()];
                GradientsEqualDifferences(Loss, 1e-6, [.. inputs.Where(input => input.grad is not null)]);
            }
        }
    }

    /// <summary>The output of a sum is kept for its sign: who changes it is told, as by torch's relu.</summary>
    [Fact]
    public void AnOutputThatWasChangedIsAnError()
    {
        using var layer = NormPolicy.Batch().Create(4);
        var (x, other) = (randn(4, 4, 8, 8).requires_grad_(), randn(4, 4, 8, 8).requires_grad_());
        var y = layer.call(x, new Epilogue(Activation.Relu, other));
        y.mul_(2);
        Assert.ThrowsAny<Exception>(() => y.sum().backward());

        // The sign of a pair is computed again.
        layer.call(x, new Epilogue(Activation.Relu)).mul_(2).sum().backward();
    }

    /// <summary>A sum does not keep what it adds, so others may change it.</summary>
    [Theory]
    [InlineData(Activation.None)]
    [InlineData(Activation.Relu)]
    public void AnAddendIsNotKept(Activation activation)
    {
        using var layer = NormPolicy.Batch().Create(4);
        var (x, other) = (randn(4, 4, 8, 8).requires_grad_(), randn(4, 4, 8, 8).requires_grad_());
        var (added, same) = (other * 2, other.detach() * 2);
        var y = layer.call(x, new Epilogue(activation, added));
        using (no_grad())
            added.zero_();
        y.pow(2).sum().backward();
        var expected = x.grad!.clone();
        x.grad.zero_();
        layer.call(x, new Epilogue(activation, same)).pow(2).sum().backward();
        Close(expected, x.grad, 0);
        Assert.True(other.grad!.abs().max().item<float>() > 0);
    }

    /// <summary>As one after the other has them, where the policy has.</summary>
    [Theory]
    [InlineData("batch")]
    [InlineData("group")]
    [InlineData("instance, plain")]
    public void SecondDerivatives(string policy)
    {
        foreach (var activation in Activations)
        {
            foreach (var adds in new[] { false, true })
            {
                using var layer = Layer(policy, ScalarType.Float64);
                var (value, direction) = (Random(4, 4, 3, 5), Random(4, 4, 3, 5));
                var results = new List<Tensor[]>();
                foreach (var isFused in new[] { true, false })
                {
                    manual_seed(7);
                    var x = value.clone().requires_grad_();
                    var other = adds ? Random(4, 4, 3, 5).requires_grad_() : null;
                    var epilogue = new Epilogue(activation, other);
                    var y = isFused ? layer.call(x, epilogue) : epilogue.Of(layer.call(x));
                    layer.zero_grad();
                    var gradient = autograd.grad([y.sin().sum()], [x], retain_graph: true, create_graph: true)[0];
                    ((gradient * direction).sum() + y.square().sum()).backward();
                    results.Add([x.grad!, .. adds ? [other!.grad!] : (Tensor[])[], .. layer.parameters().Select(p => p.grad!.clone())]);
                }

                foreach (var (actual, expected) in results[0].Zip(results[1]))
                    Close(expected, actual, 1e-10, $"{policy}, {activation}, adds {adds}");
            }
        }
    }

    /// <summary>A graph that nobody propagates through is freed with its last value.</summary>
    [Fact]
    public void AGraphThatKeepsItsOutputIsFreed()
    {
        using var layer = NormPolicy.Batch().Create(4);
        var other = randn(4, 4, 8, 8).requires_grad_();
        var alive = new List<WeakReference>();
        for (var i = 0; i < 3; i++)
            Forget();
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        Assert.All(alive, reference => Assert.False(reference.IsAlive));

        [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
        void Forget()
        {
            using var scope = NewDisposeScope();
            var x = randn(4, 4, 8, 8).requires_grad_();
            var marker = new MarkedNode();
            alive.Add(new WeakReference(marker));
            var marked = marker.Attach([x], [x.detach().clone()], [], [])[0];
            layer.call(marked, new Epilogue(Activation.Relu, other));
        }
    }

    private sealed class MarkedNode : GraphNode
    {
        protected override Tensor?[] Backward(Tensor?[] gradients, IReadOnlyList<Tensor> inputs, IReadOnlyList<Tensor> kept) => gradients;
    }

    /// <summary>A sum that repeats a value, or is of another type, is that of torch.</summary>
    [Fact]
    public void AnAddendMayBroadcast()
    {
        using var layer = NormPolicy.Kalman().Create(4);
        var x = randn(4, 4, 3, 5);
        foreach (var addend in new[] { randn(1, 4, 1, 1), randn(4, 1, 3, 5), randn([4, 4, 3, 5], ScalarType.Float64), randn(5) })
        {
            var y = layer.call(x, new Epilogue(Activation.Relu, addend));
            var expected = nn.functional.relu(layer.call(x) + addend);
            Assert.Equal(expected.dtype, y.dtype);
            Close(expected, y, 0);
        }
    }

    /// <summary>Where a hook looks, it sees the layer's own output.</summary>
    [Theory]
    [MemberData(nameof(All))]
    public void AHookSeesTheOutputOfTheNorm(string policy)
    {
        using var layer = Layer(policy, ScalarType.Float32);
        var (x, other) = (randn(4, 4, 3, 5), randn(4, 4, 3, 5));
        manual_seed(1);
        var (expected, _, _) = Layer(policy, ScalarType.Float32).call(x, Prior(ScalarType.Float32));
        Tensor? seen = null;
        layer.register_forward_hook((_, _, output) => seen = output.DetachFromDisposeScope());
        manual_seed(1);
        var (y, _, _) = layer.call(x, Prior(ScalarType.Float32), new Epilogue(Activation.Relu, other));
        Close(expected, seen!, 0);
        Close(nn.functional.relu(expected + other), y, 0);
    }

    [Fact]
    public void AFoldedLayerLeavesTheEpilogue()
    {
        using var conv = nn.Conv2d(3, 4, 3);
        using var layer = NormPolicy.Kalman().Create(4);
        layer.call(randn(4, 4, 3, 5));
        conv.eval();
        layer.eval();
        var x = randn(2, 3, 6, 6);
        var other = randn(2, 4, 4, 4);
        var before = layer.call(conv.call(x), new Epilogue(Activation.Relu, other));
        layer.FoldInto(conv);
        var after = layer.call(conv.call(x), new Epilogue(Activation.Relu, other));
        Close(before, after, 1e-5);
        Close(nn.functional.relu(conv.call(x) + other), after, 0);
    }

    [Fact]
    public void AnEmptyBatchPassesInInference()
    {
        foreach (var policy in new[] { "kalman", "batch", "group", "instance, plain", "groupkalman", "none", "renorm" })
        {
            using var layer = Layer(policy, ScalarType.Float32);
            layer.eval();
            Assert.Equal([0, 4, 3, 5], layer.call(zeros(0, 4, 3, 5), new Epilogue(Activation.Relu, zeros(0, 4, 3, 5))).shape);
        }
    }
}
