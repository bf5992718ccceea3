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
        ["relu6"] = x => nn.functional.relu6(x),
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
        ["hardtanh"] = x => nn.functional.hardtanh(x),
        ["hardsigmoid"] = x => nn.functional.hardsigmoid(x),
        ["hardswish"] = x => nn.functional.hardswish(x),
        ["logsigmoid"] = x => nn.functional.logsigmoid(x),
        ["tanhshrink"] = x => nn.functional.tanhshrink(x),
        ["softshrink"] = x => nn.functional.softshrink(x),
    };

    [Fact]
    public void Relu() => AgreesWithDraws([2, 2], state => state.Relu(), x => x.relu());

    [Theory]
    [MemberData(nameof(Activations))]
    public void Elementwise(string name) =>
        AgreesWithDraws([2, 2], state => state.Apply(Functions[name]), Functions[name]);

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
        [2, 2], state => ChannelState.Subtract(state, state.Relu())!, x => x - DrawLike(x).relu());

    [Theory]
    [InlineData(new long[] { 2, 3 }, false)]
    [InlineData(new long[] { -1 }, true)]
    public void Max(long[] dims, bool keepdim) => AgreesWithDraws([2, 3], state => state.Max(dims, keepdim), x => x.amax(dims, keepdim));

    /// <summary>Channels that differ are taken as draws of all of them mixed: exact where they do not.</summary>
    [Fact]
    public void MaxOverTheChannels()
    {
        var state = ChannelState.Gaussian(full(4, 0.5, float64), full(4, 2.0, float64), [2, 3]).Max([1], keepdim: true);
        using var draws = (randn(400_000, 4, float64) * Math.Sqrt(2) + 0.5).amax([1]);
        Assert.Equal([2, 3], state.Size);
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
    public void MeanAndSum(long[] dims, bool keepdim)
    {
        AgreesWithDraws([2, 3], state => state.Mean(dims, keepdim), x => x.mean(dims, keepdim));
        AgreesWithDraws([2, 3], state => state.Sum(dims, keepdim), x => x.sum(dims, keepdim));
    }

    [Theory]
    [InlineData(new long[] { 4, 6 })]
    [InlineData(new long[] { 2, 2, 2, 3 })]
    [InlineData(new long[] { 8, 3 })]
    [InlineData(new long[] { 24 })]
    [InlineData(new long[] { -1, 3 })]
    public void Reshape(long[] shape) => AgreesWithDraws(
        [2, 3], state => state.Reshape(shape), x => x.reshape([x.size(0), .. shape]));

    [Theory]
    [InlineData(new long[] { 0, 1, 3, 2 })]
    [InlineData(new long[] { 0, 2, 3, 1 })]
    [InlineData(new long[] { 0, 3, 1, 2 })]
    public void Permute(long[] dims) => AgreesWithDraws([2, 3], state => state.Permute(dims), x => x.permute(dims));

    [Fact]
    public void Squeeze()
    {
        AgreesWithDraws([1, 3], state => state.Squeeze(), x => x.squeeze(2));
        AgreesWithDraws([1, 3], state => state.Squeeze(2), x => x.squeeze(2));
        AgreesWithDraws([1, 3], state => state.Squeeze(3), x => x.squeeze(3));
    }

    [Fact]
    public void LayerScale()
    {
        var scale = Random(4);
        AgreesWithDraws([2, 2], state => state.LayerScale(scale), x => x * scale.view(4, 1, 1));
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
        Assert.Contains("[N, 4, 2, 3] reshaped to [N, 16]", Assert.Throws<ArgumentException>(() => state.Reshape(16)).Message);
        Assert.Throws<ArgumentException>(() => state.Permute(1, 0, 2, 3));
        Assert.Throws<ArgumentException>(() => state.Mean([1]));
        Assert.Throws<ArgumentOutOfRangeException>(() => state.Mean([0], keepdim: true));
        Assert.Throws<ArgumentOutOfRangeException>(() => state.Dropout(1));
        Assert.Throws<ArgumentException>(() => state.Pad([1, 1, 1]));
        Assert.Throws<ArgumentException>(() => state.Through(nn.Linear(4, 2)));
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
    public void AnUnknownStateCutsAJoin()
    {
        var state = new AnalyticState(new(Random(1, 2), rand(1, 2, float64)), [3]);
        Assert.Null(ChannelState.Add(state, null));
        Assert.Null(ChannelState.Add(null, state));
        Assert.Null(ChannelState.Subtract(state, null));
        Assert.Null(ChannelState.Subtract(null, state));
        Assert.Null(ChannelState.Multiply(null, state));
        Assert.Null(ChannelState.Concat(state, null));
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
