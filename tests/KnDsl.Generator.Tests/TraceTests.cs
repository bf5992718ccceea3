using System;
using Xunit;
using static TorchSharp.torch;

namespace KnDsl.Generator.Tests;

/// <summary>What goes wrong when a network is built or run is shown at its place in the .knnet file.</summary>
public sealed class TraceTests : TorchTest
{
    private static int LineOf(GeneratedCase @case, string text) =>
        1 + Array.FindIndex(@case.Source.Split('\n'), line => line.Contains(text, StringComparison.Ordinal));

    private static void ShowsLine(Exception? exception, string path, int line)
    {
        Assert.NotNull(exception);
        Assert.Contains($"{path}:line {line}{Environment.NewLine}", exception.StackTrace + Environment.NewLine);
    }

    [Theory]
    [InlineData("Chain", "conv1: conv(8, 3, stride: 2)")]
    [InlineData("Branch", "first: Bottleneck(2)")]
    [InlineData("Branch", "y = x -> conv1: conv(channels, 1)")]
    [InlineData("PreActivation", "stem: conv(width, 3, bias: false)")]
    public void AStageThatFailsShowsItsLine(string name, string stage)
    {
        var @case = GeneratedCase.Of(name);
        using var network = @case.CreateNetwork();
        // Its weights are of 32 bits.
        var exception = Record.Exception(() => GeneratedCase.Run(network, @case.Inputs(dtype: ScalarType.Float64)));
        ShowsLine(exception, @case.Path, LineOf(@case, stage));
    }

    [Fact]
    public void LaterLinesOfAChainAreToldApart()
    {
        var @case = GeneratedCase.Inline(
            "network Inline(a: int = 4)\n{\n    input  image[N, 3, h, w], other[N, 4, h, w]\n    x = image -> conv(a, 3)\n"
                + "          -> relu\n    y = x + other\n          -> sigmoid\n    output y[N, 4, h, w]\n}\n");
        Assert.Empty(@case.Diagnostics);
        using var network = @case.CreateNetwork();
        var exception = Record.Exception(() => GeneratedCase.Run(network, randn(2, 3, 8, 8), randn(2, 4, 8, 8, device: META)));
        ShowsLine(exception, "Inline/net.knnet", 6);
        Assert.DoesNotContain("net.knnet:line 4", exception!.StackTrace);
    }

    [Fact]
    public void AConstructorThatFailsShowsItsLine()
    {
        var @case = GeneratedCase.Of("PolicyOverride");
        var exception = Record.Exception(() => @case.Create("PolicyOverride", ("policy", NormPolicy.Group(3))));
        Assert.IsType<ArgumentOutOfRangeException>(exception);
        ShowsLine(exception, @case.Path, LineOf(@case, "bn1: norm"));
    }

    [Fact]
    public void WhatArgumentsBreakIsRefusedWithTheFilesCode()
    {
        var @case = GeneratedCase.Of("Checked");
        @case.Create("Checked", ("left", 8), ("right", 8)).Dispose();

        var sizes = Record.Exception(() => @case.Create("Checked", ("left", 4), ("right", 8)));
        Assert.IsType<ArgumentException>(sizes);
        Assert.StartsWith($"net.knnet({LineOf(@case, "y = a + b")}): KN0203: ", sizes.Message);
        Assert.Contains("left and right", sizes.Message);
        Assert.Contains("4 and 8", sizes.Message);
        ShowsLine(sizes, @case.Path, LineOf(@case, "y = a + b"));

        var groups = Record.Exception(() => @case.Create("Checked", ("groups", 3)));
        Assert.IsType<ArgumentException>(groups);
        Assert.StartsWith($"net.knnet({LineOf(@case, "conv: conv(4, 3, groups: groups)")}): KN0204: ", groups.Message);
        ShowsLine(groups, @case.Path, LineOf(@case, "conv: conv(4, 3, groups: groups)"));
    }

    [Fact]
    public void NoTensorStaysBehindAFailure()
    {
        using var network = GeneratedCase.Of("TwoInputs").CreateNetwork();
        var (left, right) = (randn(4, 1, 8, 8), randn(4, 3, 8, 8, device: META));
        Assert.ThrowsAny<Exception>(() => GeneratedCase.Run(network, left, right));
        var before = LiveTensors.Count();
        Assert.ThrowsAny<Exception>(() => GeneratedCase.Run(network, left, right));
        Assert.Equal(before, LiveTensors.Count());
    }
}
