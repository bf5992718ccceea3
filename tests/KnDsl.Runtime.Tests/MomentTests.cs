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
    public void Relu() => AgreesWithDraws([2, 2], state => state.Relu(), x => x.relu());

    [Theory]
    [MemberData(nameof(Activations))]
    public void Elementwise(string name) =>
        AgreesWithDraws([2, 2], state => state.Apply(Functions[name]), Functions[name]);

    [Theory]
    [InlineData(0.5, 3)]
    [InlineData(-1, 0)]
    [InlineData(0, 0)]
    public void Threshold(double threshold, double value) => AgreesWithDraws(
        [2, 2], state => state.Threshold(threshold, value), x => nn.functional.threshold(x, threshold, value));

    [Theory]
    [InlineData(0.5)]
    [InlineData(1.3)]
    [InlineData(0)]
    public void Hardshrink(double lambda) =>
        AgreesWithDraws([2, 2], state => state.Hardshrink(lambda), x => nn.functional.hardshrink(x, lambda));

    [Theory]
    [InlineData(0, 6)]
    [InlineData(-0.3, 2)]
    [InlineData(1.5, 1.6)]
    public void Clamp(double low, double high) =>
        AgreesWithDraws([2, 2], state => state.Clamp(low, high), x => x.clamp(low, high));

    [Theory]
    [InlineData(0.5)]
    [InlineData(1.3)]
    public void Softshrink(double lambda) =>
        AgreesWithDraws([2, 2], state => state.Softshrink(lambda), x => nn.functional.softshrink(x, lambda));

    [Fact]
    public void FarFromTheEndsPiecesAreStraightInThirtyTwoBitsToo()
    {
        var x = new Moments(tensor(new float[] { 1000, -1000, 3 }).view(1, 3), tensor(new float[] { 1e-4f, 1e-4f, 1e-6f }).view(1, 3));
        var clamped = PiecewiseLinearMoments.OfClamp(x, 0, 2000);
        Close(tensor([1000.0, 0, 3]).view(1, 3), clamped.Mean, 1e-6);
        Close(tensor([1.0, 0, 0.01]).view(1, 3), clamped.Variance * 1e4, 1e-3);
        Close(tensor([1.0, 1, 0.01]).view(1, 3), PiecewiseLinearMoments.OfShrink(x, 0.5, 0.5).Variance * 1e4, 1e-3);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(-1)]
    public void Softmax(long dim)
    {
        AgreesWithDraws([3, 4], state => state.Softmax(dim), x => nn.functional.softmax(x, dim));
        AgreesWithDraws([3, 4], state => state.LogSoftmax(dim), x => nn.functional.log_softmax(x, dim));
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
            var moments = SoftmaxMoments.OverChannels(new(means.unsqueeze(0), variances.unsqueeze(0)), log);
            var p = log ? nn.functional.log_softmax(x, 1) : nn.functional.softmax(x, 1);
            var (m, v) = (p.mean([0]), p.var(0, unbiased: false));
            Close(m, moments.Mean[0], 0.01, $"mean, {log}");
            Close(v.sqrt(), moments.Variance[0].sqrt(), 0.01, $"deviation, {log}");
            if (!log) Assert.Equal(1, moments.Mean.sum().item<double>(), 1e-3);
        }
    }

    [Fact]
    public void GradientsOfSoftmaxAndOfWhatIsCutOff()
    {
        var (mean, variance) = (Random(2, 4).requires_grad_(), (rand(2, 4, float64) + 0.3).requires_grad_());
        var directions = (Random(2, 4), Random(2, 4));
        foreach (var rule in new Func<Moments, Moments>[]
        {
            x => SoftmaxMoments.OverChannels(x, log: false), x => SoftmaxMoments.OverChannels(x, log: true),
            x => SoftmaxMoments.OverPositions(x, 3, log: false), x => SoftmaxMoments.OverPositions(x, 3, log: true),
            x => PiecewiseLinearMoments.OfThreshold(x, 0.3, -1), x => PiecewiseLinearMoments.OfShrink(x, 0.4, 0),
            x => PiecewiseLinearMoments.OfClamp(x, -0.4, 0.9),
        })
            GradientsEqualDifferences(
                () =>
                {
                    var (m, v) = rule(new(mean, variance));
                    return (m * directions.Item1 + v * directions.Item2).sum();
                },
                1e-4, mean, variance);
    }

    [Theory]
    [InlineData(1, 1, 1, true)]
    [InlineData(3, 1, 1, false)]
    [InlineData(3, 2, 2, true)]
    [InlineData(3, 4, 1, false)]
    public void Convolution2d(long kernel, long groups, long dilation, bool bias)
    {
        using var conv = nn.Conv2d(4, 8, kernel, groups: groups, dilation: dilation, bias: bias, dtype: float64);
        AgreesWithDraws([7, 6], state => state.Through(conv), conv.call);
    }

    [Fact]
    public void Convolution1d()
    {
        using var conv = nn.Conv1d(4, 5, 3, stride: 2, dtype: float64);
        AgreesWithDraws([9], state => state.Through(conv), conv.call);
    }

    [Fact]
    public void Convolution3d()
    {
        using var conv = nn.Conv3d(4, 5, 2, dtype: float64);
        AgreesWithDraws([3, 2, 4], state => state.Through(conv), conv.call);
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
        AgreesWithDraws([6, 5], state => state.Through(conv), conv.call);
    }

    [Fact]
    public void ConvolutionOfAPaddedLineOrVolume()
    {
        using var line = nn.Conv1d(4, 5, 4, padding: Padding.Same, dtype: float64);
        AgreesWithDraws([6], state => state.Through(line), line.call);
        using var volume = nn.Conv3d(4, 5, (3L, 2L, 3L), padding: (1L, 1L, 0L), dtype: float64);
        AgreesWithDraws([3, 2, 4], state => state.Through(volume), volume.call);
    }

    [Fact]
    public void PaddingThatIsNotZerosCountsAsMoreOfTheSame()
    {
        using var circular = nn.Conv1d(4, 5, 3, padding: 1, padding_mode: PaddingModes.Circular, dtype: float64);
        AgreesWithDraws([6], state => state.Through(circular), circular.call);
    }

    [Fact]
    public void Linear()
    {
        using var linear = nn.Linear(4, 6, dtype: float64);
        AgreesWithDraws([], state => state.Through(linear), linear.call);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void LinearOverTheLastDimension(bool bias)
    {
        using var line = nn.Linear(5, 3, hasBias: bias, dtype: float64);
        AgreesWithDraws([5], state => state.Through(line), line.call);
        AgreesWithDraws([2, 5], state => state.Through(line), line.call);
    }

    [Fact]
    public void LinearOverChannelsThatWereMoved()
    {
        // As in ConvNeXt: the channels go last, pass linear layers and activations, and come back.
        using var one = nn.Linear(4, 8, dtype: float64);
        using var two = nn.Linear(8, 5, dtype: float64);
        AgreesWithDraws(
            [2, 3], state => state.Permute(0, 2, 3, 1).Through(one).Relu().Permute(0, 3, 1, 2),
            x => one.call(x.permute(0, 2, 3, 1)).relu().permute(0, 3, 1, 2));

        var there = new AnalyticState(new(Random(2, 4), rand(2, 4, float64)), [2, 3]).Permute(0, 2, 3, 1);
        Assert.Equal((2L, 3L, 4L), (there.Channels, there.Size[0], there.Size[1]));
        var back = there.Dropout(0.5).Apply(x => x.tanh()).Threshold(0, 1).Hardshrink(0.1).Permute(0, 2, 3, 1).Permute(0, 2, 3, 1);
        Assert.Equal((4L, 2L, 3L), (back.Channels, back.Size[0], back.Size[1]));
        Assert.True(back.Moments().Mean.std(1, unbiased: false).min().item<double>() > 0);
        Assert.Equal([2L, 8L], there.Through(one).Permute(0, 3, 1, 2).Moments().Mean.shape);
    }

    [Theory]
    [InlineData(3, 1, 1, 1, false)]
    [InlineData(3, 2, 1, 1, false)]
    [InlineData(3, 3, 1, 2, true)]
    [InlineData(4, 3, 2, 1, true)]
    public void MaxPoolOfAPaddedMap(long kernel, long stride, long padding, long dilation, bool ceilMode) => AgreesWithDraws(
        [7, 8], state => state.MaxPool([kernel, kernel], [stride, stride], [padding, padding], [dilation, dilation], ceilMode),
        x => nn.functional.max_pool2d(
            x, [kernel, kernel], [stride, stride], [padding, padding], [dilation, dilation], ceilMode));

    [Theory]
    [InlineData(2, 2)]
    [InlineData(3, 2)]
    public void MaxPool(long kernel, long stride) => AgreesWithDraws(
        [7, 7], state => state.MaxPool([kernel, kernel], [stride, stride], [0, 0]),
        x => nn.functional.max_pool2d(x, [kernel, kernel], [stride, stride]));

    [Fact]
    public void MaxPool1dWithCeiling() => AgreesWithDraws(
        [8], state => state.MaxPool([2], [2], [0], ceilMode: true), x => nn.functional.max_pool1d(x, 2, 2, ceil_mode: true));

    [Theory]
    [InlineData(2, 2)]
    [InlineData(3, 1)]
    public void AvgPool(long kernel, long stride) => AgreesWithDraws(
        [6, 6], state => state.AvgPool([kernel, kernel], [stride, stride], [0, 0]),
        x => nn.functional.avg_pool2d(x, [kernel, kernel], [stride, stride]));

    [Theory]
    [InlineData(3, 2, 1, false, true)]
    [InlineData(3, 1, 1, false, false)]
    [InlineData(3, 2, 0, true, true)]
    [InlineData(4, 3, 2, true, true)]
    [InlineData(4, 3, 2, true, false)]
    public void AvgPoolOfAPaddedMap(long kernel, long stride, long padding, bool ceilMode, bool countIncludePad) => AgreesWithDraws(
        [6, 7], state => state.AvgPool([kernel, kernel], [stride, stride], [padding, padding], ceilMode, countIncludePad),
        x => nn.functional.avg_pool2d(x, [kernel, kernel], [stride, stride], [padding, padding], ceilMode, countIncludePad));

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 3)]
    [InlineData(4, 3)]
    public void AdaptiveAvgPool(long height, long width) => AgreesWithDraws(
        [5, 6], state => state.AdaptiveAvgPool([height, width]),
        x => nn.functional.adaptive_avg_pool2d(x, [height, width]));

    [Theory]
    [InlineData(1, 1)]
    [InlineData(3, 2)]
    [InlineData(4, 5)]
    public void AdaptiveMaxPool(long height, long width) => AgreesWithDraws(
        [6, 6], state => state.AdaptiveMaxPool([height, width]),
        x => nn.AdaptiveMaxPool2d([height, width]).call(x));

    [Theory]
    [InlineData(1, -1)]
    [InlineData(1, 2)]
    [InlineData(2, 3)]
    [InlineData(-2, -1)]
    public void Flatten(long start, long end) => AgreesWithDraws(
        [2, 3], state => state.Flatten(start, end), x => x.flatten(start, end));

    [Theory]
    [InlineData(0)]
    [InlineData(0.3)]
    public void Dropout(double p) =>
        AgreesWithDraws([2, 2], state => state.Dropout(p), x => nn.functional.dropout(x, p));

    [Theory]
    [InlineData(0, new long[] { 1, 2, 3, 0 })]
    [InlineData(1.5, new long[] { 1, 1 })]
    [InlineData(0, new long[] { 0, 0, 0, 0, 2, 3 })]
    [InlineData(-1, new long[] { 1, 0, 2, 0, 1, 1 })]
    public void Pad(double value, long[] pad) => AgreesWithDraws(
        [4, 5], state => state.Pad(pad, value), x => nn.functional.pad(x, pad, PaddingModes.Constant, value));

    [Fact]
    public void Add() => AgreesWithDraws(
        [2, 2], state => ChannelState.Add(state, state.Dropout(0.5))!,
        x => x + nn.functional.dropout(DrawLike(x), 0.5));

    [Fact]
    public void Subtract() => AgreesWithDraws(
        [2, 2], state => ChannelState.Subtract(state.Relu(), state)!, x => x.relu() - DrawLike(x));

    [Fact]
    public void MatMul()
    {
        AgreesWithDraws(
            [4], state => ChannelState.MatMul(state, state.Relu().AvgPool([2], [2], [0]))!,
            x => matmul(x, nn.functional.avg_pool1d(DrawLike(x).relu(), 2, 2)));
        AgreesWithDraws(
            [3, 2], state => ChannelState.MatMul(state, state.Permute(0, 1, 3, 2))!,
            x => matmul(x, DrawLike(x).permute(0, 1, 3, 2)));
    }

    [Fact]
    public void Glu() => AgreesWithDraws([2, 2], state => state.Glu(), x => nn.functional.glu(x, 1));

    [Fact]
    public void BroadcastJoins()
    {
        AgreesWithDraws(
            [2, 3], state => ChannelState.Multiply(state, state.AdaptiveAvgPool([1, 1]).Apply(x => x.sigmoid()))!,
            x => x * nn.functional.adaptive_avg_pool2d(DrawLike(x), [1, 1]).sigmoid());
        AgreesWithDraws(
            [2, 3], state => ChannelState.Add(state, state.Slice(1, 1, 2))!, x => x + DrawLike(x).slice(1, 1, 2, 1));
    }

    [Theory]
    [InlineData(2)]
    [InlineData(-1)]
    public void ConcatOfPositions(long dim) => AgreesWithDraws(
        [2, 3], state => ChannelState.Concat(dim, state, state.Relu().Slice(dim, 0, 1), state)!,
        x => cat([x, DrawLike(x).relu().slice(dim, 0, 1, 1), x], dim));

    [Theory]
    [InlineData(new long[] { 2, 3 }, false)]
    [InlineData(new long[] { -1 }, true)]
    public void Max(long[] dims, bool keepdim) => AgreesWithDraws([2, 3], state => state.Max(dims, keepdim), x => x.amax(dims, keepdim));

    /// <summary>Channels that differ are taken as draws of all of them mixed: exact where they do not.</summary>
    [Fact]
    public void MaxOverTheChannels()
    {
        var state = ChannelState.Gaussian(full(4, 0.5, float64), full(4, 2.0, float64), [2, 3]).Max([1, 2], keepdim: true);
        using var draws = (randn([400_000, 8], float64) * Math.Sqrt(2) + 0.5).amax([1]);
        Assert.Equal([1, 3], state.Size);
        Assert.Equal(draws.mean().item<double>(), state.Moments().Mean.item<double>(), 0.01);
        Assert.Equal(draws.var().item<double>(), state.Moments().Variance.item<double>(), 0.02);
    }

    [Fact]
    public void Multiply() => AgreesWithDraws(
        [2, 2], state => ChannelState.Multiply(state, state.Relu())!, x => x * DrawLike(x).relu());

    [Fact]
    public void Concat() => AgreesWithDraws(
        [2, 2], state => ChannelState.Concat(state, state.Relu(), state)!, x => cat([x, DrawLike(x).relu(), x], 1));

    [Theory]
    [InlineData(InterpolationMode.Nearest, false)]
    [InlineData(InterpolationMode.Bilinear, false)]
    [InlineData(InterpolationMode.Bilinear, true)]
    [InlineData(InterpolationMode.Bicubic, false)]
    [InlineData(InterpolationMode.Bicubic, true)]
    [InlineData(InterpolationMode.Area, false)]
    [InlineData(InterpolationMode.NearestExact, false)]
    public void Interpolate(InterpolationMode mode, bool alignCorners) => AgreesWithDraws(
        [3, 5], state => state.Interpolate([6, 7], mode, alignCorners),
        x => nn.functional.interpolate(x, [6, 7], mode: mode, align_corners: alignCorners ? true : null));

    [Fact]
    public void PixelShuffle() =>
        AgreesWithDraws([2, 3], state => state.PixelShuffle(2), x => nn.functional.pixel_shuffle(x, 2));

    [Fact]
    public void PixelUnshuffle() =>
        AgreesWithDraws([4, 6], state => state.PixelUnshuffle(2), x => nn.functional.pixel_unshuffle(x, 2));

    [Fact]
    public void ChannelShuffle() =>
        AgreesWithDraws([2, 2], state => state.ChannelShuffle(2), x => nn.ChannelShuffle(2).call(x));

    [Theory]
    [InlineData(1, 1, 3, 1)]
    [InlineData(1, 0, 4, 2)]
    [InlineData(2, 1, 4, 2)]
    [InlineData(-1, 2, 5, 1)]
    public void Slice(long dim, long start, long end, long step) => AgreesWithDraws(
        [4, 5], state => state.Slice(dim, start, end, step), x => x.slice(dim, start, end, step));

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
        AgreesWithDraws([2, 3], state => state.Mean(dims, keepdim), x => x.mean(dims, keepdim));
        AgreesWithDraws([2, 3], state => state.Sum(dims, keepdim), x => x.sum(dims, keepdim));
    }

    [Fact]
    public void InterpolateOfALineOrVolume()
    {
        AgreesWithDraws(
            [5], state => state.Interpolate([8], InterpolationMode.Linear),
            x => nn.functional.interpolate(x, [8], mode: InterpolationMode.Linear, align_corners: false));
        AgreesWithDraws(
            [3, 2, 4], state => state.Interpolate([4, 4, 5], InterpolationMode.Trilinear, alignCorners: true),
            x => nn.functional.interpolate(x, [4, 4, 5], mode: InterpolationMode.Trilinear, align_corners: true));
    }

    [Fact]
    public void PoolsOfALineOrVolume()
    {
        AgreesWithDraws(
            [7], state => state.AvgPool([3], [2], [1]), x => nn.functional.avg_pool1d(x, 3, 2, 1));
        AgreesWithDraws(
            [4, 5, 3], state => state.AvgPool([2, 3, 2], [2, 1, 1], [0, 1, 1]),
            x => nn.functional.avg_pool3d(x, [2, 3, 2], [2, 1, 1], [0, 1, 1]));
        AgreesWithDraws(
            [4, 5, 3], state => state.AdaptiveMaxPool([2, 3, 2]), x => Operations.adaptive_max_pool3d(x, [2, 3, 2]));
        AgreesWithDraws(
            [4, 5, 3], state => state.MaxPool([2, 3, 2], [2, 1, 1], [0, 1, 1]),
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
        [2, 3], state => state.Reshape(shape), x => x.reshape([x.size(0), .. shape]));

    [Theory]
    [InlineData(new long[] { 0, 1, 3, 2 })]
    [InlineData(new long[] { 0, 2, 3, 1 })]
    [InlineData(new long[] { 0, 3, 1, 2 })]
    [InlineData(new long[] { 0, -1, 1, -2 })]
    public void Permute(long[] dims) => AgreesWithDraws([2, 3], state => state.Permute(dims), x => x.permute(dims));

    [Fact]
    public void Squeeze()
    {
        AgreesWithDraws([1, 3], state => state.Squeeze(), x => x.squeeze(2));
        AgreesWithDraws([1, 3], state => state.Squeeze(2), x => x.squeeze(2));
        AgreesWithDraws([1, 3], state => state.Squeeze(3), x => x.squeeze(3));
        AgreesWithDraws([2, 3], state => state.Slice(1, 1, 2).Squeeze(1), x => x.slice(1, 1, 2, 1).squeeze(1));
    }

    [Fact]
    public void LayerScale()
    {
        var scale = Random(4);
        AgreesWithDraws([2, 2], state => state.LayerScale(scale), x => x * scale.view(4, 1, 1));
    }

    [Fact]
    public void Shift()
    {
        var shift = Random(4);
        AgreesWithDraws([2, 2], state => state.Shift(shift), x => x + shift.view(4, 1, 1));
    }

    [Fact]
    public void StochasticDepth() => AgreesWithDraws(
        [], state => state.StochasticDepth(0.3), x => x * (rand(x.size(0), 1, float64) > 0.3) / 0.7);

    [Fact]
    public void PRelu()
    {
        var slope = Random(4);
        AgreesWithDraws(
            [2, 2], state => state.PRelu(slope), x => where(x > 0, x, x * slope.view(4, 1, 1)));
    }

    [Theory]
    [InlineData(3, 1, 1)]
    [InlineData(2, 2, 1)]
    [InlineData(2, 2, 2)]
    [InlineData(4, 2, 1)]
    public void TransposedConvolution2d(long kernel, long stride, long groups)
    {
        using var conv = nn.ConvTranspose2d(4, 6, kernel, stride: stride, groups: groups, dtype: float64);

        AgreesWithDraws([5, 4], state => state.Through(conv), conv.call);
    }

    [Fact]
    public void TransposedConvolutionOfACroppedLine()
    {
        using var conv = nn.ConvTranspose1d(
            4, 6, 3, stride: 3, padding: 2, output_padding: 1, dilation: 2, groups: 2, dtype: float64);
        AgreesWithDraws([5], state => state.Through(conv), conv.call);
    }

    [Fact]
    public void WhatHasNoRuleSaysSo()
    {
        var state = new AnalyticState(new(Random(1, 4), rand(1, 4, float64)), [2, 3]);
        Assert.Contains("[N, 4, 2, 3] cannot be reshaped to [N, 16]", Assert.Throws<ArgumentException>(() => state.Reshape(16)).Message);
        Assert.Contains("[1, 0, 2, 3]", Assert.Throws<ArgumentException>(() => state.Permute(1, 0, 2, 3)).Message);
        Assert.Throws<ArgumentException>(() => state.Permute(0, 1, 2, 2));
        Assert.Contains("batch", Assert.Throws<ArgumentException>(() => state.Mean([1, 2, 3])).Message);
        Assert.Throws<ArgumentException>(() => ChannelState.MatMul(state, state.Flatten()));
        Assert.Throws<ArgumentOutOfRangeException>(() => ChannelState.Concat(0, state, state));
        Assert.Throws<ArgumentOutOfRangeException>(() => state.Softmax(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => state.Mean([0], keepdim: true));
        Assert.Throws<ArgumentOutOfRangeException>(() => state.Dropout(1));
        Assert.Throws<ArgumentException>(() => state.Pad([1, 1, 1]));
    }

    [Fact]
    public void ConcatOfOneRowAndMany()
    {
        var one = new AnalyticState(new(Random(1, 2), rand(1, 2, float64)), [3]);
        var many = new AnalyticState(new(Random(4, 3), rand(4, 3, float64)), [3]);
        var joined = ChannelState.Concat(one, many)!.Moments();
        Assert.Equal([4L, 5L], joined.Mean.shape);
        Close(cat([one.Moments().Mean.expand(4, 2), many.Moments().Mean], 1), joined.Mean, 0);
        Close(cat([one.Moments().Variance.expand(4, 2), many.Moments().Variance], 1), joined.Variance, 0);
    }

    [Fact]
    public void StatesOfOtherMicroBatchesAreMixed()
    {
        var (two, three) = (new AnalyticState(new(Random(2, 2), rand(2, 2, float64)), [3]), new AnalyticState(new(Random(3, 2), rand(3, 2, float64)), [3]));
        foreach (var joined in new[] { ChannelState.Add(two, three), ChannelState.Multiply(two, three), ChannelState.Concat(two, three) })
            Assert.Equal(1, joined!.Moments().Rows);
        var mixed = two.Moments().ForRows(1);
        var (mean, variance) = (two.Moments().Mean, two.Moments().Variance);
        Close(mean.mean([0], keepdim: true), mixed.Mean, 1e-12);
        Close((variance + mean.square()).mean([0], keepdim: true) - mixed.Mean.square(), mixed.Variance, 1e-12);
    }

    [Fact]
    public void AnUnknownStateCutsAJoin()
    {
        var state = new AnalyticState(new(Random(1, 2), rand(1, 2, float64)), [3]);
        Assert.Null(ChannelState.Add(state, null));
        Assert.Null(ChannelState.Add(null, state));
        Assert.Null(ChannelState.Subtract(state, null));
        Assert.Null(ChannelState.Multiply(null, state));
        Assert.Null(ChannelState.Concat(state, null));
        Assert.Null(ChannelState.MatMul(null, state));
    }

    [Theory]
    [InlineData(1, 0, 1)]
    [InlineData(2, 0.5641895835477563, 0.6816901138162094)]
    [InlineData(3, 0.8462843753216345, 0.5594672037973512)]
    [InlineData(4, 1.0293753730039641, 0.4917152368747342)]
    [InlineData(9, 1.4850131622091, 0.357353326)]
    public void MaximumOfNormals(long count, double mean, double variance)
    {
        var (actualMean, actualVariance) = MaxMoments.OfStandardNormals(count);
        Assert.Equal(mean, actualMean, 1e-6);
        Assert.Equal(variance, actualVariance, 1e-6);
    }

    [Fact]
    public void QuadratureIsExactForPolynomials()
    {
        var (nodes, weights) = GaussHermite.Of(64);
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
        foreach (var operation in new Func<ChannelState, ChannelState>[] {
            state => state.Relu(), state => state.Apply(x => x.sigmoid()), state => state.MaxPool([2], [2], [0]) })
        {
            var moments = operation(new AnalyticState(new(mean, variance), [4])).Moments();
            Close(zeros(1, 3, float64), moments.Variance, 1e-12);
            (moments.Mean.sum() + moments.Variance.sum()).backward();
            Assert.True(mean.grad!.isfinite().all().item<bool>());
            Assert.True(variance.grad!.isfinite().all().item<bool>());
        }
    }

    private static Tensor DrawLike(Tensor x) => Draw(x.size(0), x.shape[2..]);

    private static Tensor Draw(long samples, long[] size)
    {
        long[] shape = [1, 4, .. size.Select(_ => 1L)];
        return randn([samples, 4, .. size], float64) * tensor(Variances).sqrt().view(shape) + tensor(Means).view(shape);
    }

    private static void AgreesWithDraws(
        long[] size, Func<ChannelState, ChannelState> rule, Func<Tensor, Tensor> operation)
    {
        using var noGrad = no_grad();
        var state = rule(new AnalyticState(new(tensor(Means).view(1, 4), tensor(Variances).view(1, 4)), size));

        // The million counts for the output: every channel's moments are taken over that many values.
        var perSample = Math.Max(1, state.Size.Aggregate(1L, (product, length) => product * length));
        var x = operation(Draw(Draws / perSample, size));
        Assert.Equal(x.shape[2..], state.Size);
        Assert.Equal(x.size(1), state.Channels);

        var values = x.transpose(0, 1).flatten(1);
        var (mean, variance) = (values.mean([1]), values.var(1, unbiased: false));
        var (expectedMean, expectedVariance) = (state.Moments().Mean[0], state.Moments().Variance[0]);

        // 1 % of the value's size: a mean near zero is measured by the spread around it.
        var scale = (expectedVariance + expectedMean.square()).sqrt().clamp_min(1e-9);
        var meanError = ((mean - expectedMean) / scale).abs().max().item<double>();
        var varianceError = ((variance - expectedVariance) / expectedVariance.clamp_min(1e-9)).abs().max().item<double>();
        Assert.True(meanError < Tolerance, $"mean off by {meanError:P2}");
        Assert.True(varianceError < Tolerance, $"variance off by {varianceError:P2}");
    }
}
