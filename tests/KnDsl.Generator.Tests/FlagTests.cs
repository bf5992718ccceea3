using Xunit;
using static TorchSharp.torch;

namespace KnDsl.Generator.Tests;

/// <summary>What is true or false for a constructor's arguments reaches the layers that it is for.</summary>
public sealed class FlagTests : TorchTest
{
    /// <summary>With a norm on both sides, so that the moments pass the pool too.</summary>
    [Theory]
    [InlineData(false, true, 2)]
    [InlineData(true, true, 3)]
    [InlineData(false, false, 2)]
    [InlineData(true, false, 3)]
    public void OfPools(bool up, bool counts, int size)
    {
        var @case = GeneratedCase.Inline("""
            network Net(up: bool = false, counts: bool = true)
            {
                input x[N, 3, h, 8]
                a = x -> avgpool(3, stride: 3, padding: 1, ceil: up, count_padding: counts)
                b = x -> maxpool(3, stride: 3, ceil: up)
                c = x -> norm -> avgpool(3, stride: 3, padding: 1, count_padding: counts) -> conv(4, 1) -> norm
                d = x -> Half(up)
                output a[N, 3, a.height, a.width], b[N, 3, b.height, b.width], c[N, 4, c.height, c.width], d[N, 3, d.height, d.width]
            }

            block Half(x, ceil: bool) { return x -> maxpool(3, stride: 3, ceil: ceil) }
            """);
        Assert.Empty(@case.Diagnostics);
        using var network = @case.Create("Net", ("up", up), ("counts", counts));
        using var scope = NewDisposeScope();
        var x = randn(2, 3, 8, 8);
        var outputs = GeneratedCase.Run(network, x);
        Assert.True(outputs[0].allclose(
            nn.functional.avg_pool2d(x, [3, 3], [3, 3], [1, 1], ceil_mode: up, count_include_pad: counts)));
        Assert.Equal([2, 3, size, size], outputs[1].shape);
        Assert.Equal([2, 3, size, size], outputs[3].shape);
        Assert.True(outputs[2].isfinite().all().item<bool>());
    }
}
