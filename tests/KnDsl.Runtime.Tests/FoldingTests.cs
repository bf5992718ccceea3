using System;
using System.Linq;
using TorchSharp.Modules;
using Xunit;
using static TorchSharp.torch;

namespace KnDsl.Runtime.Tests;

/// <summary>Folding a layer into the one before it leaves the outputs what they were.</summary>
public sealed class FoldingTests : TorchTest
{
    public static TheoryData<string> Convolutions =>
        ["conv1d", "conv2d", "grouped", "conv3d", "transposed", "transposed grouped", "linear"];

    [Theory]
    [MemberData(nameof(Convolutions))]
    public void KeepsTheOutputs(string kind)
    {
        foreach (var bias in new[] { false, true })
        {
            foreach (var policy in new[] { NormPolicy.Kalman(), NormPolicy.Batch() })
            {
                using nn.Module<Tensor, Tensor> before = kind switch
                {
                    "conv1d" => nn.Conv1d(4, 6, 3, bias: bias),
                    "conv2d" => nn.Conv2d(4, 6, 3, padding: 1, bias: bias),
                    "grouped" => nn.Conv2d(4, 6, 3, groups: 2, bias: bias),
                    "conv3d" => nn.Conv3d(4, 6, 2, bias: bias),
                    "transposed" => nn.ConvTranspose2d(4, 6, 3, stride: 2, bias: bias),
                    "transposed grouped" => nn.ConvTranspose2d(4, 6, 3, groups: 2, bias: bias),
                    _ => nn.Linear(4, 6, hasBias: bias),
                };
                long[] size = kind switch { "linear" => [], "conv1d" => [9], "conv3d" => [3, 4, 5], _ => [6, 7] };
                using var norm = (RunningNormLayer)policy.Create(6);
                using (no_grad())
                {
                    norm.weight.copy_(randn(6));
                    norm.bias.copy_(randn(6));
                }

                for (var step = 0; step < 5; step++)
                    norm.call(before.call(randn([16, 4, .. size]) * 2 + 1));
                before.eval();
                norm.eval();
                var x = randn([5, 4, .. size]);
                var expected = norm.call(before.call(x));
                Assert.True(norm.CanFold);
                if (before is Linear linear)
                    norm.FoldInto(linear);
                else
                    norm.FoldInto((Convolution)before);
                Close(expected, norm.call(before.call(x)), 1e-5, $"{kind} {policy}");

                Assert.False(norm.CanFold);
                Assert.Empty(norm.state_dict());
                Assert.Equal(["bias", "weight"], before.state_dict().Keys.Order());
                Assert.Throws<InvalidOperationException>(() => norm.FoldInto(nn.Linear(4, 6)));
                norm.train();
                Assert.Throws<InvalidOperationException>(() => norm.call(before.call(x)));
            }
        }
    }

    /// <summary>Weights as other libraries lay them out, taps first.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void WeightsOfAnyLayoutAreFolded(bool transposed)
    {
        using Convolution before = transposed ? nn.ConvTranspose2d(4, 6, 3, groups: 2) : nn.Conv2d(4, 6, 3, groups: 2);
        var tapsFirst = before.weight.detach().permute(3, 2, 1, 0).contiguous();
        before.weight = new Parameter(tapsFirst.permute(3, 2, 1, 0));
        Assert.False(before.weight.is_contiguous());
        using var norm = (RunningNormLayer)NormPolicy.Kalman().Create(6);
        using (no_grad())
        {
            norm.weight.copy_(randn(6));
            norm.bias.copy_(randn(6));
            norm.running_mean.copy_(randn(6));
        }

        before.eval();
        norm.eval();
        var x = randn(5, 4, 6, 7);
        var expected = norm.call(Call(before, x));
        norm.FoldInto(before);
        Close(expected, norm.call(Call(before, x)), 1e-5);

        static Tensor Call(Convolution convolution, Tensor x) => ((nn.Module<Tensor, Tensor>)(nn.Module)convolution).call(x);
    }

    /// <summary>Scale, shift, weight and bias are computed in more bits.</summary>
    [Theory]
    [InlineData(ScalarType.BFloat16, true)]
    [InlineData(ScalarType.BFloat16, false)]
    [InlineData(ScalarType.Float16, true)]
    public void WhatIsFoldedInSixteenBitsIsRoundedOnce(ScalarType type, bool linear)
    {
        using nn.Module<Tensor, Tensor> before = linear ? nn.Linear(4, 64, dtype: type) : nn.Conv2d(4, 64, 3, dtype: type);
        using var norm = (RunningNormLayer)NormPolicy.Kalman().Create(64, dtype: type);
        var (weight, bias) = (before.get_parameter("weight")!.to(float64), before.get_parameter("bias")!.to(float64));
        using (no_grad())
        {
            norm.weight.copy_(randn(64));
            norm.bias.copy_(randn(64));
            norm.running_mean.copy_(randn(64));
            norm.running_var.copy_(rand(64) + 0.5);
        }

        norm.eval();
        var scale = norm.weight.to(float64) / (norm.running_var.to(float64) + 1e-5).sqrt();
        var shift = norm.bias.to(float64) - norm.running_mean.to(float64) * scale;
        if (before is Linear layer)
            norm.FoldInto(layer);
        else
            norm.FoldInto((Convolution)before);
        Equal(weight * scale.view([-1, .. weight.shape[1..].Select(_ => 1L)]), before.get_parameter("weight")!);
        Equal(bias * scale + shift, before.get_parameter("bias")!);

        // The rounding to 32 bits before it may decide a tie.
        void Equal(Tensor exact, Tensor found) =>
            Assert.InRange(exact.to(type).ne(found).to(float64).mean().item<double>(), 0, 0.002);
    }

    [Fact]
    public void RefusesWhatCannotBeFolded()
    {
        using var conv = nn.Conv2d(4, 6, 3);
        using var training = NormPolicy.Kalman().Create(6);
        Assert.Contains("eval()", Assert.Throws<InvalidOperationException>(() => training.FoldInto(conv)).Message);
        using var group = NormPolicy.Group(3).Create(6);
        group.eval();
        Assert.False(group.CanFold);
        Assert.Throws<InvalidOperationException>(() => group.FoldInto(conv));
        using var other = NormPolicy.Kalman().Create(5);
        other.eval();
        Assert.Throws<ArgumentException>(() => other.FoldInto(conv));
        Assert.True(other.CanFold);
    }
}
