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
        Assert.StartsWith(
            "Only names of normalization layers differ: the file is of a network with another policy.", Assert.Single(report.Hints));

        report = network.load_weights(Checkpoint, strict: false);
        Assert.Equal(["conv1.weight", "bn1.weight", "bn1.bias", "fc.weight", "fc.bias"], report.Matched);
        Assert.Equal([5 / 64f, 6 / 64f], network.fc.bias!.data<float>().ToArray());
    }

    /// <summary>The plain policy's weights are all that a Kalman policy needs; its own are more than the plain one has.</summary>
    [Theory]
    [InlineData("group")]
    [InlineData("layer")]
    [InlineData("instance")]
    public void WeightsOfThePlainPolicyAreThoseOfItsKalmanPolicy(string name)
    {
        var (plain, kalman) = name switch
        {
            "group" => (NormPolicy.Group(2), NormPolicy.GroupKalman(2)),
            "layer" => (NormPolicy.Layer(), NormPolicy.LayerKalman()),
            _ => (NormPolicy.Instance(), NormPolicy.InstanceKalman()),
        };
        using var folder = new TemporaryFolder();
        using var reference = new NormNetwork(plain);
        reference.save_weights(folder.Named("plain.safetensors"));
        using var network = new NormNetwork(kalman);
        var report = network.load_weights(folder.Named("plain.safetensors"));
        Assert.True(report.IsComplete);
        Assert.Equal(["bn1.prior_mean", "bn1.prior_var", "bn1.priors_tracked"], report.Tolerated.Order(StringComparer.Ordinal));
        reference.eval();
        network.eval();
        var image = rand(2, 3, 8, 8, generator: new Generator(1));
        Assert.True(network.call(image).allclose(reference.call(image), rtol: 1e-5, atol: 1e-6));

        network.save_weights(folder.Named("kalman.safetensors"));
        Assert.Equal(["bn1.prior_mean", "bn1.prior_var", "bn1.priors_tracked"], Assert.Throws<WeightsException>(
            () => reference.load_weights(folder.Named("kalman.safetensors"))).Report!.Unexpected.Order(StringComparer.Ordinal));
    }

    /// <summary>The running averages of BatchNorm are no prior of the chain: they are not taken for one.</summary>
    [Fact]
    public void RunningAveragesOfBatchNormAreNoPriors()
    {
        using var network = new NormNetwork(NormPolicy.InstanceKalman());
        var report = Assert.Throws<WeightsException>(() => network.load_weights(Checkpoint)).Report!;
        Assert.Equal(["bn1.num_batches_tracked", "bn1.running_mean", "bn1.running_var"], report.Unexpected.Order());
        network.load_weights(Checkpoint, strict: false);
        Assert.Equal(0, network.bn1.state_dict()["priors_tracked"].item<long>());
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
