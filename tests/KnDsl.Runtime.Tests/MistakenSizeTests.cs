using System;
using System.Runtime.InteropServices;
using TorchSharp.Modules;
using Xunit;
using static TorchSharp.torch;

namespace KnDsl.Runtime.Tests;

/// <summary>States and tensors of sizes that do not fit: loops over memory never get them.</summary>
public sealed class MistakenSizeTests : TorchTest
{
    private static readonly CompiledScript Compiled = new("""
        def shrink(x: Tensor) -> int:
            return x.resize_([4]).numel()
        """);

    [Theory]
    [InlineData(4, 2, 1)]
    [InlineData(16, 2, 1)]
    [InlineData(4096, 2, 1)]
    [InlineData(8, 0, 1)]
    [InlineData(8, 1, 1)]
    [InlineData(8, 3, 1)]
    [InlineData(4, 2, 2)]
    public void AConvolutionRefusesAStateOfOtherChannelsOrDimensions(int channels, int dimensions, int groups)
    {
        var size = new long[dimensions];
        Array.Fill(size, 8);
        foreach (var padding in new[] { 0, 1 })
        {
            foreach (var trained in new[] { true, false })
            {
                using var conv = nn.Conv2d(8, 8, 3, padding: padding, groups: groups);
                conv.weight!.requires_grad = trained;
                using var transposed = nn.ConvTranspose2d(8, 8, 3, padding: padding, groups: groups);
                var state = ChannelState.Gaussian(randn(channels), rand(channels), size);
                foreach (var layer in new Convolution[] { conv, transposed })
                {
                    var error = Assert.Throws<ArgumentException>(() => layer.call(randn(2, 8, 8, 8), state));
                    Assert.Contains($"takes 8 channels with 2 dimensions", error.Message);
                    Assert.Contains($"{channels} channels with positions of [{string.Join(", ", size)}]", error.Message);
                    Assert.Throws<ArgumentException>(() => state.Pass(new ConvolutionRule(layer), zeros(2, 8, 8, 8)));
                    Assert.Throws<ArgumentException>(() => layer.call(randn(2, 8, 8, 8), null, [state]));
                }
            }
        }
    }

    [Fact]
    public void AnInputOfOtherChannelsIsTorchsToRefuse()
    {
        using var conv = nn.Conv2d(8, 8, 3, padding: 1);
        using var linear = nn.Linear(8, 8);
        var state = ChannelState.Gaussian(randn(16), rand(16), [8, 8]);
        Assert.Equal(
            Assert.Throws<ArgumentException>(() => conv.call(randn(2, 16, 8, 8))).Message,
            Assert.Throws<ArgumentException>(() => conv.call(randn(2, 16, 8, 8), state)).Message);
        Assert.Throws<ExternalException>(() => linear.call(randn(2, 16), ChannelState.Gaussian(randn(16), rand(16), [])));
    }

    [Fact]
    public void ALinearLayerRefusesAStateOfOtherFeatures()
    {
        using var linear = nn.Linear(8, 8);
        foreach (var (channels, size) in new (long, long[])[] { (16, []), (4, []), (3, [4]), (8, [5, 4]) })
        {
            var state = ChannelState.Gaussian(randn(channels), rand(channels), size);
            var error = Assert.Throws<ArgumentException>(() => linear.call(randn(2, 8), state));
            Assert.Contains("takes 8 features", error.Message);
            Assert.Throws<ArgumentException>(() => state.Pass(new LinearRule(linear), zeros(2, 8)));
        }
    }

    [Fact]
    public void AStepRefusesAWeightOfOtherTapsThanItsLayerWasMadeFor()
    {
        foreach (var kernel in new[] { 1, 5 })
        {
            using var conv = nn.Conv2d(8, 8, 3, padding: 1);
            conv.weight = new Parameter(randn(8, 8, kernel, kernel));
            var state = ChannelState.Gaussian(randn(8), rand(8), [8, 8]);
            Assert.Contains("9 taps", Assert.Throws<ArgumentException>(() => conv.call(randn(2, 8, 8, 8), state)).Message);
        }
    }

    /// <summary>Loops read addresses: a bias that lies otherwise in memory is laid in a row first.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void ABiasOfAnotherLayoutIsReadAsItIs(bool strided)
    {
        using var conv = nn.Conv2d(3, 5, 3, padding: 1);
        using var linear = nn.Linear(3, 5);
        var bias = strided ? randn(10).slice(0, 0, 10, 2) : randn(1).expand(5);
        Assert.Equal(strided ? 2 : 0, bias.stride(0));
        conv.bias = new Parameter(bias.DetachFromDisposeScope());
        linear.bias = new Parameter(conv.bias.detach().DetachFromDisposeScope());
        foreach (var trained in new[] { true, false })
        {
            conv.weight!.requires_grad = linear.weight!.requires_grad = trained;
            var (mean, variance) = (randn(3), rand(3));
            var ofConv = conv.call(randn(2, 3, 6, 6), ChannelState.Gaussian(mean, variance, [6, 6])).state!.MeanAndVariance().mean;
            var ofLinear = linear.call(randn(2, 3), ChannelState.Gaussian(mean, variance, [])).state!.MeanAndVariance().mean;
            Close(
                new ConvolutionRule(conv).Pass(new(mean.unsqueeze(0), variance.unsqueeze(0)), [6, 6], []).Mean, ofConv, 1e-6);
            Close(linear.call(mean.unsqueeze(0)), ofLinear, 1e-6);
            var gradient = autograd.grad([ofConv.sum()], [conv.bias!])[0];
            Close(ones(5), gradient, 0);
        }
    }

    /// <summary>Torch's own operations say what is wrong with it, or compute with what they can.</summary>
    [Fact]
    public void ABiasOfAnotherLengthOrTypeIsNotReadRaw()
    {
        using var conv = nn.Conv2d(3, 5, 3, padding: 1);
        var state = ChannelState.Gaussian(randn(3), rand(3), [6, 6]);
        foreach (var bias in new[] { randn(1), randn(4), randn(5, float64) })
        {
            conv.bias = new Parameter(bias.DetachFromDisposeScope());
            Assert.Throws<ExternalException>(() => conv.call(randn(2, 3, 6, 6), state));
        }
    }

    [Theory]
    [InlineData("kalman")]
    [InlineData("batch")]
    [InlineData("renorm")]
    public void ALayerRefusesTensorsOfAnotherLength(string policy)
    {
        using var layer = (RunningNormLayer)(policy switch
        {
            "kalman" => NormPolicy.Kalman(),
            "batch" => NormPolicy.Batch(),
            _ => NormPolicy.Renorm(),
        }).Create(8);
        var (weight, mean) = (layer.weight, layer.running_mean);
        foreach (var shape in new long[][] { [4], [16], [1], [], [1, 8] })
        {
            Refuses("weight", () => layer.weight = new Parameter(ones(shape)));
            Refuses("bias", () => layer.bias = new Parameter(ones(shape)));
            Refuses("running_mean", () => layer.running_mean = ones(shape));
            Refuses("running_var", () => layer.running_var = ones(shape));
        }

        Assert.Throws<ArgumentException>(() => layer.num_batches_tracked = zeros(0, int64));
        Assert.Throws<ArgumentNullException>(() => layer.running_mean = null!);
        Assert.Same(weight, layer.weight);
        Assert.Same(mean, layer.running_mean);
        layer.call(randn(2, 8, 4, 4));

        static void Refuses(string name, Action set) =>
            Assert.StartsWith($"{name} of ", Assert.Throws<ArgumentException>(name, set).Message);
    }

    /// <summary>A tensor that the layer has can be resized where it is.</summary>
    [Theory]
    [InlineData("weight")]
    [InlineData("bias")]
    [InlineData("running_mean")]
    [InlineData("running_var")]
    public void TensorsThatWereResizedAreNotReadRaw(string name)
    {
        foreach (var policy in new[] { NormPolicy.Kalman(), NormPolicy.Batch(), NormPolicy.Group(2), NormPolicy.GroupKalman(2) })
        {
            using var layer = (AffineNormLayer)policy.Create(8);
            var state = layer.state_dict();
            if (!state.TryGetValue(name, out var tensor))
                continue;
            tensor.requires_grad = false;
            Compiled.Number("shrink", tensor);
            foreach (var training in new[] { true, false })
            {
                layer.train(training);
                if (training && policy is BatchPolicy && name.StartsWith("running", StringComparison.Ordinal))
                    continue;
                foreach (var x in new[] { randn(2, 8, 4, 4), randn(2, 4, 4, 8).permute(0, 3, 1, 2) })
                {
                    Assert.ThrowsAny<ExternalException>(() => layer.call(x));
                    using var noGrad = no_grad();
                    Assert.ThrowsAny<ExternalException>(() => layer.call(x));
                }
            }
        }
    }

    /// <summary>Weights of other programs count in numbers of another type.</summary>
    [Fact]
    public void ACounterOfAnotherTypeIsReadAsANumber()
    {
        var policy = NormPolicy.Renorm();
        using var plain = (RunningNormLayer)policy.Create(3);
        using var other = (RunningNormLayer)policy.Create(3);
        plain.num_batches_tracked = tensor(4000L);
        other.num_batches_tracked = tensor(4000.0);
        var x = randn(4, 3, 5, 5) * 3 + 2;
        Close(plain.call(x), other.call(x), 0);
        Assert.Equal(4001, other.num_batches_tracked.item<double>());
        Assert.Equal(1, new HostCount().Of(tensor(1.0)));
        Assert.Equal(2, new HostCount().Of(tensor(2)));
    }
}
