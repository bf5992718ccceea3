using System;
using System.Collections.Generic;
using System.Numerics;
using TorchSharp;
using TorchSharp.Modules;
using Xunit;
using static TorchSharp.torch;

namespace KnDsl.Runtime.Tests;

/// <summary>Where the taps of a kernel meet the input, against a count of every position.</summary>
public sealed class SeenTapsTests : TorchTest
{
    public static TheoryData<int, int, int, int> Shapes
    {
        get
        {
            var data = new TheoryData<int, int, int, int>();
            foreach (var kernel in new[] { 1, 2, 3, 5, 8 })
            {
                foreach (var stride in new[] { 1, 2, 3, 5 })
                {
                    foreach (var dilation in new[] { 1, 2, 3 })
                    {
                        foreach (var padding in new[] { 0, 1, 2, 4, 7 })
                            data.Add(kernel, stride, dilation, padding);
                    }
                }
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void SharesAndCovariancesAreThoseOfAllPositions(int kernel, int stride, int dilation, int padding)
    {
        foreach (var length in new long[] { 1, 2, 5, 9, 16 })
        {
            var reach = dilation * (kernel - 1);
            if (length + 2 * padding > reach)
            {
                using var conv = nn.Conv1d(1, 1, kernel, stride: stride, padding: padding, dilation: dilation);
                Compare(length, conv);
            }

            foreach (var more in new[] { 0, Math.Max(stride, dilation) - 1 })
            {
                if ((length - 1) * stride - 2 * padding + reach + more + 1 < 1)
                    continue;
                using var transposed = nn.ConvTranspose1d(
                    1, 1, kernel, stride: stride, padding: padding, dilation: dilation, output_padding: more);
                Compare(length, transposed);
            }

            if (padding > 0 || stride > 1)
                continue;
            using var same = nn.Conv1d(1, 1, kernel, padding: Padding.Same, dilation: dilation);
            Compare(length, same);
        }
    }

    private static void Compare(long length, Convolution convolution)
    {
        var expected = Counted(length, convolution);
        if (SeenTaps.Find([length], convolution) is not { } found)
        {
            Assert.All(expected, met => Assert.Equal(expected[0].Count, met.Count));
            return;
        }

        var output = (double)ConvolutionSize.After([length], convolution)[0];
        for (var a = 0; a < expected.Count; a++)
        {
            Assert.Equal(expected[a].Count / output, found.Shares[a], 1e-12);
            for (var b = 0; b < expected.Count; b++)
            {
                var both = new HashSet<long>(expected[a]);
                both.IntersectWith(expected[b]);
                Assert.Equal(
                    both.Count / output - expected[a].Count / output * expected[b].Count / output, found.Covariance[a, b], 1e-12);
            }
        }
    }

    /// <summary>For each tap the output's positions at which it meets the input.</summary>
    private static List<HashSet<long>> Counted(long length, Convolution convolution)
    {
        var (taps, stride, dilation) = (convolution.kernel_size[0], convolution.stride[0], convolution.dilation[0]);
        var padding = convolution.padding_type == Padding.Same ? dilation * (taps - 1) / 2 : convolution.padding![0];
        var result = new List<HashSet<long>>();
        for (var tap = 0; tap < taps; tap++)
        {
            var met = new HashSet<long>();
            for (var position = 0; position < ConvolutionSize.After([length], convolution)[0]; position++)
            {
                var meets = convolution is ConvTranspose1d
                    ? position + padding - tap * dilation is var from && from >= 0 && from % stride == 0 && from / stride < length
                    : position * stride - padding + tap * dilation is var at && at >= 0 && at < length;
                if (meets)
                    met.Add(position);
            }

            result.Add(met);
        }

        return result;
    }

    /// <summary>What the taps of a long signal have in common follows from their ends, without a walk over its positions.</summary>
    [Fact]
    public void LongKernelsOverLongSignalsAreCountedByTheirEnds()
    {
        const long Length = 1L << 40;
        using var conv = nn.Conv1d(1, 1, 1024, padding: 512);
        var seen = SeenTaps.Find([Length], conv)!;
        Assert.Equal((Length + 1 - 512.0) / (Length + 1), seen.Shares[0], 1e-15);
        Assert.Equal(1 - 1.0 / (Length + 1), seen.Shares[511], 1e-15);
        Assert.Equal(1 - 512.0 / (Length + 1), seen.Shares[1023], 1e-15);
    }

    [Fact]
    public void WhatIsKnownOfLargeKernelsIsForgottenBeforeItTakesTooMuch()
    {
        using var conv = nn.Conv2d(1, 1, 31, padding: 15, bias: false);
        var first = SeenTaps.Find([40, 40], conv);
        Assert.Same(first, SeenTaps.Find([40, 40], conv));
        for (var more = 1; more < 12; more++)
            SeenTaps.Find([40 + more, 40], conv);
        Assert.NotSame(first, SeenTaps.Find([40, 40], conv));
    }

    /// <summary>A stack has no room for them.</summary>
    [Fact]
    public unsafe void AKernelMayHaveAsManyTapsAsItLikes()
    {
        const int Taps = 600_000;
        var source = MomentSource.Of(new(full([1, 2], 0.5), ones(1, 2)));
        using var weight = rand(1, 2, Taps);
        var shape = new FusedStepShape(source, weight, 1);
        using var inputs = new FusedStepInputs<float>(source, shape, seen: null);
        var (perTap, turns) = (new double[Taps], new Vector<float>[Taps]);
        var variance = inputs.Dot(NativeTensor.Pointer<float>(weight), 0, 0, perTap, turns);
        Close(weight[0].sum([0]) * 0.5, tensor(perTap), 1e-6);
        Assert.Equal(1, weight.square().sum().item<float>() / variance, 1e-3);
    }
}
