using System;
using System.IO;
using System.Linq;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace KnDsl.Generator.Tests;

/// <summary>fold() leaves the outputs what they were, saves and loads, and changes all of a network or nothing.</summary>
public sealed class FoldTests : TorchTest
{
    public static TheoryData<string> Cases => [.. GeneratedCase.Names];

    private static readonly (string Name, NormPolicy Policy)[] Policies =
    [
        ("kalman", NormPolicy.Kalman()), ("kalman, learned", NormPolicy.Kalman(Gain.Learned(), 2, Transition.Learned)),
        ("batch", NormPolicy.Batch()), ("renorm", NormPolicy.Renorm(warmUp: 1)), ("group", NormPolicy.Group(1)),
    ];

    private static void Fold(nn.Module network)
    {
        try
        {
            network.GetType().GetMethod("fold")!.Invoke(network, null);
        }
        catch (System.Reflection.TargetInvocationException exception)
        {
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(exception.InnerException!);
        }
    }

    /// <summary>A network in evaluation mode whose running averages, scales and shifts are those of no other.</summary>
    private static nn.Module Trained(GeneratedCase @case, NormPolicy policy)
    {
        var network = @case.CreateNetwork(policy);
        network.train();
        using (no_grad())
        {
            foreach (var (name, parameter) in network.named_parameters().Where(entry => entry.parameter.dim() == 1))
                parameter.add_(randn_like(parameter) * 0.3);
            for (var step = 0; step < 3; step++)
                GeneratedCase.Run(network, [.. @case.Inputs().Select(input => input + 0.5)]);
        }
        network.eval();
        return network;
    }

    private static string[] Norms(nn.Module network, bool folded) =>
        [.. network.named_modules().Where(entry => entry.module is RunningNormLayer norm && norm.folded == folded)
            .Select(entry => entry.name)];

    [Theory]
    [MemberData(nameof(Cases))]
    public void KeepsTheOutputsUnderEveryPolicy(string name)
    {
        var @case = GeneratedCase.Of(name);
        foreach (var (what, policy) in Policies)
        {
            using var scope = NewDisposeScope();
            using var _ = no_grad();
            using var network = Trained(@case, policy);
            var inputs = @case.Inputs();
            var expected = GeneratedCase.Run(network, inputs);
            Fold(network);
            Same(expected, GeneratedCase.Run(network, inputs), $"{name}, {what}");
            Fold(network);
            Same(expected, GeneratedCase.Run(network, inputs), $"{name}, {what}, folded again");

            foreach (var norm in Norms(network, folded: true))
                Assert.DoesNotContain(network.state_dict().Keys, key => key.StartsWith(norm + ".", StringComparison.Ordinal));
            network.to(ScalarType.Float64);
            Same(expected, GeneratedCase.Run(network, [.. inputs.Select(input => input.to(ScalarType.Float64))]), $"{name}, {what}, moved");
        }
    }

    private static void Same(Tensor[] expected, Tensor[] actual, string what)
    {
        foreach (var (a, b) in expected.Zip(actual))
            Close(a, b, 1e-5, what);
    }

    /// <summary>The case's norms that must stay have 'kept' in their names; all others go.</summary>
    [Theory]
    [InlineData(true, true)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    public void FoldsWhatItCanProveAndNothingElse(bool wide, bool normalize)
    {
        using var network = GeneratedCase.Of("Fold").Create("Fold", ("wide", wide), ("normalize", normalize), ("depth", 3));
        network.eval();
        var all = Norms(network, folded: false);
        Assert.Equal(normalize, all.Contains("maybe_bn"));
        Fold(network);
        Assert.Equal(all.Where(norm => norm.Contains("kept", StringComparison.Ordinal)), Norms(network, folded: false));
        Assert.Equal(6 + (normalize ? 1 : 0) + 3 * 3 - 1, Norms(network, folded: true).Length);
    }

    [Fact]
    public void NormsAtAJoinStay()
    {
        using var network = GeneratedCase.Of("PreActivation").CreateNetwork();
        network.eval();
        Fold(network);
        Assert.All(Norms(network, folded: true), norm => Assert.EndsWith(".norm2", norm));
        Assert.Equal(Norms(network, folded: true).Length + 1, Norms(network, folded: false).Length);
    }

    [Fact]
    public void APolicyThatLooksAtTheSampleStays()
    {
        using var network = GeneratedCase.Of("PolicyOverride").CreateNetwork();
        network.eval();
        Fold(network);
        Assert.Equal(["weight", "bias"], ((nn.Module)network.GetType().GetProperty("bn2")!.GetValue(network)!).state_dict().Keys);
        Assert.Contains("bn1", Norms(network, folded: true));
        Assert.Contains("inner.bn", Norms(network, folded: true));
    }

    [Fact]
    public void ABlockFoldsByItself()
    {
        using var block = GeneratedCase.Of("Branch").Create("Bottleneck", ("xChannels", 4), ("channels", 2));
        block.eval();
        Fold(block);
        Assert.Equal(["bn1", "bn2", "bn3", "downsample.1"], Norms(block, folded: true));
    }

    [Fact]
    public void InTrainingModeNothingChanges()
    {
        using var network = GeneratedCase.Of("Loop").CreateNetwork();
        var before = network.state_dict().Keys.ToArray();
        Assert.Equal("Loop is in training mode: call eval() before fold().",
            Assert.Throws<InvalidOperationException>(() => Fold(network)).Message);

        // Its last norm alone: what comes before must not be folded either.
        network.eval();
        network.named_modules().Single(entry => entry.name == "dense2.denselayer3").module.train();
        Assert.StartsWith("dense2.denselayer3.norm1 of Loop is in training mode",
            Assert.Throws<InvalidOperationException>(() => Fold(network)).Message);
        Assert.Equal(before, network.state_dict().Keys);
        Assert.Empty(Norms(network, folded: true));
    }

    [Fact]
    public void ConvolutionsGetAnOrdinaryBias()
    {
        using var network = GeneratedCase.Of("Repeat").CreateNetwork(NormPolicy.Batch());
        network.eval();
        network.get_parameter("stem.0.weight")!.requires_grad = false;
        Fold(network);
        Assert.Equal(["stem.0.weight", "stem.0.bias"], network.state_dict().Keys.Take(2));
        Assert.Equal(network.state_dict().Keys, network.named_parameters().Select(entry => entry.name));
        Assert.False(network.get_parameter("stem.0.bias")!.requires_grad);
        Assert.True(network.get_parameter("stage1.0.conv.bias")!.requires_grad);
    }

    [Theory]
    [InlineData("Fold")]
    [InlineData("Loop")]
    [InlineData("Dimensions")]
    public void SavesAndLoadsIntoAFoldedNetwork(string name)
    {
        using var _ = no_grad();
        var @case = GeneratedCase.Of(name);
        using var one = Trained(@case, NormPolicy.Kalman());
        Fold(one);
        var inputs = @case.Inputs();
        var expected = GeneratedCase.Run(one, inputs);

        using var stream = new MemoryStream();
        one.save(stream);
        Loads(network => network.load(new MemoryStream(stream.ToArray())));
        Loads(network => network.load_state_dict(one.state_dict()));
        var file = Path.GetTempFileName();
        try
        {
            one.save_weights(file);
            Loads(network => network.load_weights(file));
            using var whole = @case.CreateNetwork();
            Assert.Throws<WeightsException>(() => whole.load_weights(file));
        }
        finally
        {
            File.Delete(file);
        }

        void Loads(Action<nn.Module> load)
        {
            using var other = @case.CreateNetwork();
            other.eval();
            Fold(other);
            load(other);
            foreach (var (a, b) in expected.Zip(GeneratedCase.Run(other, inputs)))
                Assert.True(a.equal(b).all().item<bool>());
        }
    }

    [Fact]
    public void MakesNothingButTheBiases()
    {
        using var network = GeneratedCase.Of("Fold").CreateNetwork();
        network.eval();
        var before = LiveTensors.Count();
        // TorchSharp counts the tensor that a parameter is made of, although that one is empty then.
        using (new TorchSharp.Modules.Parameter(zeros(1)))
        { }
        var perParameter = LiveTensors.Count() - before;
        Fold(network);
        Assert.Equal(before + perParameter + (1 + perParameter) * Norms(network, folded: true).Length, LiveTensors.Count());
    }
}
