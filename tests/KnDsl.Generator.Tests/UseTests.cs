using System.IO;
using System.Linq;
using System.Reflection;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using TorchSharp.Modules;
using Xunit;
using static TorchSharp.torch;

namespace KnDsl.Generator.Tests;

/// <summary>Generated classes as C# code of a user sees them, and what they hold while they run.</summary>
public sealed class UseTests : TorchTest
{
    [Theory]
    [InlineData("LearnedTensors")]
    [InlineData("Tokens")]
    [InlineData("Chain")]
    public void ANetworkOutlivesTheScopeInWhichItIsMade(string name)
    {
        var @case = GeneratedCase.Of(name);
        nn.Module network;
        using (NewDisposeScope())
            network = @case.CreateNetwork();
        using var other = @case.CreateNetwork();
        // What is disposed of is left out of it.
        Assert.Equal(other.state_dict().Keys, network.state_dict().Keys);
        Assert.NotEmpty(GeneratedCase.Run(network, @case.Inputs()));
        network.Dispose();
    }

    [Fact]
    public void CSharpUsesNetworksBlocksAndFacts()
    {
        const string Use = """
            using System.Linq;
            using KnDsl;
            using TorchSharp;
            using static TorchSharp.torch;

            namespace Cases.Branch
            {
                public sealed partial class Branch
                {
                    public int Blocks => new[] { first, second, third }.Length;
                }
            }

            public static class Use
            {
                public static string Run()
                {
                    using var scope = NewDisposeScope();
                    var block = new Cases.Branch.Bottleneck(
                        xChannels: 4, channels: 3, stride: 2, norm: NormPolicy.Batch(), device: CPU, dtype: ScalarType.Float64);
                    var plain = block.call(randn(2, 4, 8, 8, dtype: ScalarType.Float64));
                    (Tensor output, ChannelState? state) = block.forward(randn(2, 4, 8, 8, dtype: ScalarType.Float64), null);
                    var network = new Cases.Branch.Branch(classes: 7, policy: NormPolicy.Kalman(microbatch: 2));
                    Tensor logits = network.call(randn(4, 4, 8, 8));
                    var first = Cases.Branch.Branch.Layers[0];
                    return string.Join(
                        ";", string.Join(",", plain.shape), string.Join(",", output.shape), state is null, string.Join(",", logits.shape),
                        first.Name, first.Parameters, Cases.Branch.Branch.InputShapes[0], network.Blocks, block.downsample is not null);
                }
            }
            """;
        var compilation = GeneratedCase.Of("Branch").Compile()
            .AddSyntaxTrees(CSharpSyntaxTree.ParseText(Use, Host.ParseOptions.WithDocumentationMode(DocumentationMode.None)));
        Assert.Empty(compilation.GetDiagnostics().Where(diagnostic => diagnostic.Severity != DiagnosticSeverity.Hidden)
            .Select(diagnostic => diagnostic.ToString()));
        using var image = new MemoryStream();
        Assert.True(compilation.Emit(image).Success);
        var result = Assembly.Load(image.ToArray()).GetType("Use")!.GetMethod("Run")!.Invoke(null, null);
        Assert.Equal("2,12,4,4;2,12,4,4;True;4,7;first.conv1;8;image[N, 4, 4*h, 4*w];3;True", result);
    }

    [Fact]
    public void SeveralOutputsHaveNames()
    {
        using dynamic network = GeneratedCase.Of("TwoOutputs").CreateNetwork();
        var output = network.call(randn(2, 3, 8, 8));
        Assert.Equal([2, 4], (long[])output.logits.shape);
        Assert.Equal([2, 1, 4, 4], (long[])output.mask.shape);
    }

    [Fact]
    public void ASharedModuleHasOneSetOfWeights()
    {
        using dynamic network = GeneratedCase.Of("Shared").CreateNetwork(NormPolicy.None());
        var keys = ((nn.Module)network).named_parameters().Select(entry => entry.name).ToArray();
        Assert.Equal(
            ["conv1.weight", "conv2.weight", "head.scores.conv1.weight", "head.scores.conv2.weight", "head.scores.conv2.bias",
                "smooth.weight", "smooth.bias"],
            keys);
    }

    [Fact]
    public void KeysOfAStateAreThoseOfTheFile()
    {
        using var network = GeneratedCase.Of("Labels").CreateNetwork(NormPolicy.None());
        Assert.Equal(
            [
                "features.conv0.weight", "features.inner.conv.weight", "features.inner.conv.bias", "block1-0.weight", "conv.weight",
                "conv_2.weight", "conv_2.bias",
                "if.weight", "if.bias", "forward.weight", "forward.bias", "Layers.weight", "Layers.bias",
            ],
            network.state_dict().Keys);
    }

    /// <summary>What a stage read last is gone before the next stage runs.</summary>
    [Theory]
    [InlineData("Chain", "fc")]
    [InlineData("Branch", "fc")]
    [InlineData("Repeat", "fc")]
    [InlineData("PreActivation", "fc")]
    [InlineData("Loop", "classifier")]
    [InlineData("KeywordNames", "return")]
    public void IntermediatesAreFreedAsSoonAsTheyAreRead(string name, string last)
    {
        var @case = GeneratedCase.Of(name);
        using var network = @case.CreateNetwork();
        network.eval();
        using var inference = no_grad();
        var input = @case.Inputs().Single();
        GeneratedCase.Run(network, input).Single().Dispose();
        long alive = -1, before = LiveTensors.Count();
        var linear = (Linear)network.named_modules().Single(entry => entry.name == last).module;
        linear.register_forward_pre_hook((_, value) =>
        {
            alive = LiveTensors.Count() - before;
            return value;
        });
        GeneratedCase.Run(network, input).Single().Dispose();
        // The value that the last layer reads, and nothing else.
        Assert.Equal(1, alive);
    }

    /// <summary>What an if hands on goes after its last reader, as any other value.</summary>
    [Fact]
    public void ConditionalStagesHoldNoMoreTheMoreThereAre()
    {
        var alive = new long[2];
        foreach (var (stages, i) in new[] { (1, 0), (6, 1) })
        {
            var row = string.Concat(Enumerable.Repeat(" -> norm if deep -> relu -> conv(4, 3)", stages));
            var @case = GeneratedCase.Inline($$"""
                network Net(deep: bool = true)
                {
                    input x[N, 3, 8, 8]
                    y = x -> conv(4, 3){{row}} -> last: conv(2, 1)
                    output y[N, 2, 8, 8]
                }
                """);
            foreach (var deep in new[] { true, false })
            {
                using var network = @case.Create("Net", ("deep", deep));
                network.eval();
                using var inference = no_grad();
                var input = randn(2, 3, 8, 8);
                GeneratedCase.Run(network, input).Single().Dispose();
                var before = LiveTensors.Count();
                var conv = (Conv2d)network.named_modules().Single(entry => entry.name == "last").module;
                conv.register_forward_pre_hook((_, value) =>
                {
                    alive[i] = LiveTensors.Count() - before;
                    return value;
                });
                GeneratedCase.Run(network, input).Single().Dispose();
            }
        }
        Assert.Equal(1, alive[0]);
        Assert.Equal(1, alive[1]);
    }

    [Fact]
    public void ALoopHoldsNoMoreTheLongerItIs()
    {
        var alive = new long[2];
        foreach (var (depth, i) in new[] { (3, 0), (12, 1) })
        {
            var @case = GeneratedCase.Of("Loop");
            using var network = @case.Create("Loop", ("depths", new[] { 2, depth }));
            network.eval();
            using var inference = no_grad();
            var input = randn(2, 3, 8, 8);
            GeneratedCase.Run(network, input).Single().Dispose();
            var before = LiveTensors.Count();
            var conv = (Conv2d)network.named_modules().Single(entry => entry.name == $"dense2.denselayer{depth}.conv2").module;
            conv.register_forward_pre_hook((_, value) =>
            {
                alive[i] = LiveTensors.Count() - before;
                return value;
            });
            GeneratedCase.Run(network, input).Single().Dispose();
        }
        Assert.InRange(alive[0], 1, 6);
        Assert.Equal(alive[0], alive[1]);
    }
}
