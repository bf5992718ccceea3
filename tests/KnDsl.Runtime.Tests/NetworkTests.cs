using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace KnDsl.Runtime.Tests;

/// <summary>What a user does with a network of these layers: train, save, load, move, and train for long.</summary>
public sealed class NetworkTests : TorchTest
{
    public static TheoryData<string> All => [.. Policies.Keys];

    private static readonly Dictionary<string, NormPolicy> Policies = new()
    {
        ["kalman"] = NormPolicy.Kalman(microbatch: 2),
        ["sampled"] = NormPolicy.Kalman(gain: 0.1, microbatch: 2, transition: Transition.Sampled),
        ["batch"] = NormPolicy.Batch(microbatch: 2),
        ["group"] = NormPolicy.Group(2),
        ["none"] = NormPolicy.None(),
        ["layer"] = NormPolicy.Layer(),
        ["instance"] = NormPolicy.Instance(),
        ["renorm"] = NormPolicy.Renorm(warmUp: 5, rSteps: 20, dSteps: 20, microbatch: 2, momentum: 0.1),
        ["groupkalman"] = NormPolicy.GroupKalman(2),
        ["layerkalman"] = NormPolicy.LayerKalman(),
        ["instancekalman"] = NormPolicy.InstanceKalman(),
        ["learned"] = NormPolicy.Kalman(Gain.Learned(), microbatch: 2, transition: Transition.Learned),
        ["adaptive"] = NormPolicy.Kalman(Gain.Adaptive(perChannel: true), microbatch: 2),
    };

    [Theory]
    [MemberData(nameof(All))]
    public void Learns(string policy)
    {
        using var net = new ChainNetwork(Policies[policy]);
        using var optimizer = optim.SGD(net.parameters(), 0.05, momentum: 0.9);
        var (x, target) = (randn(9, 1, 8, 8), randint(3, [9], dtype: ScalarType.Int64));
        double first = 0, last = 0;
        for (var step = 0; step < 60; step++)
        {
            optimizer.zero_grad();
            var loss = nn.functional.cross_entropy(net.call(x), target);
            loss.backward();
            optimizer.step();
            last = loss.item<float>();
            if (step == 0)
                first = last;
        }

        Assert.True(last < first / 2, $"loss went from {first} to {last}");
    }

    [Theory]
    [InlineData(7, 2, 3, 1)]
    [InlineData(-7, 2, -4, 1)]
    [InlineData(7, -2, -4, -1)]
    [InlineData(-7, -2, 3, -1)]
    [InlineData(-6, 2, -3, 0)]
    public void QuotientsAreRoundedDown(int dividend, int divisor, int quotient, double rest)
    {
        Assert.Equal(quotient, Sizes.FloorDivide(dividend, divisor));
        Assert.Equal(rest, Sizes.Remainder(dividend, divisor));
    }

    [Theory]
    [InlineData(1, 5, 5)]
    [InlineData(5, 1, 5)]
    [InlineData(5, 5, 5)]
    [InlineData(4, 5, null)]
    public void ASizeOf1IsRepeated(int left, int right, int? size)
    {
        var problem = Record.Exception(() => Sizes.RequireRepeatable(left, right, "KN0203", "They differ."));
        Assert.Equal(size is null, problem is ArgumentException);
        Assert.Equal(size ?? 5, Sizes.Largest(left, right));
    }

    [Fact]
    public void HasTheNamesOfBatchNorm()
    {
        using var batch = nn.BatchNorm2d(8);
        using var layer = NormPolicy.Kalman().Create(8);
        Assert.Equal(batch.state_dict().Select(Description), layer.state_dict().Select(Description));
        Assert.Equal(batch.named_parameters().Select(p => p.name), layer.named_parameters().Select(p => p.name));

        using var group = NormPolicy.Group(4).Create(8);
        Assert.Equal(["weight", "bias"], group.state_dict().Keys);
        using var none = NormPolicy.None().Create(8);
        Assert.Empty(none.state_dict());

        static string Description(KeyValuePair<string, Tensor> entry) =>
            $"{entry.Key} {entry.Value.dtype} [{string.Join(",", entry.Value.shape)}]";
    }

    [Theory]
    [InlineData("kalman")]
    [InlineData("group")]
    public void SavesAndLoads(string policy)
    {
        using var net = new ChainNetwork(Policies[policy]);
        for (var step = 0; step < 3; step++)
            net.call(randn(8, 1, 8, 8) + 1).Dispose();
        var file = Path.GetTempFileName();
        try
        {
            net.save(file);
            using var other = new ChainNetwork(Policies[policy]);
            other.load(file);
            net.eval();
            other.eval();
            var x = randn(8, 1, 8, 8);
            Close(net.call(x), other.call(x), 0);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public void LoadsACheckpointOfBatchNorm()
    {
        using var batch = nn.BatchNorm2d(4);
        for (var step = 0; step < 3; step++)
            batch.call(randn(8, 4, 3, 3) + 1).Dispose();
        using var layer = NormPolicy.Kalman().Create(4);
        layer.load_state_dict(batch.state_dict());
        batch.eval();
        layer.eval();
        var x = randn(8, 4, 3, 3);
        Close(batch.call(x), layer.call(x), 1e-6);
        Assert.Equal(3, ((RunningNormLayer)layer).num_batches_tracked.item<long>());
    }

    [Theory]
    [MemberData(nameof(All))]
    public void MovesToAnotherType(string policy)
    {
        using var net = new ChainNetwork(Policies[policy]);
        net.to(ScalarType.Float64);
        Assert.All(net.parameters(), parameter => Assert.Equal(ScalarType.Float64, parameter.dtype));
        var loss = net.call(Random(8, 1, 8, 8)).sum();
        loss.backward();
        Assert.Equal(ScalarType.Float64, loss.dtype);
        Assert.All(Trained(net), parameter => Assert.Equal(ScalarType.Float64, parameter.grad!.dtype));
        net.to(ScalarType.Float32);
        net.eval();
        Assert.Equal(ScalarType.Float32, net.call(randn(8, 1, 8, 8)).dtype);
    }

    [Theory]
    [MemberData(nameof(All))]
    public void CreatesNothingOnAnotherDevice(string policy)
    {
        var before = get_default_device();
        set_default_device(META);
        try
        {
            using var net = new ChainNetwork(Policies[policy], CPU);
            var x = randn([9, 1, 8, 8], device: CPU);
            Run();
            net.eval();
            Run();

            void Run()
            {
                var y = net.call(x);
                Assert.Equal(DeviceType.CPU, y.device_type);
                y.sum().backward();
                Assert.True(y.isfinite().all().item<bool>());
                Assert.All(Trained(net), parameter => Assert.Equal(DeviceType.CPU, parameter.grad!.device_type));
            }
        }
        finally
        {
            set_default_device(before);
        }
    }

    /// <summary>All parameters but those of a learned prior in the layer where the chain begins and there is none.</summary>
    private static IEnumerable<TorchSharp.Modules.Parameter> Trained(nn.Module net)
    {
        var withoutPrior = net.named_parameters()
            .Where(entry => entry.name.StartsWith("bn0.", StringComparison.Ordinal) &&
                !entry.name.EndsWith("weight", StringComparison.Ordinal) && !entry.name.EndsWith("bias", StringComparison.Ordinal))
            .Select(entry => entry.name).ToHashSet();
        Assert.All(net.named_parameters(), entry => Assert.Equal(withoutPrior.Contains(entry.name), entry.parameter.grad is null));
        return net.parameters().Where(parameter => parameter.grad is not null);
    }

    [Fact]
    public void IsBuiltInsideADisposeScopeAndOutlivesIt()
    {
        NormLayer layer;
        using (NewDisposeScope())
            layer = NormPolicy.Kalman().Create(3);
        Assert.Equal([4L, 3L, 2L, 2L], layer.call(randn(4, 3, 2, 2)).shape);
        layer.Dispose();
    }

    /// <summary>Nodes that hold each other are freed one after the other.</summary>
    [Fact]
    public void ADeepGraphIsFreedOnASmallStack()
    {
        var isDone = false;
        var thread = new System.Threading.Thread(() =>
        {
            using var scope = NewDisposeScope();
            using var layer = NormPolicy.Batch().Create(2);
            var x = randn(2, 2, 1, 1);
            for (var i = 0; i < 3_000; i++)
                x = layer.call(x);
            x.sum().backward();
            isDone = true;
        }, 256 * 1024);
        thread.Start();
        thread.Join();
        Assert.True(isDone);
    }

    [Theory]
    [InlineData("kalman", true)]
    [InlineData("kalman", false)]
    [InlineData("sampled", true)]
    public void TrainingLeavesNoTensorBehind(string policy, bool scoped)
    {
        using var net = new ChainNetwork(Policies[policy]);
        using var optimizer = optim.SGD(net.parameters(), 0.01);
        var x = randn(5, 1, 8, 8);
        Steps(5);
        GC.Collect();
        GC.WaitForPendingFinalizers();
        var before = Tensor.TotalCount;
        Steps(300);
        Assert.Equal(before, Tensor.TotalCount);

        void Steps(int count)
        {
            for (var step = 0; step < count; step++)
            {
                using (NewDisposeScope())
                    optimizer.zero_grad();
                if (scoped)
                {
                    using var scope = NewDisposeScope();
                    net.call(x).square().mean().backward();
                }
                else
                {
                    // Without a scope around it, a step that frees its own two tensors must leave none either.
                    using var output = net.call(x);
                    using var squares = output.square();
                    using var loss = squares.mean();
                    loss.backward();
                }

                using (NewDisposeScope())
                    optimizer.step();
            }
        }
    }
}
