using System;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace KnDsl.Generator.Tests;

/// <summary>Padding 'same' is what the kernel needs in each dimension; a stride or a size that arguments make wrong is refused.</summary>
public sealed class PaddingTests : TorchTest
{
    [Theory]
    [InlineData("[3, 1], padding: same, mode: reflect", 1, 0)]
    [InlineData("[1, 5], padding: same, mode: circular", 0, 2)]
    [InlineData("3, padding: same, dilation: [1, 2], mode: replicate", 1, 2)]
    [InlineData("[k, 1], padding: same, mode: reflect", 1, 0)]
    [InlineData("[4, 4], padding: same, mode: reflect", -1, -1)]
    [InlineData("[3, 1], padding: same", 1, 0)]
    public void OfDimensionsThatDiffer(string arguments, long height, long width)
    {
        var @case = GeneratedCase.Inline($$"""
            network Net(k: int = 3)
            {
                input x[N, 3, 9, 8]
                y = x -> c: conv(4, {{arguments}})
                z = x -> conv(4, k)
                output y[N, 4, 9, 8], z[N, 4, 9, 8]
            }
            """);
        Assert.Empty(@case.Diagnostics);
        using var network = @case.Create("Net");
        using var scope = NewDisposeScope();
        var x = randn(2, 3, 9, 8);
        var found = GeneratedCase.Run(network, x)[0];
        Assert.Equal([2, 4, 9, 8], found.shape);
        if (height < 0)
            return;
        var mode = arguments.Contains("reflect", StringComparison.Ordinal) ? PaddingModes.Reflect
            : arguments.Contains("circular", StringComparison.Ordinal) ? PaddingModes.Circular
            : arguments.Contains("replicate", StringComparison.Ordinal) ? PaddingModes.Replicate
            : PaddingModes.Constant;
        var padded = nn.functional.pad(x, [width, width, height, height], mode);
        long[] dilation = arguments.Contains("dilation", StringComparison.Ordinal) ? [1, 2] : [1, 1];
        Assert.True(found.allclose(
            nn.functional.conv2d(
                padded, network.get_parameter("c.weight")!, network.get_parameter("c.bias"), [1, 1], [0, 0], dilation), 1e-4, 1e-5));
    }

    [Fact]
    public void OfAVolume()
    {
        var @case = GeneratedCase.Inline("""
            network Net
            {
                input x[N, 1, 4, 5, 6]
                y = x -> conv3d(2, [1, 3, 5], padding: same, mode: replicate)
                output y[N, 2, 4, 5, 6]
            }
            """);
        Assert.Empty(@case.Diagnostics);
        using var network = @case.Create("Net");
        Assert.Equal([2, 2, 4, 5, 6], GeneratedCase.Run(network, randn([2, 1, 4, 5, 6]))[0].shape);
    }

    [Theory]
    [InlineData("x -> conv(4, 3, padding: same, stride: p)", 1, 2, "KN0107: 'stride' of 'conv' must be 1 if padding is 'same'")]
    [InlineData("x -> conv(4, [p, 1], padding: same, mode: reflect)", 3, 4, "KN0107: 'kernel' of 'conv' must be odd")]
    [InlineData("x -> conv(4, 1) -> reshape(4, p, -1)", 8, -1, "KN0107: 'sizes' of 'reshape' must be at least 1")]
    [InlineData("x -> conv(4, 1) -> reshape(4, p, -1)", 8, 0, "KN0107: 'sizes' of 'reshape' must be at least 1")]
    public void ArgumentsThatDoNotFitAreRefused(string value, int right, int wrong, string message)
    {
        var @case = GeneratedCase.Inline($$"""
            network Net(p: int = {{right}})
            {
                input x[N, 3, h, 8]
                y = {{value}}
                output y[N, 4, y.height, y.width]
            }
            """);
        Assert.Empty(@case.Diagnostics);
        using (@case.Create("Net"))
        {
        }

        Assert.StartsWith("net.knnet(4): " + message, Assert.Throws<ArgumentException>(() => @case.Create("Net", ("p", wrong))).Message);
    }
}
