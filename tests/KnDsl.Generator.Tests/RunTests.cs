using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace KnDsl.Generator.Tests;

/// <summary>Every case, built and run: what a generated class promises holds for each of them.</summary>
public sealed class RunTests : TorchTest
{
    public static TheoryData<string> Cases => [.. GeneratedCase.Names];

    private static readonly (string Name, NormPolicy Policy)[] Policies =
    [
        ("kalman", NormPolicy.Kalman()), ("kalman, micro-batches", NormPolicy.Kalman(microbatch: 2)),
        ("kalman, the authors'", NormPolicy.Kalman(0.1, 2, Transition.Sampled)),
        ("batch", NormPolicy.Batch()), ("batch, micro-batches", NormPolicy.Batch(2)), ("group", NormPolicy.Group(1)),
        ("none", NormPolicy.None()),
    ];

    private static long Count(nn.Module network) => network.parameters().Sum(parameter => parameter.numel());

    private static Tensor Sum(IEnumerable<Tensor> outputs) => outputs.Select(output => (output * output).mean()).Aggregate((a, b) => a + b);

    [Theory]
    [MemberData(nameof(Cases))]
    public void OutputsHaveTheDeclaredShapesUnderEveryPolicy(string name)
    {
        var @case = GeneratedCase.Of(name);
        var expected = @case.Network.Outputs.Select(output => @case.Sizes(output.Value.Shape)).ToArray();
        foreach (var (what, policy) in Policies)
        {
            using var scope = NewDisposeScope();
            var network = @case.CreateNetwork(policy);
            foreach (var training in new[] { true, false })
            {
                network.train(training);
                var outputs = GeneratedCase.Run(network, @case.Inputs());
                Assert.Equal(expected, outputs.Select(output => output.shape));
                Assert.All(outputs, output => Assert.True(output.isfinite().all().item<bool>(), what));
            }
        }
    }

    /// <summary>PyTorch's InstanceNorm has no parameters unless asked for: so CycleGAN's checkpoints are.</summary>
    [Fact]
    public void InstanceNormalizationMayHaveNoParameters()
    {
        var @case = GeneratedCase.Inline("""
            network Inline(width: int = 6, policy: norm = instance(affine: false))
            {
                input  image[N, 3, h, w]
                norm = policy
                y = image -> model.1: conv(width, 7, padding: 3, mode: reflect, bias: true) -> model.2: norm -> relu
                output y[N, width, h, w]
            }
            """);
        Assert.Empty(@case.Diagnostics);
        var plain = @case.CreateNetwork();
        Assert.Equal(["model.1.weight", "model.1.bias"], plain.state_dict().Keys);
        Assert.Contains(@"norm"", ""[N, 6, h, w]"", ""0""", @case.Code, StringComparison.Ordinal);
        using var x = randn(2, 3, 9, 8);
        var convolved = nn.functional.conv2d(
            nn.functional.pad(x, [3, 3, 3, 3], PaddingModes.Reflect), plain.get_parameter("model.1.weight")!,
            plain.get_parameter("model.1.bias"));
        var expected = nn.functional.instance_norm(convolved).relu();
        Assert.True(expected.allclose(GeneratedCase.Run(plain, x).Single(), 1e-5, 1e-5));

        Assert.Contains("model.2.weight", @case.CreateNetwork(NormPolicy.Instance()).state_dict().Keys);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void EveryParameterGetsAGradientUnderEveryPolicy(string name)
    {
        var @case = GeneratedCase.Of(name);
        foreach (var (what, policy) in Policies)
        {
            using var scope = NewDisposeScope();
            var network = @case.CreateNetwork(policy);
            network.train();
            Sum(GeneratedCase.Run(network, @case.Inputs())).backward();
            Assert.NotEmpty(network.parameters());
            Assert.All(network.named_parameters(), entry => Assert.True(
                entry.parameter.grad is { } gradient && gradient.isfinite().all().item<bool>(), $"{entry.name} under {what}"));
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void ParametersAreAsManyAsTheTableOfLayersSays(string name)
    {
        var @case = GeneratedCase.Of(name);
        using var network = @case.CreateNetwork();
        var layers = (IReadOnlyList<LayerInfo>)network.GetType().GetProperty("Layers")!.GetValue(null)!;
        var told = layers.DistinctBy(layer => layer.Name.Length > 0 ? layer.Name : $"{layer}").ToArray();
        if (told.All(layer => long.TryParse(layer.Parameters, out _)) && name != "PolicyOverride")
            Assert.Equal(Count(network), told.Sum(layer => long.Parse(layer.Parameters)));
        Assert.All(network.named_parameters(), parameter => Assert.Contains(layers, layer =>
            layer.Name.Length > 0
                && (parameter.name == layer.Name || parameter.name.StartsWith(layer.Name + ".", StringComparison.Ordinal))));
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void AnotherTypeGivesTheSameToItsPrecision(string name)
    {
        var @case = GeneratedCase.Of(name);
        using var network = @case.CreateNetwork();
        var inputs = @case.Inputs();
        network.eval();
        var single = GeneratedCase.Run(network, inputs);
        network.to(ScalarType.Float64);
        Assert.All(network.parameters(), parameter => Assert.Equal(ScalarType.Float64, parameter.dtype));
        var doubled = GeneratedCase.Run(network, [.. inputs.Select(input => input.to(ScalarType.Float64))]);
        foreach (var (a, b) in single.Zip(doubled))
        {
            Assert.Equal(ScalarType.Float64, b.dtype);
            Close(b, a, 1e-4, name);
        }

        using var made = @case.CreateNetwork(dtype: ScalarType.Float64);
        Assert.All(made.parameters(), parameter => Assert.Equal(ScalarType.Float64, parameter.dtype));
        Assert.All(GeneratedCase.Run(made, @case.Inputs(dtype: ScalarType.Float64)), output =>
            Assert.Equal(ScalarType.Float64, output.dtype));
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void NoTensorStaysBehind(string name)
    {
        var @case = GeneratedCase.Of(name);
        foreach (var (what, policy) in Policies)
        {
            using var network = @case.CreateNetwork(policy);
            var inputs = @case.Inputs();
            foreach (var training in new[] { true, false })
            {
                network.train(training);
                Step();
                var left = LiveTensors.LeftBy(() =>
                {
                    for (var i = 0; i < 3; i++)
                        Step();
                });
                Assert.True(left == 0, $"{what}, {(training ? "training" : "inference")}: {left} more tensors after three passes");
            }
            foreach (var input in inputs)
                input.Dispose();

            void Step()
            {
                foreach (var output in GeneratedCase.Run(network, inputs))
                    output.Dispose();
            }
        }
    }

    /// <summary>With another default device, whatever is made without a device lies on the wrong one, and what uses it fails.</summary>
    [Theory]
    [MemberData(nameof(Cases))]
    public void NothingIsMadeOnTheDefaultDevice(string name)
    {
        var @case = GeneratedCase.Of(name);
        set_default_device(new Device(DeviceType.META));
        try
        {
            foreach (var (_, policy) in Policies)
            {
                using var network = @case.CreateNetwork(policy, device: CPU);
                Assert.All(network.state_dict().Values, tensor => Assert.Equal(DeviceType.CPU, tensor.device_type));
                foreach (var training in new[] { true, false })
                {
                    network.train(training);
                    var outputs = GeneratedCase.Run(network, @case.Inputs(CPU));
                    Assert.All(outputs, output => Assert.Equal(DeviceType.CPU, output.device_type));
                    if (training)
                        Sum(outputs).backward();
                }
            }
        }
        finally
        {
            set_default_device(CPU);
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void SavesAndLoads(string name)
    {
        var @case = GeneratedCase.Of(name);
        using var one = @case.CreateNetwork();
        using var other = @case.CreateNetwork();
        var inputs = @case.Inputs();
        one.train();
        GeneratedCase.Run(one, inputs);
        one.eval();
        other.eval();
        using var stream = new MemoryStream();
        one.save(stream);
        other.load(new MemoryStream(stream.ToArray()));
        foreach (var (a, b) in GeneratedCase.Run(one, inputs).Zip(GeneratedCase.Run(other, inputs)))
            Assert.True(a.equal(b).all().item<bool>());
    }
}
