using System;
using System.Collections.Generic;
using System.Linq;
using TorchSharp.Modules;
using Xunit;
using static TorchSharp.torch;

namespace KnDsl.Runtime.Tests;

/// <summary>Values that are given up and computed again: gradients stay the same to the bit, and memory is not held.</summary>
public sealed class RecomputeTests : TorchTest
{
    public static TheoryData<string> All => EveryPolicyTests.All;

    [Theory]
    [MemberData(nameof(All))]
    public void Gradients_are_the_same_to_the_bit(string policy)
    {
        foreach (var type in new[] { ScalarType.Float32, ScalarType.Float64, ScalarType.BFloat16 })
        {
            foreach (var activation in Enum.GetValues<Activation>())
            {
                using var scope = NewDisposeScope();
                var kept = Gradients(policy, type, activation, recompute: false);
                var again = Gradients(policy, type, activation, recompute: true);
                Assert.Equal(kept.Keys, again.Keys);
                foreach (var (name, expected) in kept)
                    Assert.True(expected.equal(again[name]).all().item<bool>(), $"{name}, {policy}, {type}, {activation}");
            }
        }
    }

    [Fact]
    public void The_output_is_not_held_between_the_passes()
    {
        using var scope = NewDisposeScope();
        using var network = new Pair(NormPolicy.Batch(), ScalarType.Float32, Activation.Relu, recompute: true);
        var x = randn(2, 4, 6, 6).requires_grad_();
        var loss = network.call(x).sum();
        Assert.Equal(0, network.BytesHeld);
        loss.backward();
        Assert.Equal(0, network.BytesHeld);

        using var keeping = new Pair(NormPolicy.Batch(), ScalarType.Float32, Activation.Relu, recompute: false);
        keeping.call(x);
        Assert.Equal(2 * 4 * 6 * 6 * sizeof(float), keeping.BytesHeld);
    }

    [Fact]
    public void A_second_backward_pass_computes_it_once_more()
    {
        using var scope = NewDisposeScope();
        using var network = new Pair(NormPolicy.Kalman(), ScalarType.Float64, Activation.Relu, recompute: true);
        var x = randn(2, 4, 6, 6, float64).requires_grad_();
        var loss = network.call(x).square().sum();
        loss.backward(retain_graph: true);
        var first = x.grad!.clone();
        x.grad!.zero_();
        loss.backward();
        Assert.True(first.equal(x.grad!).all().item<bool>());
    }

    [Fact]
    public void What_a_hook_of_the_reader_sees_stays_after_the_backward_pass_too()
    {
        using var scope = NewDisposeScope();
        using var network = new Pair(NormPolicy.Batch(), ScalarType.Float32, Activation.Relu, recompute: true);
        Tensor? seen = null, copy = null;
        network.conv2.register_forward_pre_hook((_, input) =>
        {
            seen = input.alias().DetachFromDisposeScope();
            copy = input.clone().DetachFromDisposeScope();
            return input;
        });
        var loss = network.call(randn(2, 4, 6, 6).requires_grad_()).square().sum();
        Assert.True(seen!.equal(copy!).all().item<bool>());
        loss.backward();
        Assert.NotEqual(0, network.BytesHeld);
        Assert.True(seen!.equal(copy!).all().item<bool>());
    }

    [Fact]
    public void A_second_backward_pass_reads_what_a_hook_kept()
    {
        using var scope = NewDisposeScope();
        using var network = new Pair(NormPolicy.Kalman(), ScalarType.Float64, Activation.Relu, recompute: true);
        network.conv2.register_forward_hook((_, _, output) => output);
        var loss = network.call(randn(2, 4, 6, 6, float64).requires_grad_()).square().sum();
        loss.backward(retain_graph: true);
        Assert.NotEqual(0, network.BytesHeld);
        var first = network.conv2.weight.grad!.clone();
        network.conv2.weight.grad!.zero_();
        loss.backward();
        Assert.True(first.equal(network.conv2.weight.grad!).all().item<bool>());
    }

    [Fact]
    public void Gradients_of_gradients_are_the_same_to_the_bit()
    {
        using var scope = NewDisposeScope();
        var results = new List<Tensor[]>();
        foreach (var recompute in new[] { false, true })
        {
            manual_seed(1);
            using var network = new Deep(recompute);
            var loss = network.call(randn(2, 4, 6, 6)).square().sum();
            Tensor[] weights = [network.conv1.weight, network.conv3.weight];
            var found = autograd.grad([loss], weights, retain_graph: true, create_graph: true);
            // It passes the nodes of the first graph, and those that read what it read.
            loss.backward(retain_graph: true);
            Assert.NotEqual(0, network.BytesHeld);
            found[1].square().sum().backward();
            results.Add([found[0].detach(), found[1].detach(), .. network.parameters().Select(parameter => parameter.grad!)]);
        }

        foreach (var (kept, again) in results[0].Zip(results[1]))
            Assert.True(kept.equal(again).all().item<bool>());
    }

    [Fact]
    public void Inference_gives_nothing_up()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var network = new Pair(NormPolicy.Batch(), ScalarType.Float32, Activation.Relu, recompute: true);
        var x = randn(2, 4, 6, 6);
        var training = network.call(x);
        Assert.True(training.isfinite().all().item<bool>());
        network.eval();
        Assert.True(network.call(x).isfinite().all().item<bool>());
    }

    private static Dictionary<string, Tensor> Gradients(string policy, ScalarType type, Activation activation, bool recompute)
    {
        manual_seed(1);
        using var network = new Pair(EveryPolicy.Of(policy), type, activation, recompute);
        var x = (randn([5, 4, 6, 6], type) * 2 + 0.5).requires_grad_();
        var y = network.call(x);
        y.square().sum().backward();
        var found = new Dictionary<string, Tensor> { ["output"] = y.detach(), ["x"] = x.grad! };
        foreach (var (name, parameter) in network.named_parameters().Where(entry => entry.parameter.grad is not null))
            found[name] = parameter.grad!.clone();
        foreach (var (name, buffer) in network.named_buffers())
            found[name] = buffer.clone();
        return found;
    }

    /// <summary>conv -> norm -> activation -> conv -> norm, as the generator writes it.</summary>
    private sealed class Pair : nn.Module<Tensor, Tensor>
    {
        private readonly Activation _activation;
        private readonly Recompute _recompute;
        private Tensor? _between;

        public Pair(NormPolicy policy, ScalarType type, Activation activation, bool recompute)
            : base(nameof(Pair))
        {
            (_activation, _recompute) = (activation, recompute);
            conv1 = nn.Conv2d(4, 4, 3, padding: 1, dtype: type);
            bn1 = policy.Create(4, dtype: type);
            conv2 = nn.Conv2d(4, 4, 3, padding: 1, dtype: type);
            bn2 = policy.Create(4, dtype: type);
            RegisterComponents();
        }

        public Conv2d conv1 { get; }

        public NormLayer bn1 { get; }

        public Conv2d conv2 { get; }

        public NormLayer bn2 { get; }

        /// <summary>The bytes of the activation's memory after the pass.</summary>
        public unsafe long BytesHeld => NativeTensor.Pointer<byte>(_between!) == null ? 0 : _between!.numel() * 4;

        public override Tensor forward(Tensor x)
        {
            using var scope = NewDisposeScope();
            var t1 = conv1.call(x);
            (var t2, var t2State, _) = bn1.call(t1, null, new(_activation, Recomputes: _recompute.Activations));
            scope.Free(t1);
            t2State = _activation == Activation.Relu ? t2State?.Pass(new ReluRule(), t2) : null;
            _between = t2.detach().DetachFromDisposeScope();
            (var t3, var t3State) = conv2.call(t2, t2State);
            _recompute.Free(scope, t2, ref t3, conv2);
            (var t4, _, _) = bn2.call(t3, t3State);
            return scope.MoveToOuter(t4);
        }
    }

    /// <summary>conv -> norm -> relu -> conv -> norm -> relu -> conv, the last of which can be differentiated twice.</summary>
    private sealed class Deep : nn.Module<Tensor, Tensor>
    {
        private readonly Recompute _recompute;
        private Tensor? _between;

        public Deep(bool recompute)
            : base(nameof(Deep))
        {
            _recompute = recompute;
            conv1 = nn.Conv2d(4, 4, 3);
            bn1 = NormPolicy.Kalman().Create(4);
            conv2 = nn.Conv2d(4, 4, 3);
            bn2 = NormPolicy.Kalman().Create(4);
            conv3 = nn.Conv2d(4, 4, 2);
            RegisterComponents();
        }

        public Conv2d conv1 { get; }

        public NormLayer bn1 { get; }

        public Conv2d conv2 { get; }

        public NormLayer bn2 { get; }

        public Conv2d conv3 { get; }

        /// <summary>The bytes of the last activation's memory.</summary>
        public unsafe long BytesHeld => NativeTensor.Pointer<byte>(_between!) == null ? 0 : _between!.numel() * 4;

        public override Tensor forward(Tensor x)
        {
            using var scope = NewDisposeScope();
            var relu = new Epilogue(Activation.Relu, Recomputes: _recompute.Activations);
            var (t1, t1State, _) = bn1.call(conv1.call(x), null, relu);
            (var t2, var t2State) = conv2.call(t1, t1State?.Pass(new ReluRule(), t1));
            _recompute.Free(scope, t1, ref t2, conv2);
            (var t3, _, _) = bn2.call(t2, t2State, relu);
            _between = t3.detach().DetachFromDisposeScope();
            var t4 = conv3.call(t3);
            _recompute.Free(scope, t3, ref t4, conv3);
            return scope.MoveToOuter(t4);
        }
    }
}
