using System;
using System.Linq;
using TorchSharp;
using TorchSharp.Modules;
using Xunit;
using static TorchSharp.torch;

namespace KnDsl.Weights.Tests;

/// <summary>A checkpoint of a network with BatchNorm in networks of every policy.</summary>
public sealed class PolicyTests : IDisposable
{
    private static readonly string Checkpoint = TemporaryFolder.Data("network.safetensors");

    private readonly DisposeScope scope = NewDisposeScope();

    public void Dispose() => scope.Dispose();

    public static TheoryData<string> WithBatchNormsNames => ["kalman", "batch"];

    [Theory]
    [MemberData(nameof(WithBatchNormsNames))]
    public void InfersAsBatchNormDoes(string policy)
    {
        using var reference = new Network();
        using var network = new NormNetwork(policy == "kalman" ? NormPolicy.Kalman() : NormPolicy.Batch());
        var order = reference.load_weights(Checkpoint).Matched;
        var report = network.load_weights(Checkpoint);
        reference.eval();
        network.eval();

        Assert.Equal(order, report.Matched);
        Assert.Equal(1234, network.bn1.state_dict()["num_batches_tracked"].item<long>());
        var image = rand(2, 3, 8, 8, generator: new Generator(1));
        var (expected, found) = (reference.call(image), network.call(image));
        Assert.True(found.allclose(expected, rtol: 1e-5, atol: 1e-6));
        Assert.True(expected.std().item<float>() > 1e-3);
    }

    [Fact]
    public void TellsThatGroupNormHasNoRunningAverages()
    {
        using var network = new NormNetwork(NormPolicy.Group(2));
        var report = Assert.Throws<WeightsException>(() => network.load_weights(Checkpoint)).Report!;
        Assert.Equal(["bn1.num_batches_tracked", "bn1.running_mean", "bn1.running_var"], report.Unexpected.Order());
        Assert.Empty(report.Missing);

        report = network.load_weights(Checkpoint, strict: false);
        Assert.Equal(["conv1.weight", "bn1.weight", "bn1.bias", "fc.weight", "fc.bias"], report.Matched);
        Assert.Equal([5 / 64f, 6 / 64f], network.fc.bias!.data<float>().ToArray());
    }

    private sealed class NormNetwork : nn.Module<Tensor, Tensor>
    {
        internal readonly Conv2d conv1;
        internal readonly NormLayer bn1;
        internal readonly Linear fc;

        internal NormNetwork(NormPolicy policy)
            : base(nameof(NormNetwork))
        {
            conv1 = nn.Conv2d(3, 4, 3, bias: false);
            bn1 = policy.Create(4);
            fc = nn.Linear(4, 2);
            RegisterComponents();
        }

        public override Tensor forward(Tensor x)
        {
            using var scope = NewDisposeScope();
            return scope.MoveToOuter(fc.call(bn1.call(conv1.call(x)).mean([2, 3])));
        }
    }
}
