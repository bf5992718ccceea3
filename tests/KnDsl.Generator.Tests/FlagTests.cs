using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
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

    /// <summary>A layer right before a norm has no bias: in each turn of a repetition, and only where the norm is there.</summary>
    [Theory]
    [InlineData("a: [ conv(3, 3), conv(3, 3) * 3, norm, relu ]", true, 1, "a.0 a.1 a.2")]
    [InlineData("a: [ [ norm, relu, conv(3, 3) ] * 3 ] -> relu", true, 1, "a.2.2")]
    [InlineData("a: [ [ norm, relu, conv(3, 3) ] * n ] -> relu", true, 2, "a.1.2")]
    [InlineData("a: [ [ norm, relu, conv(3, 3) ] * n ] -> norm", true, 2, "")]
    [InlineData("a: [ conv(3, 3) * n, norm ]", true, 2, "a.0")]
    [InlineData("a: [ conv(3, 3) * n, [ norm ] * n ]", true, 3, "a.0 a.1")]
    [InlineData("a: conv(3, 3) -> norm if b -> relu", true, 1, "")]
    [InlineData("a: conv(3, 3) -> norm if b -> relu", false, 1, "a")]
    [InlineData("a: conv(3, 3) -> norm if b -> norm", false, 1, "")]
    [InlineData("a: conv(3, 3) -> relu if b -> norm", false, 1, "")]
    [InlineData("a: conv(3, 3) -> relu if b -> norm", true, 1, "a")]
    [InlineData("a: conv(3, 3) if b -> norm if not b -> relu", true, 1, "a")]
    [InlineData("a: [ conv(3, 3), norm * n ]", true, 0, "a.0")]
    [InlineData("a: [ conv(3, 3), norm * n ]", true, 2, "")]
    [InlineData("a: [ conv(3, 3), [ relu if b, norm ] ]", false, 1, "")]
    [InlineData("a: [ conv(3, 3), [ relu if b, norm ] ]", true, 1, "a.0")]
    [InlineData("permute(0, 2, 3, 1) -> a: linear(8) -> permute(0, 3, 1, 2) if b -> norm if n > 1", false, 1, "a")]
    [InlineData("a: conv_transpose(3, 3) -> norm if n > 1", true, 2, "")]
    public void OfBiases(string stages, bool b, int n, string withBias)
    {
        var @case = GeneratedCase.Inline($$"""
            network Net(b: bool = {{(b ? "true" : "false")}}, n: int = {{n}})
            {
                input x[N, 3, 8, 8]
                y = x -> {{stages}}
                z = x -> [ relu if b, tanh * n ]
                output y[N, y.shape[1], y.shape[2], y.shape[3]], z[N, 3, 8, 8]
            }
            """);
        Assert.DoesNotContain(@case.Diagnostics, found => found.Id != "KN0219");
        using var network = @case.Create("Net", ("b", b), ("n", n));
        var layers = (IReadOnlyList<LayerInfo>)@case.Type("Net").GetProperty("Layers")!.GetValue(null)!;
        foreach (var layer in layers.Where(layer => layer.Operation.StartsWith("conv", StringComparison.Ordinal)
            || layer.Operation.StartsWith("linear", StringComparison.Ordinal)))
        {
            var has = network.state_dict().ContainsKey(layer.Name + ".bias");
            Assert.True(has == withBias.Split(' ').Contains(layer.Name), $"{layer.Name}: {has}");
        }
        Assert.Equal(
            network.parameters().Sum(parameter => parameter.numel()),
            layers.Sum(layer => long.Parse(layer.Parameters, CultureInfo.InvariantCulture)));
        // Of other arguments than the defaults the constructor decides.
        using var other = @case.Create("Net", ("b", !b), ("n", n + 1));
        Assert.NotNull(other);
    }
}
