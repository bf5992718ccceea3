using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using TorchSharp.Modules;
using Xunit;
using static TorchSharp.torch;

namespace KnDsl.Runtime.Tests;

/// <summary>Blocks whose values are given up and computed again: gradients stay the same to the bit, and memory is not held.</summary>
public sealed class RecomputeBlocksTests : TorchTest
{
    /// <summary>Values inside a block that the graph keeps: of both convolutions, of a norm, two of the block in it.</summary>
    private const int Values = 5;

    public static TheoryData<string> All => EveryPolicyTests.All;

    [Theory]
    [MemberData(nameof(All))]
    public void Gradients_are_the_same_to_the_bit(string policy)
    {
        foreach (var type in new[] { ScalarType.Float32, ScalarType.Float64, ScalarType.BFloat16 })
        {
            foreach (var activation in Enum.GetValues<Activation>())
            {
                var before = BlockTape.GivenUp;
                AreEqual(
                    Pass(Create(policy, type, activation, recompute: false), type),
                    Pass(Create(policy, type, activation, Recompute.Blocks), type), $"{policy}, {type}, {activation}");
                if (policy != "sampled")
                    Assert.Equal(policy == "none" || (type != ScalarType.BFloat16 && policy != "renorm"), BlockTape.GivenUp > before);
            }
        }
    }

    [Fact]
    public void What_is_inside_a_block_is_not_held_between_the_passes_nor_after_its_gradient()
    {
        using var scope = NewDisposeScope();
        using var network = Create("kalman", ScalarType.Float32, Activation.Relu, Recompute.Blocks);
        var before = BlockTape.GivenUp;
        var loss = network.call(Input()).sum();
        var inside = network.Blocks.SelectMany(block => block.Between).ToArray();
        Assert.All(inside, value => Assert.Equal(0, TensorMemory.Instance!.BytesOf(value)));
        foreach (var value in inside)
            value.Dispose();

        // The graph lives on, as the loss does. What the first block gave back comes with the next gradient that is asked for.
        var size = 5 * 4 * 6 * 6 * sizeof(float);
        Assert.Equal(2 * Values * size, BlockTape.GivenUp - before);
        loss.backward();
        Assert.InRange(BlockTape.GivenUp - before, (4 * Values - 1) * size, 4 * Values * size);
    }

    [Fact]
    public void A_second_backward_pass_computes_it_once_more()
    {
        AreEqual(Twice(false), Twice(Recompute.Blocks), "twice");

        Dictionary<string, Tensor> Twice(Recompute recompute)
        {
            using var network = Create("kalman", ScalarType.Float64, Activation.Relu, recompute);
            var x = Input(ScalarType.Float64);
            var loss = network.call(x).square().sum();
            loss.backward(retain_graph: true);
            loss.backward(retain_graph: true);
            loss.backward();
            return Found(network, loss, x);
        }
    }

    [Fact]
    public void Gradients_can_be_differentiated()
    {
        AreEqual(Penalty(false), Penalty(Recompute.Blocks), "penalty");

        static Dictionary<string, Tensor> Penalty(Recompute recompute)
        {
            using var network = Create("batch", ScalarType.Float64, Activation.Silu, recompute);
            var x = Input(ScalarType.Float64);
            var loss = network.call(x).square().sum();
            var first = autograd.grad([loss], [x, network.Blocks[0].conv2.weight!], retain_graph: true, create_graph: true);
            (loss + first.Aggregate(tensor(0.0, float64), (sum, gradient) => sum + gradient.square().sum())).backward();
            return Found(network, loss, x);
        }
    }

    [Fact]
    public void Gradients_can_be_asked_for_one_by_one()
    {
        AreEqual(Some(false), Some(Recompute.Blocks), "some");

        static Dictionary<string, Tensor> Some(Recompute recompute)
        {
            using var network = Create("kalman", ScalarType.Float32, Activation.Relu, recompute);
            var loss = network.call(Input()).square().sum();
            return new()
            {
                ["first"] = autograd.grad([loss], [network.Blocks[1].bn1.get_parameter("weight")!], retain_graph: true)[0],
                ["second"] = autograd.grad([loss], [network.Blocks[0].conv1.weight!])[0],
            };
        }
    }

    [Fact]
    public void Several_passes_before_their_backward_passes_do_not_mix()
    {
        AreEqual(Both(false), Both(Recompute.Blocks), "both");

        static Dictionary<string, Tensor> Both(Recompute recompute)
        {
            using var network = Create("kalman", ScalarType.Float32, Activation.Relu, recompute, dropout: 0.3);
            var x = Input();
            var y = (Input() * 0.5 + 1).detach().requires_grad_();
            var (first, second) = (network.call(x).square().sum(), network.call(y).square().sum());
            first.backward();
            var between = rand(3);
            second.backward();
            var found = Found(network, first + second, x);
            found["y"] = y.grad!;
            found["random"] = between;
            return found;
        }
    }

    [Fact]
    public void A_block_that_is_called_twice_has_both_gradients()
    {
        AreEqual(Shared(false), Shared(Recompute.Blocks), "shared");

        static Dictionary<string, Tensor> Shared(Recompute recompute)
        {
            using var network = Create("kalman", ScalarType.Float32, Activation.Relu, recompute);
            network.Repeats = 2;
            return Pass(network, ScalarType.Float32);
        }
    }

    [Fact]
    public void Modes_are_those_of_the_forward_pass()
    {
        AreEqual(Switched(false), Switched(Recompute.Blocks), "switched");

        static Dictionary<string, Tensor> Switched(Recompute recompute)
        {
            using var network = Create("batch", ScalarType.Float32, Activation.Relu, recompute, dropout: 0.2);
            network.Blocks[1].bn1.eval();
            var x = Input();
            var loss = network.call(x).square().sum();
            network.eval();
            loss.backward();
            Assert.All(network.modules(), module => Assert.False(module.training));
            return Found(network, loss, x);
        }
    }

    [Fact]
    public void Frozen_parts_stay_what_they_are()
    {
        foreach (var frozen in new[] { "stem", "conv1", "bn1", "conv2", "bn2" })
        {
            var before = BlockTape.GivenUp;
            AreEqual(Train(frozen, false), Train(frozen, Recompute.Blocks), frozen);
            Assert.True(BlockTape.GivenUp > before, frozen);
        }

        static Dictionary<string, Tensor> Train(string frozen, Recompute recompute)
        {
            using var network = Create("kalman", ScalarType.Float32, Activation.Relu, recompute);
            var modules = network.named_modules()
                .Where(module => module.name.Split('.')[^1].Contains($"<{frozen}>", StringComparison.Ordinal)).ToArray();
            Assert.NotEmpty(modules);
            foreach (var (_, module) in modules)
            {
                module.eval();
                foreach (var parameter in module.parameters())
                    parameter.requires_grad_(false);
            }

            return Pass(network, ScalarType.Float32);
        }
    }

    [Fact]
    public void A_statistic_of_one_sample_is_filtered_once()
    {
        // Its prior is the layer's own past where a chain begins, which the pass itself changes.
        AreEqual(Train(false), Train(Recompute.Blocks), "one sample");

        static Dictionary<string, Tensor> Train(Recompute recompute)
        {
            manual_seed(1);
            using var network = new Chain(NormPolicy.Kalman(microbatch: 1), ScalarType.Float32, Activation.Relu, recompute, 0);
            return Pass(network, ScalarType.Float32);
        }
    }

    [Theory]
    [InlineData("conv1")]
    [InlineData("bn1")]
    [InlineData("bn2")]
    [InlineData("inner")]
    public void A_block_with_a_hook_inside_is_kept(string name)
    {
        using var scope = NewDisposeScope();
        using var network = Create("kalman", ScalarType.Float32, Activation.Relu, Recompute.Blocks);
        Tensor? seen = null, copy = null;
        foreach (var block in network.Blocks)
        {
            var module = (nn.Module<Tensor, Tensor>)typeof(Block).GetProperty(name)!.GetValue(block)!;
            module.register_forward_hook((_, _, output) =>
            {
                seen = output.alias().DetachFromDisposeScope();
                copy = output.detach().clone().DetachFromDisposeScope();
                return output;
            });
        }

        var found = Pass(network, ScalarType.Float32);
        Assert.True(seen!.equal(copy!).all().item<bool>());
        Assert.All(network.Blocks.SelectMany(block => block.Between), value => Assert.NotEqual(0, TensorMemory.Instance!.BytesOf(value)));
        AreEqual(Pass(Create("kalman", ScalarType.Float32, Activation.Relu, false), ScalarType.Float32), found, name);
    }

    [Fact]
    public void A_block_with_a_policy_of_somebody_elses_is_kept()
    {
        var before = BlockTape.GivenUp;
        var calls = new List<int>();
        AreEqual(Train(false), Train(Recompute.Blocks), "own policy");
        Assert.Equal([5, 5], calls);
        Assert.Equal(before, BlockTape.GivenUp);

        Dictionary<string, Tensor> Train(Recompute recompute)
        {
            manual_seed(1);
            calls.Add(0);
            var policy = new OwnPolicy(NormPolicy.Kalman(), () => calls[^1]++);
            using var network = new Chain(policy, ScalarType.Float32, Activation.Relu, recompute, 0);
            return Pass(network, ScalarType.Float32);
        }
    }

    [Fact]
    public void A_hook_on_the_block_sees_its_output_once()
    {
        using var network = Create("kalman", ScalarType.Float32, Activation.Relu, Recompute.Blocks);
        var calls = 0;
        foreach (var block in network.Blocks)
        {
            block.register_forward_hook((_, _, output) =>
            {
                calls++;
                return output * 2;
            });
        }

        var before = BlockTape.GivenUp;
        Pass(network, ScalarType.Float32);
        Assert.True(BlockTape.GivenUp > before);
        Assert.Equal(2, calls);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Weights_that_change_between_the_passes_are_an_error(bool replaced)
    {
        using var scope = NewDisposeScope();
        using var network = Create("kalman", ScalarType.Float32, Activation.Relu, Recompute.Blocks);
        // With a stem that has no gradient nothing but the block looks at this weight.
        foreach (var parameter in network.stem.parameters().Concat(network.bn.parameters()))
            parameter.requires_grad_(false);
        var loss = network.call(Input().detach()).square().sum();
        using (no_grad())
        {
            if (replaced)
                network.Blocks[0].conv1.weight = new Parameter(network.Blocks[0].conv1.weight! * 2);
            else
                network.Blocks[0].conv1.weight!.mul_(2);
        }

        Assert.ThrowsAny<Exception>(() => loss.backward());
        Assert.Null(BlockTape.Current);
    }

    /// <summary>The block would run again with other averages; without it, the graph of torch has them.</summary>
    [Theory]
    [InlineData("kalman", true)]
    [InlineData("batch", true)]
    [InlineData("renorm", true)]
    [InlineData("instancekalman", true)]
    [InlineData("instancekalman", false)]
    [InlineData("kalman", false)]
    [InlineData("batch", false)]
    public void Averages_that_change_between_the_passes_are_an_error(string policy, bool recompute)
    {
        using var scope = NewDisposeScope();
        using var network = Create(policy, ScalarType.Float32, Activation.Relu, recompute ? Recompute.Blocks : false);
        network.call(Input());
        network.eval();
        var loss = network.call(Input()).square().sum();
        network.train();
        network.call(Input());
        Assert.ThrowsAny<Exception>(() => loss.backward());
        Assert.Null(BlockTape.Current);
    }

    [Fact]
    public void A_pass_without_gradients_gives_nothing_up()
    {
        using var scope = NewDisposeScope();
        using var network = Create("kalman", ScalarType.Float32, Activation.Relu, Recompute.Blocks);
        var before = BlockTape.GivenUp;
        using (no_grad())
            Assert.True(network.call(Input()).isfinite().all().item<bool>());
        foreach (var parameter in network.parameters())
            parameter.requires_grad_(false);
        Assert.True(network.call(Input().detach()).isfinite().all().item<bool>());
        Assert.Equal(before, BlockTape.GivenUp);
    }

    [Fact]
    public void A_pass_that_fails_leaves_nothing_behind()
    {
        using var scope = NewDisposeScope();
        using var network = Create("kalman", ScalarType.Float32, Activation.Relu, Recompute.Blocks);
        using (no_grad())
            network.Blocks[0].conv2.weight!.fill_(float.NaN);
        Assert.Throws<NotFiniteNumberException>(() => network.call(Input()));
        Assert.Null(BlockTape.Current);
    }

    [Fact]
    public void A_large_block_is_kept_and_what_it_calls_is_not()
    {
        using var scope = NewDisposeScope();
        using var network = new Large();
        var before = BlockTape.GivenUp;
        var x = Input();
        var y = network.call(x);
        Assert.All(network.Inside.SelectMany(block => block.Between), value => Assert.Equal(0, TensorMemory.Instance!.BytesOf(value)));
        Assert.All(network.Inside.Skip(1), block => Assert.NotEqual(0, TensorMemory.Instance!.BytesOf(block.Given!)));
        Assert.True(BlockTape.GivenUp > before);
        y.sum().backward();
        Assert.True(x.grad!.isfinite().all().item<bool>());
    }

    [Fact]
    public void The_backward_pass_may_run_in_another_thread()
    {
        AreEqual(Pass(Create("kalman", ScalarType.Float32, Activation.Relu, false), ScalarType.Float32), Elsewhere(), "thread");

        static Dictionary<string, Tensor> Elsewhere()
        {
            using var network = Create("kalman", ScalarType.Float32, Activation.Relu, Recompute.Blocks);
            manual_seed(2);
            var x = Input();
            var y = network.call(x);
            var loss = y.square().sum();
            var threads = get_num_threads();
            var thread = new Thread(() =>
            {
                set_num_threads(threads);
                loss.backward();
            });
            thread.Start();
            thread.Join();
            return Found(network, y, x);
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Nothing_stays_behind(bool backward)
    {
        using var network = Create("kalman", ScalarType.Float32, Activation.Relu, Recompute.Blocks, dropout: 0.1);
        Step();
        var before = Count();
        for (var i = 0; i < 5; i++)
            Step();
        Assert.Equal(before, Count());

        void Step()
        {
            using var scope = NewDisposeScope();
            var loss = network.call(Input()).sum();
            foreach (var value in network.Blocks.SelectMany(block => block.Between))
                value.Dispose();
            network.Blocks[0].Given!.Dispose();
            network.Blocks[1].Given!.Dispose();
            if (backward)
                loss.backward();
        }

        static long Count()
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
            return Tensor.TotalCount;
        }
    }

    private static Tensor Input(ScalarType type = ScalarType.Float32) => (randn([5, 4, 6, 6], type) * 2 + 0.5).requires_grad_();

    private static Chain Create(string policy, ScalarType type, Activation activation, Recompute recompute, double dropout = 0)
    {
        manual_seed(1);
        return new(EveryPolicy.Of(policy), type, activation, recompute, dropout);
    }

    private static Dictionary<string, Tensor> Pass(Chain network, ScalarType type)
    {
        manual_seed(2);
        var x = Input(type);
        var y = network.call(x);
        y.square().sum().backward();
        return Found(network, y, x);
    }

    private static Dictionary<string, Tensor> Found(Chain network, Tensor output, Tensor x)
    {
        var found = new Dictionary<string, Tensor> { ["output"] = output.detach(), ["x"] = x.grad!, ["random"] = rand(3) };
        foreach (var (name, parameter) in network.named_parameters().Where(entry => entry.parameter.grad is not null))
            found[name] = parameter.grad!.clone();
        foreach (var (name, buffer) in network.named_buffers())
            found[name] = buffer.clone();
        return found;
    }

    private static void AreEqual(Dictionary<string, Tensor> expected, Dictionary<string, Tensor> found, string what)
    {
        Assert.Equal(expected.Keys, found.Keys);
        foreach (var (name, value) in expected)
            Assert.True(value.equal(found[name]).all().item<bool>(), $"{name}, {what}");
    }

    /// <summary>
    /// A block of five layers with weights, as the generator writes it: conv, norm, activation, a block, dropout, conv, norm, + x, relu.
    /// </summary>
    private sealed class Block : nn.Module<Tensor, Tensor>
    {
        private readonly Activation _activation;
        private readonly Recompute _recompute;

        public Block(NormPolicy policy, ScalarType type, Activation activation, Recompute recompute, double p)
            : base(nameof(Block))
        {
            (_activation, _recompute) = (activation, recompute);
            conv1 = nn.Conv2d(4, 4, 3, padding: 1, dtype: type);
            bn1 = policy.Create(4, dtype: type);
            dropout = nn.Dropout(p);
            conv2 = nn.Conv2d(4, 4, 3, padding: 1, dtype: type);
            bn2 = policy.Create(4, dtype: type);
            inner = new Inner(type, recompute);
            RegisterComponents();
        }

        public Conv2d conv1 { get; }

        public NormLayer bn1 { get; }

        public Dropout dropout { get; }

        public Conv2d conv2 { get; }

        public NormLayer bn2 { get; }

        public Inner inner { get; }

        /// <summary>Views of some values of the last pass.</summary>
        public List<Tensor> Between { get; } = [];

        /// <summary>A view of its last input.</summary>
        public Tensor? Given { get; private set; }

        public override Tensor forward(Tensor x)
        {
            using var scope = NewDisposeScope();
            return scope.MoveToOuter(forward(x, null).output);
        }

        public (Tensor output, ChannelState? state) call(Tensor x, ChannelState? xState)
        {
            if (!Hooks.Any(this))
                return forward(x, xState);
            var hooked = Hooks.Before(this, x);
            var made = forward(hooked, Hooks.StateOf(hooked, x, xState));
            var result = Hooks.After(this, hooked, made.output);
            return (Handles.Own(result, x), Hooks.StateOf(result, made.output, made.state));
        }

        private (Tensor output, ChannelState? state) forward(Tensor x, ChannelState? xState)
        {
            using var scope = NewDisposeScope();
            using var pass = _recompute.Begin(this, [x], again => forward(again[0]));
            (var t1, var t1State) = conv1.call(x, xState);
            (var t2, var t2State, _) = bn1.call(t1, t1State, new(_activation));
            if (BlockTape.Current?.IsReplaying != true)
            {
                Given = x.detach().DetachFromDisposeScope();
                Between.Clear();
                Between.AddRange([t1.detach().DetachFromDisposeScope(), t2.detach().DetachFromDisposeScope()]);
            }

            scope.Free(t1);
            t2State = _activation == Activation.Relu ? t2State?.Pass(new ReluRule(), t2) : null;
            var t3 = inner.call(t2);
            scope.Free(t2);
            var t4 = Handles.Own(dropout.call(t3), t3);
            scope.Free(t3);
            (var t5, var t5State) = conv2.call(t4, null);
            scope.Free(t4);
            (var t6, _, _) = bn2.call(t5, t5State, new(Activation.Relu, x));
            scope.Free(t5);
            return (scope.MoveToOuter(pass.Finish(t6)), null);
        }
    }

    /// <summary>A policy whose layers do something of their own in each pass.</summary>
    private sealed record OwnPolicy(NormPolicy Inner, Action Called) : NormPolicy
    {
        protected override string Name => "own";

        public override NormLayer Create(long channels, Device? device = null, ScalarType? dtype = null) =>
            new OwnLayer(Inner.Create(channels, device, dtype), Called);

        public override NormPolicy With(double? eps = null, double? momentum = null) => this with { Inner = Inner.With(eps, momentum) };

        protected override IEnumerable<string> Settings() => [];

        private sealed class OwnLayer : NormLayer
        {
            private readonly NormLayer inner;
            private readonly Action _called;

            public OwnLayer(NormLayer inner, Action called)
                : base(nameof(OwnLayer), inner.num_features)
            {
                (this.inner, _called) = (inner, called);
                RegisterComponents();
            }

            public override (Tensor output, ChannelState? emitted, ChannelState? posterior) forward(Tensor input, ChannelState? prior)
            {
                _called();
                using var scope = NewDisposeScope();
                return (scope.MoveToOuter(inner.call(input) * 2), null, null);
            }
        }
    }

    /// <summary>A block inside another.</summary>
    private sealed class Inner : nn.Module<Tensor, Tensor>
    {
        private readonly Recompute _recompute;

        public Inner(ScalarType type, Recompute recompute)
            : base(nameof(Inner))
        {
            _recompute = recompute;
            conv = nn.Conv2d(4, 4, 1, dtype: type);
            RegisterComponents();
        }

        public Conv2d conv { get; }

        public override Tensor forward(Tensor x)
        {
            using var scope = NewDisposeScope();
            using var pass = _recompute.Begin(this, [x], again => forward(again[0]));
            var t1 = Handles.Own(conv.call(x), x);
            var t2 = t1.sigmoid();
            scope.Free(t1);
            var output = t2 * x;
            scope.Free(t2);
            return scope.MoveToOuter(pass.Finish(output));
        }
    }

    /// <summary>conv -> norm -> relu -> two blocks.</summary>
    private sealed class Chain : nn.Module<Tensor, Tensor>
    {
        public Chain(NormPolicy policy, ScalarType type, Activation activation, Recompute recompute, double dropout)
            : base(nameof(Chain))
        {
            stem = nn.Conv2d(4, 4, 3, padding: 1, dtype: type);
            bn = policy.Create(4, dtype: type);
            block1 = new Block(policy, type, activation, recompute, dropout);
            block2 = new Block(policy, type, activation, recompute, dropout);
            RegisterComponents();
        }

        public Conv2d stem { get; }

        public NormLayer bn { get; }

        public Block block1 { get; }

        public Block block2 { get; }

        public Block[] Blocks => [block1, block2];

        /// <summary>How often each block is called.</summary>
        public int Repeats { get; set; } = 1;

        public override Tensor forward(Tensor x)
        {
            using var scope = NewDisposeScope();
            var t1 = stem.call(x);
            (var y, var state, _) = bn.call(t1, null, new(Activation.Relu));
            state = state?.Pass(new ReluRule(), y);
            foreach (var block in Blocks)
            {
                for (var i = 0; i < Repeats; i++)
                {
                    var before = y;
                    (y, state) = block.call(before, state);
                    scope.Free(before);
                }
            }

            return scope.MoveToOuter(y);
        }
    }

    /// <summary>A block with three others, of more layers together than are computed again at once.</summary>
    private sealed class Large : nn.Module<Tensor, Tensor>
    {
        private readonly Recompute _recompute = Recompute.Blocks;

        public Large()
            : base(nameof(Large))
        {
            blocks = nn.ModuleList(Enumerable.Range(0, 5).Select(_ =>
                new Block(NormPolicy.Batch(), ScalarType.Float32, Activation.Relu, Recompute.Blocks, 0)).ToArray());
            RegisterComponents();
        }

        public ModuleList<Block> blocks { get; }

        public IEnumerable<Block> Inside => blocks;

        public override Tensor forward(Tensor x)
        {
            using var scope = NewDisposeScope();
            using var pass = _recompute.Begin(this, [x], again => forward(again[0]));
            var y = x.alias();
            foreach (var block in blocks)
            {
                var before = y;
                y = block.call(before);
                scope.Free(before);
            }

            return scope.MoveToOuter(pass.Finish(y));
        }
    }
}
