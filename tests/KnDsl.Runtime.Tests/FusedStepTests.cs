using System;
using System.Collections.Generic;
using System.Linq;
using Xunit;
using static TorchSharp.torch;

namespace KnDsl.Runtime.Tests;

/// <summary>The step through a layer, a ReLU and a convolution at once, against the rules one after another.</summary>
public sealed class FusedStepTests : TorchTest
{
    [Theory]
    [InlineData(1, 1, false, 0)]
    [InlineData(3, 1, true, 0)]
    [InlineData(3, 3, false, 0)]
    [InlineData(1, 1, false, 1)]
    [InlineData(2, 1, false, 1)]
    [InlineData(3, 1, true, 1)]
    [InlineData(3, 3, false, 1)]
    [InlineData(5, 2, true, 3)]
    public void EqualsTheRulesAndItsGradientEqualsDifferences(int kernel, int groups, bool bias, int padding) =>
        Compare(kernel, groups, bias, padding);

    /// <summary>The same by the kernels of a device.</summary>
    [KernelTheory]
    [InlineData(1, 1, false, 0)]
    [InlineData(3, 3, false, 0)]
    [InlineData(2, 1, false, 1)]
    [InlineData(3, 1, true, 1)]
    [InlineData(3, 3, false, 1)]
    public void TheKernelsEqualTheRulesAndTheirGradientEqualsDifferences(int kernel, int groups, bool bias, int padding)
    {
        using var path = EmulatedKernels.Instance!.Take();
        Compare(kernel, groups, bias, padding);
        Assert.NotEqual(0, EmulatedKernels.Instance.Launched["step_gradient"]);
    }

    /// <summary>A grid has no place for so many groups.</summary>
    [KernelTheory]
    [InlineData(65_540)]
    public void TheKernelsServeMoreGroupsThanAGridHasRows(int channels)
    {
        using var conv = nn.Conv2d(channels, channels, 1, groups: channels, bias: false, dtype: float64);
        var (mean, variance) = (Random(1, channels).requires_grad_(), (Random(1, channels).square() + 0.1).requires_grad_());
        var expected = Gradients();
        using var path = EmulatedKernels.Instance!.Take();
        var actual = Gradients();
        Assert.Equal(1, EmulatedKernels.Instance.Launched["step_gradient"]);
        foreach (var (first, second) in expected.Zip(actual))
            Close(first, second, 1e-12, "gradient");

        IList<Tensor> Gradients()
        {
            var (m, v) = FusedStep.Pass(new(mean, variance, default), conv.weight!, null, channels, SeenTaps.Find([4, 5], conv));
            return autograd.grad([m.square().sum() + v.sum()], [mean, variance, conv.weight!]);
        }
    }

    private static void Compare(int kernel, int groups, bool bias, int padding)
    {
        long[] size = [4, 5];
        using var conv = nn.Conv2d(
            6, 2 * groups, kernel, padding: padding, groups: groups, bias: bias, dtype: float64);
        foreach (var rows in new[] { 1, 3 })
        {
            foreach (var emitted in new[] { false, true })
            {
                foreach (var rectified in new[] { false, true })
                {
                    if (emitted && rows > 1)
                        continue;
                    var first = Random(rows, 6).requires_grad_();
                    var second = (Random(rows, 6).square() + 0.1).requires_grad_();
                    var weights = (Random(rows, 2 * groups), Random(rows, 2 * groups));

                    var spread = tensor(2.5, float64);
                    var form = !emitted ? new MomentForm(null, rectified)
                        : DevicePath.IsTaken(first) ? new(null, rectified, spread) : new(2.5, rectified);
                    Check(() => FusedStep.Pass(
                        emitted ? new(first.view(6), second.view(6), form) : new(first, second, form),
                        conv.weight!, conv.bias, groups, SeenTaps.Find(size, conv)));

                    void Check(Func<(Tensor Mean, Tensor Variance)> step)
                    {
                        var before = new Moments(first, emitted ? second.square() * 2.5 : second);
                        var expected = new ConvolutionRule(conv).Pass(rectified ? ReluRule.Rectify(before) : before, size, []);
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
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(0)]
    public void EqualsTheRulesInThirtyTwoBits(int padding)
    {
        using var conv = nn.Conv2d(70, 50, 3, stride: 2, padding: padding);
        var (shift, scale) = (randn(1, 70).requires_grad_(), randn(1, 70).requires_grad_());
        Tensor[] inputs = [shift, scale, conv.weight!, conv.bias!];
        var directions = (randn(1, 50), randn(1, 50));
        (Tensor Mean, Tensor Variance) Rules() => Tuple(
            new ConvolutionRule(conv).Pass(ReluRule.Rectify(new(shift, scale.square())), [9, 8], []));
        (Tensor Mean, Tensor Variance) Step() => FusedStep.Pass(
            new(shift.view(70), scale.view(70), new(Spread: 1, Rectified: true)), conv.weight!, conv.bias, 1, SeenTaps.Find([9, 8], conv));

        var expected = autograd.grad([Loss(Rules())], inputs);
        foreach (var (gradient, index) in autograd.grad([Loss(Step())], inputs).Select((gradient, index) => (gradient, index)))
            Close(expected[index], gradient, 1e-6, $"gradient of input {index}");
        Close(Rules().Mean, Step().Mean, 1e-6, "mean");
        Close(Rules().Variance, Step().Variance, 1e-6, "variance");

        Tensor Loss((Tensor Mean, Tensor Variance) moments) =>
            (moments.Mean * directions.Item1 + moments.Variance * directions.Item2).sum();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void GradientsOfALargeWeightStayWhenItsMemoryIsUsedAgain(bool stateFirst)
    {
        using var conv = nn.Conv2d(64, 512, 3, padding: 1, bias: false);
        var (shift, scale) = (randn(64).requires_grad_(), randn(64).requires_grad_());
        var source = new MomentSource(shift, scale, new(Spread: 1, Rectified: true));
        var images = randn(1, 64, 4, 4);
        var seen = SeenTaps.Find([4, 4], conv);
        (Tensor Mean, Tensor Variance) Step() => FusedStep.Pass(source, conv.weight!, null, 1, seen);
        (Tensor Mean, Tensor Variance) Rules() => Tuple(new ConvolutionRule(conv).Pass(
            ReluRule.Rectify(new(shift.unsqueeze(0), scale.square().unsqueeze(0))), [4, 4], []));

        var expected = Gradient(Rules, 1);
        var first = Gradient(Step, 1);
        var second = Gradient(Step, 2);
        Close(expected, first, 1e-6);
        Close(2 * expected, second, 1e-6);

        Tensor Gradient(Func<(Tensor Mean, Tensor Variance)> step, double factor)
        {
            conv.weight!.grad = null;
            var early = stateFirst ? step() : default;
            var output = conv.call(images).sum();
            var moments = stateFirst ? early : step();
            ((output + moments.Mean.sum() + moments.Variance.sum()) * factor).backward();
            return conv.weight.grad!;
        }
    }

    [Fact]
    public void SupportsLinearLayers()
    {
        using var linear = nn.Linear(70, 50);
        var state = new AnalyticState(new(randn(1, 70), rand(1, 70)), []).Pass(new ReluRule(), empty(1, 70));
        var expected = new LinearRule(linear).Pass(state.ToMoments(), [], []);
        var actual = state.Pass(new LinearRule(linear), empty(1, 50)).ToMoments();
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

    private static (Tensor Mean, Tensor Variance) Tuple(Moments moments) => (moments.Mean, moments.Variance);
}
