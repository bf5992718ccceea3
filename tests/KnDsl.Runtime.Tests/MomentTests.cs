using System;
using System.Collections.Generic;
using System.Linq;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace KnDsl.Runtime.Tests;

/// <summary>
/// Every moment rule against a million draws: values with independent Gaussian channels and positions are drawn, the
/// operation itself is applied to them, and mean and variance per channel are compared with the state's.
/// </summary>
public sealed class MomentTests : TorchTest
{
    private const long Draws = 1_000_000;

    /// <summary>Values that are drawn at once: what a cache holds.</summary>
    private const long Piece = 1 << 16;

    private const double Tolerance = 0.01;

    private static readonly double[] Means = [0.8, -0.5, 0, 1.7];
    private static readonly double[] Variances = [1.2, 0.6, 2.0, 0.09];

    public static TheoryData<string> Activations => [.. Functions.Keys];

    private static readonly Dictionary<string, Func<Tensor, Tensor>> Functions = new()
    {
        ["relu"] = x => x.relu(),
        ["leaky_relu"] = x => nn.functional.leaky_relu(x, 0.1),
        ["elu"] = x => nn.functional.elu(x, 1.0),
        ["celu"] = x => nn.functional.celu(x, 1.0),
        ["selu"] = x => nn.functional.selu(x),
        ["gelu"] = x => nn.functional.gelu(x),
        ["silu"] = x => nn.functional.silu(x),
        ["mish"] = x => nn.functional.mish(x),
        ["sigmoid"] = x => x.sigmoid(),
        ["tanh"] = x => x.tanh(),
        ["softplus"] = x => nn.functional.softplus(x),
        ["softsign"] = x => nn.functional.softsign(x),
        ["hardsigmoid"] = x => nn.functional.hardsigmoid(x),
        ["hardswish"] = x => nn.functional.hardswish(x),
        ["logsigmoid"] = x => nn.functional.logsigmoid(x),
        ["tanhshrink"] = x => nn.functional.tanhshrink(x),
        ["softplus of another sharpness"] = x => nn.functional.softplus(x, 3, 2),
    };

    [Fact]
    public void Relu() => AgreesWithDraws([2, 2], new ReluRule(), x => x.relu());

    [Theory]
    [MemberData(nameof(Activations))]
    public void Elementwise(string name) =>
        AgreesWithDraws([2, 2], new ElementwiseRule(Functions[name]), Functions[name]);

    [Theory]
    [InlineData(0.5, 3)]
    [InlineData(-1, 0)]
    [InlineData(0, 0)]
    public void Threshold(double threshold, double value) => AgreesWithDraws(
        [2, 2], new ThresholdRule(threshold, value), x => nn.functional.threshold(x, threshold, value));

    [Theory]
    [InlineData(0.5)]
    [InlineData(1.3)]
    [InlineData(0)]
    public void Hardshrink(double lambda) =>
        AgreesWithDraws([2, 2], new HardshrinkRule(lambda), x => nn.functional.hardshrink(x, lambda));

    [Theory]
    [InlineData(0.01)]
    [InlineData(-0.7)]
    [InlineData(2)]
    public void LeakyRelu(double slope) =>
        AgreesWithDraws([2, 2], new LeakyReluRule(slope), x => nn.functional.leaky_relu(x, slope));

    [Fact]
    public void Hardsigmoid() => AgreesWithDraws([2, 2], new HardsigmoidRule(), x => nn.functional.hardsigmoid(x));

    /// <summary>Half of a wide Gaussian is cut off at either side: quadrature of 64 nodes was some percent off there.</summary>
    [Fact]
    public void WideGaussiansMeetBothEndsOfAHardsigmoid()
    {
        var (mean, variance) = new HardsigmoidRule().Pass(new(zeros(1, 1, float64), full([1, 1], 1e12, float64)), [], []);
        Close(full([1, 1], 0.5, float64), mean, 1e-6);
        Close(full([1, 1], 0.25, float64), variance, 1e-5);
    }

    [Theory]
    [InlineData(0, 6)]
    [InlineData(-0.3, 2)]
    [InlineData(1.5, 1.6)]
    public void Clamp(double low, double high) =>
        AgreesWithDraws([2, 2], new ClampRule(low, high), x => x.clamp(low, high));

    [Theory]
    [InlineData(ScalarType.Float32, false)]
    [InlineData(ScalarType.Float32, true)]
    [InlineData(ScalarType.Float64, false)]
    [InlineData(ScalarType.Float64, true)]
    public void ABoundThatNothingReachesIsNone(ScalarType type, bool byTorch)
    {
        using var path = byTorch ? DevicePath.TakeOnCpu() : null;
        var x = new Moments(
            tensor([0.5, -3, 100, 0], [1, 4], type).requires_grad_(), tensor([1, 0.25, 4, 0], [1, 4], type).requires_grad_());
        var relu = new ThresholdRule(0, 0);
        Equal(relu, new ClampRule(0, double.PositiveInfinity));
        Equal(relu, new ClampRule(0, 1e30));
        Equal(relu, new ClampRule(0, 1e200));
        var none = new ScaleRule(ones(4, type));
        Equal(none, new ClampRule(double.NegativeInfinity, double.PositiveInfinity));
        Equal(none, new ClampRule(-1e38, 1e38));
        Equal(none, new ClampRule(-1e200, 1e200));
        Equal(none, new ThresholdRule(double.NegativeInfinity, 3));
        Equal(new ClampRule(-1e6, 1), new ClampRule(double.NegativeInfinity, 1));

        void Equal(MomentRule expected, MomentRule rule)
        {
            var (of, found) = (expected.Pass(x, [2], [2]), rule.Pass(x, [2], [2]));
            Close(of.Mean, found.Mean, 1e-6);
            Close(of.Variance, found.Variance, 1e-5);
            var gradients = autograd.grad([found.Mean.sum() + found.Variance.sum()], [x.Mean, x.Variance]);
            Assert.All(gradients, gradient => Assert.True(gradient.isfinite().all().item<bool>()));
        }
    }

    [Theory]
    [InlineData(0.5)]
    [InlineData(1.3)]
    public void Softshrink(double lambda) =>
        AgreesWithDraws([2, 2], new SoftshrinkRule(lambda), x => nn.functional.softshrink(x, lambda));

    /// <summary>The loops of a CPU against the same formulas in torch's operations, which other devices have without kernels.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(0)]
    [InlineData(1e-20)]
    [InlineData(1e6)]
    public void LoopsOverPiecesAgreeWithOperations(double scale)
    {
        MomentRule[] rules =
        [
            new ReluRule(), new ClampRule(0, 6), new ThresholdRule(0.1, -2), new HardshrinkRule(0.5), new SoftshrinkRule(1),
            new LeakyReluRule(0.2), new HardsigmoidRule(),
        ];
        var (mean, variance) = (randn(7, 30, float64) * 3, randn(7, 30, float64).square() * scale);
        var (gm, gv) = (randn(7, 30, float64), randn(7, 30, float64) / Math.Max(1, scale));
        foreach (var rule in rules)
        {
            var loops = Pass(rule);
            using var path = DevicePath.TakeOnCpu();
            foreach (var (expected, actual) in Pass(rule).Zip(loops))
                Close(expected, actual, 1e-9);
        }

        Tensor[] Pass(MomentRule rule)
        {
            var moments = new Moments(mean.clone().requires_grad_(), variance.clone().requires_grad_());
            var after = rule.Pass(moments, [], []);
            ((after.Mean * gm).sum() + (after.Variance * gv).sum()).backward();
            return [after.Mean.detach(), after.Variance.detach(), moments.Mean.grad!, moments.Variance.grad!];
        }
    }

    [Fact]
    public void FarFromTheEndsPiecesAreStraightInThirtyTwoBitsToo()
    {
        var x = new Moments(tensor(new float[] { 1000, -1000, 3 }).view(1, 3), tensor(new float[] { 1e-4f, 1e-4f, 1e-6f }).view(1, 3));
        var clamped = new ClampRule(0, 2000).Pass(x, [], []);
        Close(tensor([1000.0, 0, 3]).view(1, 3), clamped.Mean, 1e-6);
        Close(tensor([1.0, 0, 0.01]).view(1, 3), clamped.Variance * 1e4, 1e-3);
        Close(tensor([1.0, 1, 0.01]).view(1, 3), new SoftshrinkRule(0.5).Pass(x, [], []).Variance * 1e4, 1e-3);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(-1)]
    public void Softmax(long dim)
    {
        AgreesWithDraws([3, 4], new SoftmaxRule(dim), x => nn.functional.softmax(x, dim));
        AgreesWithDraws([3, 4], new LogSoftmaxRule(dim), x => nn.functional.log_softmax(x, dim));
    }

    /// <summary>A sum over positions is one of its channel alone, whatever the others are.</summary>
    [Theory]
    [InlineData(0, 1, -16, 1)]
    [InlineData(2, 0.1, -9, 1)]
    [InlineData(0, 20, 0, 0.1)]
    public void SoftmaxOverPositionsIsOfEachChannelAlone(double mean, double deviation, double otherMean, double otherDeviation)
    {
        foreach (var rule in new MomentRule[] { new SoftmaxRule(2), new LogSoftmaxRule(2) })
        {
            var both = Pass([mean, otherMean], [deviation, otherDeviation]);
            var (one, other) = (Pass([mean], [deviation]), Pass([otherMean], [otherDeviation]));
            Close(cat([one.Mean, other.Mean], 1), both.Mean, 1e-9);
            Close(cat([one.Variance, other.Variance], 1), both.Variance, 1e-9);
            // Of 9 positions each has its ninth.
            if (rule is SoftmaxRule)
                Close(full_like(both.Mean, 1 / 9.0), both.Mean, 2e-3);

            Moments Pass(double[] means, double[] deviations) => rule.Pass(
                new(tensor(means).unsqueeze(0), tensor(deviations).unsqueeze(0).square()), [9], [9]);
        }
    }

    [Theory]
    [InlineData(0, 1e-12, 5)]
    [InlineData(30, 1e-3, 5)]
    [InlineData(-1000, 1, 2)]
    [InlineData(0, 9, 60)]
    [InlineData(0, 40, 3)]
    public void SoftmaxOfOtherScales(double mean, double variance, long channels)
    {
        var (means, variances) = (mean * arange(channels, float64) / channels, full(channels, variance, float64));
        var x = randn([400_000, channels], float64) * Math.Sqrt(variance) + means;
        foreach (var log in new[] { false, true })
        {
            MomentRule rule = log ? new LogSoftmaxRule(1) : new SoftmaxRule(1);
            var moments = rule.Pass(new Moments(means.unsqueeze(0), variances.unsqueeze(0)), [], []);
            var p = log ? nn.functional.log_softmax(x, 1) : nn.functional.softmax(x, 1);
            var (m, v) = (p.mean([0]), p.var(0, unbiased: false));
            Close(m, moments.Mean[0], 0.01, $"mean, {log}");
            Close(v.sqrt(), moments.Variance[0].sqrt(), 0.01, $"deviation, {log}");
            if (!log)
                Assert.Equal(1, moments.Mean.sum().item<double>(), 1e-3);
        }
    }

    /// <summary>Deviations at which exp of a draw is beyond 64 bits, of all channels and of some beside others that hardly vary.</summary>
    [Theory]
    [InlineData(100, 100, 10)]
    [InlineData(400, 400, 10)]
    [InlineData(2000, 2000, 10)]
    [InlineData(2000, 1, 4)]
    [InlineData(400, 0.01, 4)]
    [InlineData(1e6, 1e6, 3)]
    [InlineData(1e6, 1e-12, 6)]
    [InlineData(30, 0.01, 6)]
    public void SoftmaxOfLargeVariances(double variance, double other, long channels)
    {
        var means = (linspace(-0.5, 0.5, channels, float64) * Math.Sqrt(variance)).unsqueeze(0).requires_grad_();
        var variances = where(arange(channels) % 2 == 0, full(1, variance, float64), full(1, other, float64)).unsqueeze(0);
        variances.requires_grad_();
        var x = randn([400_000, channels], float64) * variances.detach().sqrt() + means.detach();
        foreach (var log in new[] { false, true })
        {
            MomentRule rule = log ? new LogSoftmaxRule(1) : new SoftmaxRule(1);
            var moments = rule.Pass(new Moments(means, variances), [], []);
            using (DevicePath.TakeOnCpu())
            {
                var there = rule.Pass(new Moments(means, variances), [], []);
                Close(moments.Mean, there.Mean, 1e-4, $"mean of a device, {log}");
                Close(moments.Variance, there.Variance, 1e-4, $"variance of a device, {log}");
            }

            var p = log ? nn.functional.log_softmax(x, 1) : nn.functional.softmax(x, 1);
            Close(p.mean([0]), moments.Mean[0], 0.01, $"mean, {log}");
            if (!log)
                Assert.Equal(1, moments.Mean.sum().item<double>(), 1e-3);
            Close(p.var(0, unbiased: false).sqrt(), moments.Variance[0].sqrt(), 0.01, $"deviation, {log}");
            foreach (var gradient in autograd.grad([(moments.Mean + moments.Variance).square().sum()], [means, variances]))
                Assert.True(gradient.isfinite().all().item<bool>(), $"gradient, {log}");
        }
    }

    [Theory]
    [InlineData(1e-3)]
    [InlineData(1.4)]
    [InlineData(1.6)]
    [InlineData(30)]
    public void GradientsOfSoftmaxAtEveryScale(double deviation)
    {
        var mean = (Random(2, 4) * deviation).requires_grad_();
        var variance = ((rand(2, 4, float64) * 0.1 + 1) * deviation * deviation).requires_grad_();
        var directions = (Random(2, 4) / deviation, Random(2, 4) / deviation);
        foreach (var rule in new MomentRule[] { new SoftmaxRule(1), new LogSoftmaxRule(1) })
        {
            GradientsEqualDifferences(
                () =>
                {
                    var (m, v) = rule.Pass(new Moments(mean, variance), [3], [3]);
                    return (m * directions.Item1 + v * directions.Item2).sum();
                },
                1e-4, mean, variance);
        }
    }

    [Fact]
    public void GradientsOfSoftmaxAndOfWhatIsCutOff()
    {
        var (mean, variance) = (Random(2, 4).requires_grad_(), (rand(2, 4, float64) + 0.3).requires_grad_());
        var directions = (Random(2, 4), Random(2, 4));
        foreach (var rule in new MomentRule[]
        {
            new SoftmaxRule(1), new LogSoftmaxRule(1), new SoftmaxRule(2), new LogSoftmaxRule(2),
            new ThresholdRule(0.3, -1), new HardshrinkRule(0.4), new ClampRule(-0.4, 0.9),
        })
        {
            GradientsEqualDifferences(
                () =>
                {
                    var (m, v) = rule.Pass(new Moments(mean, variance), [3], [3]);
                    return (m * directions.Item1 + v * directions.Item2).sum();
                },
                1e-4, mean, variance);
        }
    }

    [Theory]
    [InlineData(1, 1, 1, true)]
    [InlineData(3, 1, 1, false)]
    [InlineData(3, 2, 2, true)]
    [InlineData(3, 4, 1, false)]
    public void Convolution2d(long kernel, long groups, long dilation, bool bias)
    {
        using var conv = nn.Conv2d(4, 8, kernel, groups: groups, dilation: dilation, bias: bias, dtype: float64);
        AgreesWithDraws([7, 6], new ConvolutionRule(conv), conv.call);
    }

    [Fact]
    public void Convolution1d()
    {
        using var conv = nn.Conv1d(4, 5, 3, stride: 2, dtype: float64);
        AgreesWithDraws([9], new ConvolutionRule(conv), conv.call);
    }

    [Fact]
    public void Convolution3d()
    {
        using var conv = nn.Conv3d(4, 5, 2, dtype: float64);
        AgreesWithDraws([3, 2, 4], new ConvolutionRule(conv), conv.call);
    }

    [Theory]
    [InlineData(3, 1, 1, 1, 1)]
    [InlineData(3, 2, 1, 1, 4)]
    [InlineData(3, 1, 2, 2, 2)]
    [InlineData(5, 3, 4, 1, 1)]
    [InlineData(1, 2, 1, 1, 1)]
    [InlineData(7, 2, 3, 1, 1)]
    public void ConvolutionOfAPaddedMap(long kernel, long stride, long padding, long dilation, long groups)
    {
        using var conv = nn.Conv2d(
            4, 8, kernel, stride: stride, padding: padding, dilation: dilation, groups: groups, dtype: float64);
        AgreesWithDraws([6, 5], new ConvolutionRule(conv), conv.call);
    }

    [Fact]
    public void ConvolutionOfAPaddedLineOrVolume()
    {
        using var line = nn.Conv1d(4, 5, 4, padding: Padding.Same, dtype: float64);
        AgreesWithDraws([6], new ConvolutionRule(line), line.call);
        using var volume = nn.Conv3d(4, 5, (3L, 2L, 3L), padding: (1L, 1L, 0L), dtype: float64);
        AgreesWithDraws([3, 2, 4], new ConvolutionRule(volume), volume.call);
    }

    [Fact]
    public void PaddingThatIsNotZerosCountsAsMoreOfTheSame()
    {
        using var circular = nn.Conv1d(4, 5, 3, padding: 1, padding_mode: PaddingModes.Circular, dtype: float64);
        AgreesWithDraws([6], new ConvolutionRule(circular), circular.call);
    }

    [Fact]
    public void Linear()
    {
        using var linear = nn.Linear(4, 6, dtype: float64);
        AgreesWithDraws([], new LinearRule(linear), linear.call);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void LinearOverTheLastDimension(bool bias)
    {
        using var line = nn.Linear(5, 3, hasBias: bias, dtype: float64);
        AgreesWithDraws([5], new LinearRule(line), line.call);
        AgreesWithDraws([2, 5], new LinearRule(line), line.call);
    }

    [Fact]
    public void LinearOverChannelsThatWereMoved()
    {
        // As in ConvNeXt: the channels go last, pass linear layers and activations, and come back.
        // The bias keeps every channel from being rarely above zero, where a million draws say little of its variance.
        using var one = nn.Linear(4, 8, dtype: float64);
        nn.init.constant_(one.bias!, 0.5);
        AgreesWithDraws(
            [2, 3], x => x.Permute(0, 2, 3, 1).Pass(new LinearRule(one), one.call).Relu().Permute(0, 3, 1, 2));

        var there = new Chained(Random(5, 4, 2, 3), new AnalyticState(new(Random(2, 4), rand(2, 4, float64)), [2, 3])).Permute(0, 2, 3, 1);
        Assert.Equal((2L, 3L, 4L), (there.State.Channels, there.State.Size[0], there.State.Size[1]));
        var back = there
            .Pass(new DropoutRule(0.5), x => nn.functional.dropout(x, 0.5))
            .Pass(new ElementwiseRule(x => x.tanh()), x => x.tanh())
            .Pass(new ThresholdRule(0, 1), x => nn.functional.threshold(x, 0, 1))
            .Pass(new HardshrinkRule(0.1), x => nn.functional.hardshrink(x, 0.1))
            .Permute(0, 2, 3, 1).Permute(0, 2, 3, 1).State;
        Assert.Equal((4L, 2L, 3L), (back.Channels, back.Size[0], back.Size[1]));
        Assert.True(back.ToMoments().Mean.std(1, unbiased: false).min().item<double>() > 0);
        var passed = there.Pass(new LinearRule(one), one.call).Permute(0, 3, 1, 2).State;
        Assert.Equal([2L, 8L], passed.ToMoments().Mean.shape);
    }

    /// <summary>The windows have as many positions as taps that meet the input.</summary>
    [Fact]
    public void MaxPoolCountsThePositionsOfItsWindows()
    {
        foreach (var (kernel, stride, padding, dilation) in
                 from kernel in new long[] { 1, 2, 3, 5, 8 }
                 from stride in new long[] { 1, 2, 3 }
                 from padding in new long[] { 0, 1, 2, 4 }
                 from dilation in new long[] { 1, 2, 3 }
                 where padding <= kernel / 2
                 select (kernel, stride, padding, dilation))
        {
            foreach (var length in new long[] { 5, 9, 16 })
            {
                var output = (length + 2 * padding - dilation * (kernel - 1) - 1) / stride + 1;
                if (output < 1)
                    continue;
                var counts = Enumerable.Range(0, (int)output).Select(window => (long)Enumerable.Range(0, (int)kernel)
                    .Select(tap => window * stride - padding + tap * dilation).Count(at => at >= 0 && at < length));
                var x = new Moments(randn([1, 2], float64), rand([1, 2], float64) + 0.1);
                var expected = Windows.Maximum(x, Windows.Shares([counts]));
                var found = new MaxPoolRule([kernel], [stride], [padding], [dilation]).Pass(x, [length], [output]);
                Close(expected.Mean, found.Mean, 1e-14);
                Close(expected.Variance, found.Variance, 1e-14);
            }
        }
    }

    [Theory]
    [InlineData(3, 1, 1, 1, false)]
    [InlineData(3, 2, 1, 1, false)]
    [InlineData(3, 3, 1, 2, true)]
    [InlineData(4, 3, 2, 1, true)]
    public void MaxPoolOfAPaddedMap(long kernel, long stride, long padding, long dilation, bool ceilMode) => AgreesWithDraws(
        [7, 8], new MaxPoolRule([kernel, kernel], [stride, stride], [padding, padding], [dilation, dilation], ceilMode),
        x => nn.functional.max_pool2d(
            x, [kernel, kernel], [stride, stride], [padding, padding], [dilation, dilation], ceilMode));

    [Theory]
    [InlineData(2, 2)]
    [InlineData(3, 2)]
    public void MaxPool(long kernel, long stride) => AgreesWithDraws(
        [7, 7], new MaxPoolRule([kernel, kernel], [stride, stride], [0, 0]),
        x => nn.functional.max_pool2d(x, [kernel, kernel], [stride, stride]));

    [Fact]
    public void MaxPool1dWithCeiling() => AgreesWithDraws(
        [8], new MaxPoolRule([2], [2], [0], ceilMode: true), x => nn.functional.max_pool1d(x, 2, 2, ceil_mode: true));

    [Theory]
    [InlineData(2, 2)]
    [InlineData(3, 1)]
    public void AvgPool(long kernel, long stride) => AgreesWithDraws(
        [6, 6], new AvgPoolRule([kernel, kernel], [stride, stride], [0, 0]),
        x => nn.functional.avg_pool2d(x, [kernel, kernel], [stride, stride]));

    [Theory]
    [InlineData(3, 2, 1, false, true)]
    [InlineData(3, 1, 1, false, false)]
    [InlineData(3, 2, 0, true, true)]
    [InlineData(4, 3, 2, true, true)]
    [InlineData(4, 3, 2, true, false)]
    public void AvgPoolOfAPaddedMap(long kernel, long stride, long padding, bool ceilMode, bool countIncludePad) => AgreesWithDraws(
        [6, 7], new AvgPoolRule([kernel, kernel], [stride, stride], [padding, padding], ceilMode, countIncludePad),
        x => nn.functional.avg_pool2d(x, [kernel, kernel], [stride, stride], [padding, padding], ceilMode, countIncludePad));

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 3)]
    [InlineData(4, 3)]
    public void AdaptiveAvgPool(long height, long width) => AgreesWithDraws(
        [5, 6], new AdaptiveAvgPoolRule([height, width]),
        x => nn.functional.adaptive_avg_pool2d(x, [height, width]));

    [Theory]
    [InlineData(1, 1)]
    [InlineData(3, 2)]
    [InlineData(4, 5)]
    public void AdaptiveMaxPool(long height, long width) => AgreesWithDraws(
        [6, 6], new AdaptiveMaxPoolRule([height, width]),
        x => nn.AdaptiveMaxPool2d([height, width]).call(x));

    [Theory]
    [InlineData(1, -1)]
    [InlineData(1, 2)]
    [InlineData(2, 3)]
    [InlineData(-2, -1)]
    public void Flatten(long start, long end) => AgreesWithDraws(
        [2, 3], new FlattenRule(start, end), x => x.flatten(start, end));

    [Theory]
    [InlineData(0)]
    [InlineData(0.3)]
    public void Dropout(double p) =>
        AgreesWithDraws([2, 2], new DropoutRule(p), x => nn.functional.dropout(x, p));

    [Theory]
    [InlineData(0, new long[] { 1, 2, 3, 0 })]
    [InlineData(1.5, new long[] { 1, 1 })]
    [InlineData(0, new long[] { 0, 0, 0, 0, 2, 3 })]
    [InlineData(-1, new long[] { 1, 0, 2, 0, 1, 1 })]
    public void Pad(double value, long[] pad) => AgreesWithDraws(
        [4, 5], new PadRule(pad, value), x => nn.functional.pad(x, pad, PaddingModes.Constant, value));

    [Fact]
    public void SumOfTwo() => AgreesWithDraws(
        [2, 2], x => x + Again(x).Pass(new DropoutRule(0.5), y => nn.functional.dropout(y, 0.5)));

    [Fact]
    public void Difference() => AgreesWithDraws([2, 2], x => x.Relu() - Again(x));

    [Fact]
    public void MatMul()
    {
        AgreesWithDraws([4], x => Chained.Join(
            new MatMulRule(), parts => matmul(parts[0], parts[1]),
            x, Again(x).Relu().Pass(new AvgPoolRule([2], [2], [0]), y => nn.functional.avg_pool1d(y, 2, 2))));
        AgreesWithDraws([3, 2], x => Chained.Join(
            new MatMulRule(), parts => matmul(parts[0], parts[1]), x, Again(x).Permute(0, 1, 3, 2)));
    }

    [Fact]
    public void Glu() => AgreesWithDraws([2, 2], new GluRule(), x => nn.functional.glu(x, 1));

    [Fact]
    public void BroadcastJoins()
    {
        AgreesWithDraws([2, 3], x => x * Again(x)
            .Pass(new AdaptiveAvgPoolRule([1, 1]), y => nn.functional.adaptive_avg_pool2d(y, [1, 1]))
            .Pass(new ElementwiseRule(y => y.sigmoid()), y => y.sigmoid()));
        AgreesWithDraws([2, 3], x => x + Again(x).Slice(1, 1, 2));
    }

    [Theory]
    [InlineData(2)]
    [InlineData(-1)]
    public void ConcatOfPositions(long axis) => AgreesWithDraws([2, 3], x => Chained.Join(
        new ConcatRule(axis), parts => cat(parts, axis), x, Again(x).Relu().Slice(axis, 0, 1), x));

    [Theory]
    [InlineData(new long[] { 2, 3 }, false)]
    [InlineData(new long[] { -1 }, true)]
    public void Max(long[] dims, bool keepdim) => AgreesWithDraws([2, 3], new MaxReductionRule(dims, keepdim), x => x.amax(dims, keepdim));

    /// <summary>Channels that differ are taken as draws of all of them mixed: exact where they do not.</summary>
    [Fact]
    public void MaxOverTheChannels()
    {
        var state = ChannelState.Gaussian(full(4, 0.5, float64), full(4, 2.0, float64), [2, 3])
            .Pass(new MaxReductionRule([1, 2], keepdim: true), empty(1, 1, 1, 3));
        using var draws = (randn([400_000, 8], float64) * Math.Sqrt(2) + 0.5).amax([1]);
        Assert.Equal([1, 3], state.Size);
        Assert.Equal(draws.mean().item<double>(), state.ToMoments().Mean.item<double>(), 0.01);
        Assert.Equal(draws.var().item<double>(), state.ToMoments().Variance.item<double>(), 0.02);
    }

    [Fact]
    public void Product() => AgreesWithDraws([2, 2], x => x * Again(x).Relu());

    [Fact]
    public void Concat() => AgreesWithDraws(
        [2, 2], x => Chained.Join(new ConcatRule(), parts => cat(parts, 1), x, Again(x).Relu(), x));

    [Theory]
    [InlineData(InterpolationMode.Nearest, false)]
    [InlineData(InterpolationMode.Bilinear, false)]
    [InlineData(InterpolationMode.Bilinear, true)]
    [InlineData(InterpolationMode.Bicubic, false)]
    [InlineData(InterpolationMode.Bicubic, true)]
    [InlineData(InterpolationMode.Area, false)]
    [InlineData(InterpolationMode.NearestExact, false)]
    public void Interpolate(InterpolationMode mode, bool alignCorners) => AgreesWithDraws(
        [3, 5], new InterpolateRule(mode, alignCorners),
        x => nn.functional.interpolate(x, [6, 7], mode: mode, align_corners: alignCorners ? true : null));

    [Fact]
    public void PixelShuffle() =>
        AgreesWithDraws([2, 3], new PixelShuffleRule(2), x => nn.functional.pixel_shuffle(x, 2));

    [Fact]
    public void PixelUnshuffle() =>
        AgreesWithDraws([4, 6], new PixelUnshuffleRule(2), x => nn.functional.pixel_unshuffle(x, 2));

    [Fact]
    public void ChannelShuffle() =>
        AgreesWithDraws([2, 2], new ChannelShuffleRule(2), x => nn.ChannelShuffle(2).call(x));

    [Theory]
    [InlineData(1, 1, 3, 1)]
    [InlineData(1, 0, 4, 2)]
    [InlineData(2, 1, 4, 2)]
    [InlineData(-1, 2, 5, 1)]
    public void Slice(long dim, long start, long end, long step) => AgreesWithDraws(
        [4, 5], new SliceRule(dim, start, end, step), x => x.slice(dim, start, end, step));

    [Theory]
    [InlineData(new long[] { 2, 3 }, false)]
    [InlineData(new long[] { -1 }, true)]
    [InlineData(new long[] { 1 }, true)]
    [InlineData(new long[] { 1, 2 }, true)]
    [InlineData(new long[] { 1 }, false)]
    [InlineData(new long[] { 1, 3 }, false)]
    [InlineData(new long[] { -2, 1 }, false)]
    public void MeanAndSum(long[] dims, bool keepdim)
    {
        AgreesWithDraws([2, 3], new MeanReductionRule(dims, keepdim), x => x.mean(dims, keepdim));
        AgreesWithDraws([2, 3], new SumReductionRule(dims, keepdim), x => x.sum(dims, keepdim));
    }

    [Fact]
    public void InterpolateOfALineOrVolume()
    {
        AgreesWithDraws(
            [5], new InterpolateRule(InterpolationMode.Linear),
            x => nn.functional.interpolate(x, [8], mode: InterpolationMode.Linear, align_corners: false));
        AgreesWithDraws(
            [3, 2, 4], new InterpolateRule(InterpolationMode.Trilinear, alignCorners: true),
            x => nn.functional.interpolate(x, [4, 4, 5], mode: InterpolationMode.Trilinear, align_corners: true));
    }

    [Fact]
    public void PoolsOfALineOrVolume()
    {
        AgreesWithDraws(
            [7], new AvgPoolRule([3], [2], [1]), x => nn.functional.avg_pool1d(x, 3, 2, 1));
        AgreesWithDraws(
            [4, 5, 3], new AvgPoolRule([2, 3, 2], [2, 1, 1], [0, 1, 1]),
            x => nn.functional.avg_pool3d(x, [2, 3, 2], [2, 1, 1], [0, 1, 1]));
        AgreesWithDraws(
            [4, 5, 3], new AdaptiveMaxPoolRule([2, 3, 2]), x => Operations.adaptive_max_pool3d(x, [2, 3, 2]));
        AgreesWithDraws(
            [4, 5, 3], new MaxPoolRule([2, 3, 2], [2, 1, 1], [0, 1, 1]),
            x => nn.functional.max_pool3d(x, [2, 3, 2], [2, 1, 1], [0, 1, 1]));
    }

    [Theory]
    [InlineData(new long[] { 4, 6 })]
    [InlineData(new long[] { 2, 2, 2, 3 })]
    [InlineData(new long[] { 8, 3 })]
    [InlineData(new long[] { 24 })]
    [InlineData(new long[] { -1, 3 })]
    [InlineData(new long[] { 3, 8 })]
    [InlineData(new long[] { 3, 2, 2, 2 })]
    [InlineData(new long[] { 12, -1 })]
    public void Reshape(long[] shape) => AgreesWithDraws(
        [2, 3], new ReshapeRule(), x => x.reshape([x.size(0), .. shape]));

    [Theory]
    [InlineData(new long[] { 0, 1, 3, 2 })]
    [InlineData(new long[] { 0, 2, 3, 1 })]
    [InlineData(new long[] { 0, 3, 1, 2 })]
    [InlineData(new long[] { 0, -1, 1, -2 })]
    public void Permute(long[] dims) => AgreesWithDraws([2, 3], new PermuteRule(dims), x => x.permute(dims));

    [Theory]
    [InlineData(new long[] { 1, -1 }, new long[] { 2, 3 })]
    [InlineData(new long[] { 2 }, new long[] { 1 })]
    [InlineData(new long[] { 1, 1, 1 }, new long[] { -3, 3, 1 })]
    public void Roll(long[] shifts, long[] dims) => AgreesWithDraws([2, 3], new RollRule(shifts, dims), x => x.roll(shifts, dims));

    /// <summary>A roll of dimensions that a permutation moved takes along the channels where they are.</summary>
    [Theory]
    [InlineData(new long[] { 1 }, new long[] { 3 })]
    [InlineData(new long[] { 1 }, new long[] { 1 })]
    [InlineData(new long[] { 1, 2 }, new long[] { -1, 2 })]
    public void RollOfPermutedDimensions(long[] shifts, long[] dims) => AgreesWithDraws([2, 3], x => x.Permute(0, 2, 3, 1)
        .Pass(new RollRule(shifts, dims), y => y.roll(shifts, dims)).Permute(0, 3, 1, 2));

    [Theory]
    [InlineData(1, 1, 3, 1)]
    [InlineData(1, -3, -1, 2)]
    [InlineData(2, 0, 1, 1)]
    [InlineData(3, 1, 4, 2)]
    public void SliceOfPermutedDimensions(long dim, long start, long end, long step) => AgreesWithDraws([3, 2], x => x.Permute(0, 2, 3, 1)
        .Pass(new SliceRule(dim, start, end, step), y => y.slice(dim, start, end, step)).Permute(0, 3, 1, 2));

    /// <summary>Rules of single dimensions, where a permutation moved the channels to the last one.</summary>
    [Theory]
    [InlineData(1, true)]
    [InlineData(1, false)]
    [InlineData(2, false)]
    [InlineData(-1, true)]
    [InlineData(-1, false)]
    public void ReductionsOfPermutedDimensions(long dim, bool keep)
    {
        AgreesWithDraws([2, 3], x => x.Permute(0, 2, 3, 1).Pass(new MeanReductionRule([dim], keep), y => y.mean([dim], keep)));
        AgreesWithDraws([2, 3], x => x.Permute(0, 2, 3, 1).Pass(new SumReductionRule([dim], keep), y => y.sum([dim], keep)));
        if (dim > 0 && keep)
        {
            AgreesWithDraws([2, 3], x => x.Permute(0, 2, 3, 1)
                .Pass(new MaxReductionRule([dim], keep), y => y.amax([dim], keep)).Permute(0, 3, 1, 2));
        }
    }

    [Fact]
    public void OperationsOnPermutedDimensions()
    {
        using var one = nn.Linear(3, 5, dtype: float64);
        AgreesWithDraws([2, 3], x => x.Permute(0, 2, 1, 3).Pass(new LinearRule(one), one.call).Permute(0, 2, 1, 3));
        AgreesWithDraws([4, 3], x => x.Permute(0, 2, 3, 1).Pass(new SoftmaxRule(1), y => y.softmax(1)).Permute(0, 3, 1, 2));
        AgreesWithDraws([2, 3], x => x.Permute(0, 2, 3, 1).Pass(new ScaleRule(tensor(1.7)), y => y * 1.7)
            .Pass(new ShiftRule(tensor(0.3)), y => y + 0.3).Pass(new FlattenRule(1, 2), y => y.flatten(1, 2)).Permute(0, 2, 1));
        AgreesWithDraws([2, 3], x => x.Permute(0, 2, 3, 1).Pass(new ReshapeRule(), y => y.reshape(-1, 3, 1, 2, 4))
            .Permute(0, 4, 1, 2, 3));
    }

    [Fact]
    public void JoinsOfPermutedDimensions()
    {
        AgreesWithDraws([2, 3], x => (x.Permute(0, 2, 3, 1) + Again(x).Relu().Permute(0, 2, 3, 1)).Permute(0, 3, 1, 2));
        AgreesWithDraws([2, 3], x => (x.Permute(0, 2, 3, 1) - Again(x).Relu().Permute(0, 2, 3, 1)).Permute(0, 3, 1, 2));

        // A gate of each channel, and values of which one has its channels in another dimension.
        AgreesWithDraws([2, 3], x => (x.Permute(0, 2, 3, 1) * Again(x).Permute(0, 2, 3, 1)
            .Pass(new MeanReductionRule([1, 2], keepdim: true), y => y.mean([1, 2], keepdim: true))).Permute(0, 3, 1, 2));
        foreach (var axis in new long[] { 1, 2, 3, -1 })
        {
            AgreesWithDraws([2, 3], x => Chained.Join(new ConcatRule(axis), parts => cat(parts, axis),
                x.Permute(0, 2, 3, 1), Again(x).Relu().Permute(0, 2, 3, 1)).Permute(0, 3, 1, 2));
        }
    }

    [Fact]
    public void Squeeze()
    {
        AgreesWithDraws([1, 3], new SqueezeRule(2), x => x.squeeze(2));
        AgreesWithDraws([1, 3], new SqueezeRule(3), x => x.squeeze(3));
        AgreesWithDraws([2, 3], x => x.Slice(1, 1, 2).Pass(new SqueezeRule(1), y => y.squeeze(1)));
    }

    [Fact]
    public void LayerScale()
    {
        var scale = Random(4);
        AgreesWithDraws([2, 2], new ScaleRule(scale), x => x * scale.view(4, 1, 1));
    }

    [Fact]
    public void Shift()
    {
        var shift = Random(4);
        AgreesWithDraws([2, 2], new ShiftRule(shift), x => x + shift.view(4, 1, 1));
    }

    [Fact]
    public void StochasticDepth() => AgreesWithDraws(
        [], new DropoutRule(0.3), x => x * (rand(x.size(0), 1, float64) > 0.3) / 0.7);

    [Fact]
    public void PRelu()
    {
        var slope = Random(4);
        AgreesWithDraws(
            [2, 2], new PReluRule(slope), x => where(x > 0, x, x * slope.view(4, 1, 1)));
    }

    [Fact]
    public void FarFromZeroPReluIsStraightInThirtyTwoBitsToo()
    {
        var x = new Moments(tensor(new float[] { 1, -1, 1000, -1000 }).view(1, 4), tensor(new float[] { 1e-6f, 1e-6f, 1, 1 }).view(1, 4));
        var after = new PReluRule(tensor(new float[] { 0.25f, 0.25f, -1, -1 })).Pass(x, [], []);
        Close(tensor(new float[] { 1, -0.25f, 1000, 1000 }).view(1, 4), after.Mean, 1e-6);
        Close(tensor(new float[] { 1, 0.0625f, 1, 1 }).view(1, 4), after.Variance / tensor(new float[] { 1e-6f, 1e-6f, 1, 1 }), 1e-3);
    }

    [Theory]
    [InlineData(3, 1, 1)]
    [InlineData(2, 2, 1)]
    [InlineData(2, 2, 2)]
    [InlineData(4, 2, 1)]
    public void TransposedConvolution2d(long kernel, long stride, long groups)
    {
        using var conv = nn.ConvTranspose2d(4, 6, kernel, stride: stride, groups: groups, dtype: float64);

        AgreesWithDraws([5, 4], new ConvolutionRule(conv), conv.call);
    }

    [Fact]
    public void TransposedConvolutionOfACroppedLine()
    {
        using var conv = nn.ConvTranspose1d(
            4, 6, 3, stride: 3, padding: 2, output_padding: 1, dilation: 2, groups: 2, dtype: float64);
        AgreesWithDraws([5], new ConvolutionRule(conv), conv.call);
    }

    [Theory]
    [InlineData(2, 1)]
    [InlineData(-1, -1)]
    [InlineData(1, 2)]
    [InlineData(1, -4)]
    public void Select(long dim, long index) => AgreesWithDraws([2, 3], new SelectRule(dim, index), x => x.select(dim, index));

    [Fact]
    public void WhatHasNoRuleSaysSo()
    {
        var state = new AnalyticState(new(Random(1, 4), rand(1, 4, float64)), [2, 3]);
        var value = Random(5, 4, 2, 3);
        Assert.Contains(
            "FlattenRule gives the moments of 24 channels for a value of shape [5, 4, 2, 3]",
            Assert.Throws<ArgumentException>(() => state.Pass(new FlattenRule(), value)).Message);
        Assert.Contains("[1, 0, 2, 3]", Assert.Throws<ArgumentException>(() => state.Pass(new PermuteRule([1, 0, 2, 3]), value)).Message);
        Assert.Throws<ArgumentException>(() => state.Pass(new PermuteRule([0, 1, 2, 2]), value));
        Assert.Contains("batch", Assert.Throws<ArgumentException>(() => state.Pass(new MeanReductionRule([1, 2, 3]), Random(5))).Message);
        var flat = state.Pass(new FlattenRule(), Random(5, 24));
        Assert.Throws<ArgumentException>(() => ChannelState.Join(new MatMulRule(), value, state, flat));
        Assert.Throws<ArgumentOutOfRangeException>(() => ChannelState.Join(new ConcatRule(0), value, state, state));
        Assert.Throws<ArgumentOutOfRangeException>(() => state.Pass(new SoftmaxRule(0), value));
        Assert.Throws<ArgumentOutOfRangeException>(() => state.Pass(new MeanReductionRule([0], keepdim: true), value));
        Assert.Throws<ArgumentOutOfRangeException>(() => new DropoutRule(1));
    }

    [Fact]
    public void ConcatOfOneRowAndMany()
    {
        var one = new AnalyticState(new(Random(1, 2), rand(1, 2, float64)), [3]);
        var many = new AnalyticState(new(Random(4, 3), rand(4, 3, float64)), [3]);
        var joined = ChannelState.Join(new ConcatRule(), empty(1, 5, 3), one, many)!.ToMoments();
        Assert.Equal([4L, 5L], joined.Mean.shape);
        Close(cat([one.ToMoments().Mean.expand(4, 2), many.ToMoments().Mean], 1), joined.Mean, 0);
        Close(cat([one.ToMoments().Variance.expand(4, 2), many.ToMoments().Variance], 1), joined.Variance, 0);
    }

    [Fact]
    public void StatesOfOtherMicroBatchesAreMixed()
    {
        var two = new AnalyticState(new(Random(2, 2), rand(2, 2, float64)), [3]);
        var three = new AnalyticState(new(Random(3, 2), rand(3, 2, float64)), [3]);
        foreach (var (rule, channels) in new (JoinRule, long)[] { (new SumRule(), 2), (new ProductRule(), 2), (new ConcatRule(), 4) })
            Assert.Equal(1, ChannelState.Join(rule, empty(1, channels, 3), two, three)!.ToMoments().Rows);
        var mixed = two.ToMoments().ForRows(1);
        var (mean, variance) = (two.ToMoments().Mean, two.ToMoments().Variance);
        Close(mean.mean([0], keepdim: true), mixed.Mean, 1e-12);
        Close((variance + mean.square()).mean([0], keepdim: true) - mixed.Mean.square(), mixed.Variance, 1e-12);
    }

    [Fact]
    public void AnUnknownStateCutsAJoin()
    {
        var state = new AnalyticState(new(Random(1, 2), rand(1, 2, float64)), [3]);
        foreach (var rule in new JoinRule[] { new SumRule(), new DifferenceRule(), new ProductRule(), new ConcatRule(), new MatMulRule() })
        {
            Assert.Null(ChannelState.Join(rule, empty(1, 2, 3), state, null));
            Assert.Null(ChannelState.Join(rule, empty(1, 2, 3), null, state));
        }
    }

    [Theory]
    [InlineData(1, 0, 1)]
    [InlineData(2, 0.5641895835477563, 0.6816901138162094)]
    [InlineData(3, 0.8462843753216345, 0.5594672037973512)]
    [InlineData(4, 1.0293753730039641, 0.4917152368747342)]
    [InlineData(9, 1.4850131622091, 0.357353326)]
    public void MomentsOfTheMaximumOfNormals(long count, double mean, double variance)
    {
        var (actualMean, actualVariance) = MaximumOfNormals.MeanAndVariance(count);
        Assert.Equal(mean, actualMean, 1e-6);
        Assert.Equal(variance, actualVariance, 1e-6);
    }

    [Fact]
    public void QuadratureIsExactForPolynomials()
    {
        var (nodes, weights) = GaussHermite.Rule(64);
        Assert.Equal(1, weights.Sum(), 1e-13);
        Assert.Equal(1, nodes.Zip(weights, (x, w) => w * x * x).Sum(), 1e-12);
        Assert.Equal(945, nodes.Zip(weights, (x, w) => w * Math.Pow(x, 10)).Sum(), 1e-8);
        Assert.Equal(0, nodes.Zip(weights, (x, w) => w * x * x * x).Sum(), 1e-12);
    }

    [Fact]
    public void AConstantStaysAConstantAndItsGradientIsFinite()
    {
        var mean = tensor(new[,] { { -1.0, 0, 2 } }).requires_grad_();
        var variance = zeros(1, 3, float64).requires_grad_();
        foreach (var (rule, length) in new (MomentRule, long)[]
        {
            (new ReluRule(), 4), (new ElementwiseRule(x => x.sigmoid()), 4), (new MaxPoolRule([2], [2], [0]), 2),
        })
        {
            var moments = new AnalyticState(new(mean, variance), [4]).Pass(rule, empty(1, 3, length)).ToMoments();
            Close(zeros(1, 3, float64), moments.Variance, 1e-12);
            (moments.Mean.sum() + moments.Variance.sum()).backward();
            Assert.True(mean.grad!.isfinite().all().item<bool>());
            Assert.True(variance.grad!.isfinite().all().item<bool>());
        }
    }

    /// <summary>Another draw of what a test begins with.</summary>
    private static Chained Again(Chained x) => Begin(x.Value.size(0), x.Value.shape[2..]);

    private static Chained Begin(long samples, long[] size) => new(
        Draw(samples, size), new AnalyticState(new(tensor(Means).view(1, 4), tensor(Variances).view(1, 4)), size));

    private static Tensor Draw(long samples, long[] size)
    {
        long[] shape = [1, 4, .. size.Select(_ => 1L)];
        // Thirty-two bits are drawn several times as fast, and are as good for a million.
        return randn([samples, 4, .. size], float32).to(float64) * tensor(Variances).sqrt().view(shape) + tensor(Means).view(shape);
    }

    private static void AgreesWithDraws(long[] size, MomentRule rule, Func<Tensor, Tensor> operation) =>
        AgreesWithDraws(size, x => x.Pass(rule, operation));

    private static void AgreesWithDraws(long[] size, Func<Chained, Chained> operation)
    {
        using var noGrad = no_grad();

        // The million counts for the output: every channel's moments are taken over that many values.
        var (one, state) = operation(Begin(1, size));
        var samples = Draws / Math.Max(1, one.numel() / one.size(1));
        var piece = Math.Max(1, Piece / size.Aggregate(Means.LongLength, (values, length) => values * length));
        var expected = state.ToMoments();
        var (sum, squares, fourths) = (zeros(state.Channels, float64), zeros(state.Channels, float64), zeros(state.Channels, float64));
        var count = 0L;
        for (long done = 0; done < samples; done += piece)
        {
            using var scope = NewDisposeScope();
            var (x, after) = operation(Begin(Math.Min(piece, samples - done), size));
            Assert.Equal(x.shape[2..], after.Size);
            Assert.Equal(x.size(1), after.Channels);
            var differences = x.transpose(0, 1).flatten(1) - expected.Mean[0].unsqueeze(1);
            var square = differences.square();
            sum.add_(differences.sum(1));
            squares.add_(square.sum(1));
            fourths.add_(square.square().sum(1));
            count += square.size(1);
        }

        var off = sum / count;
        var variance = squares / count - off.square();

        // 1 % of the value's size: a mean near zero is measured by the spread around it.
        var meanError = (off / (expected.Variance[0] + expected.Mean[0].square()).sqrt().clamp_min(1e-9)).abs().max().item<double>();
        // Where few of the draws make the variance, it is measured by four standard errors.
        var chance = (fourths / count - variance.square()).clamp_min(0).sqrt() * (4 / Math.Sqrt(count));
        var spread = maximum(expected.Variance[0], chance / Tolerance).clamp_min(1e-9);
        var varianceError = ((variance - expected.Variance[0]) / spread).abs().max().item<double>();
        Assert.True(meanError < Tolerance, $"mean off by {meanError:P2}");
        Assert.True(varianceError < Tolerance, $"variance off by {varianceError:P2}");
    }
}
