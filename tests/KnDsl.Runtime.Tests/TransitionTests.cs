using System;
using Xunit;
using static TorchSharp.torch;

namespace KnDsl.Runtime.Tests;

/// <summary>The step through a layer, a ReLU and a convolution at once, against the rules one after another.</summary>
public sealed class TransitionTests : TorchTest
{
    [Theory]
    [InlineData(1, 1, false)]
    [InlineData(3, 1, true)]
    [InlineData(3, 3, false)]
    public void EqualsTheRulesAndItsGradientEqualsDifferences(int kernel, int groups, bool bias)
    {
        using var conv = nn.Conv2d(6, 9, kernel, groups: groups, bias: bias, dtype: float64);
        foreach (var rows in new[] { 1, 3 })
        foreach (var emitted in new[] { false, true })
        foreach (var rectified in new[] { false, true })
        {
            if (emitted && rows > 1) continue;
            var first = Random(rows, 6).requires_grad_();
            var second = (Random(rows, 6).square() + 0.1).requires_grad_();
            var weights = (Random(rows, 9), Random(rows, 9));

            Check(() => CpuTransition.Through(
                emitted ? new(first.view(6), second.view(6), true, rectified) : new(first, second, false, rectified),
                conv.weight!, conv.bias, groups));

            void Check(Func<Moments> step)
            {
                var before = new Moments(first, emitted ? second.square() : second);
                var expected = ConvolutionMoments.Of(rectified ? ReluMoments.Of(before) : before, conv);
                var actual = step();
                Close(expected.Mean, actual.Mean, 1e-12, "mean");
                Close(expected.Variance, actual.Variance, 1e-12, "variance");

                Tensor Loss()
                {
                    var moments = step();
                    return (moments.Mean * weights.Item1).sum() + (moments.Variance.sqrt() * weights.Item2).sum();
                }

                Tensor[] inputs = bias ? [first, second, conv.weight!, conv.bias!] : [first, second, conv.weight!];
                GradientsEqualDifferences(Loss, 1e-7, inputs);
            }
        }
    }

    [Fact]
    public void ServesLinearLayersAndThirtyTwoBits()
    {
        using var linear = nn.Linear(70, 50);
        var state = new AnalyticState(new(randn(1, 70), rand(1, 70)), []).Relu();
        var expected = LinearMoments.Of(state.Moments(), linear.weight!, linear.bias);
        var actual = state.Through(linear).Moments();
        Close(expected.Mean, actual.Mean, 1e-6);
        Close(expected.Variance, actual.Variance, 1e-6);
    }

    [Theory]
    [InlineData(0, 0.5)]
    [InlineData(1.959963984540054, 0.975)]
    [InlineData(-1.959963984540054, 0.025)]
    [InlineData(2.9999, 0.998649658717045)]
    [InlineData(3.0001, 0.9986505450867393)]
    [InlineData(-6, 9.865876450377018e-10)]
    [InlineData(-20, 2.7536241186062337e-89)]
    [InlineData(40, 1)]
    public void NormalProbabilities(double z, double below) =>
        Assert.Equal(1, Normal.Below(z) / below, Math.Abs(z) < 5 ? 1e-14 : 1e-9);
}
