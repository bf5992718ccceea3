using System;
using System.Linq;
using Xunit;
using static TorchSharp.torch;

namespace KnDsl.Generator.Tests;

/// <summary>Stages that take positions which only data has or lacks: the error names the stage, the dimension and what was found.</summary>
public sealed class DataSizeTests : TorchTest
{
    [Theory]
    [InlineData("slice(0, 10, axis: 2)", "'slice' takes 0 to 10 of dimension 2, which has size 4")]
    [InlineData("slice(4, 10, axis: -1, step: 2)", "'slice' takes 4 to 10 of dimension 3, which has size 5")]
    [InlineData("slice(0, 10, axis: 0)", "'slice' takes 0 to 10 of dimension 0, which has size 2")]
    [InlineData("slice(n, n + 3, axis: 2)", "'slice' takes 2 to 5 of dimension 2, which has size 4")]
    [InlineData("select(7, axis: 2)", "'select' takes position 7 of dimension 2, which has size 4")]
    [InlineData("select(-6, axis: -1)", "'select' takes position -6 of dimension 3, which has size 5")]
    public void SayWhatTheDataLacks(string stage, string expected)
    {
        var @case = GeneratedCase.Inline($$"""
            block B(x[N, 4, h, w], n: int = 2)
            {
                return x -> {{stage}}
            }
            """);
        using var module = @case.Create("B");
        using var scope = NewDisposeScope();
        GeneratedCase.Run(module, ones(10, 4, 12, 12));
        var error = Assert.Throws<ArgumentException>(() => GeneratedCase.Run(module, ones(2, 4, 4, 5)));
        Assert.StartsWith($"KN0213: {expected} in a value of shape [2, 4, 4, 5]; expected a ", error.Message);
    }

    /// <summary>Data has the sizes, but arguments say how much they differ: the constructor tells, not the call.</summary>
    [Theory]
    [InlineData("y = x -> conv(4, 3, padding: n)", "[N, 4, h, w]", 1, 0, "KN0205", 2)]
    [InlineData("y = x -> conv(4, n)", "[N, 4, h, w]", 3, 4, "KN0205", 1)]
    [InlineData("y = x -> maxpool(n, stride: 1, padding: 1)", "[N, 4, h, w]", 3, 5, "KN0205", 2)]
    [InlineData("y = x -> slice(n, h, axis: 2)", "[N, 4, h - 2, w]", 2, 3, "KN0205", 1)]
    [InlineData("t = k: learned(1, 4, n, 7)\n y = concat(t, x -> slice(0, 7, axis: 3), axis: 2)", "[N, 4, h + 1, 7]", 1, 3, "KN0205", 2)]
    [InlineData("y = x + (x -> conv(4, n))", "[N, 4, h, w]", 3, 4, "KN0203", 1)]
    [InlineData("y = concat(x, x -> conv(4, n))", "[N, 8, h, w]", 3, 4, "KN0211", 1)]
    [InlineData("y = x -> B(n)", "[N, 4, h, w]", 3, 4, "KN0203", 1)]
    public void AreComparedByTheConstructorWhereArgumentsDecideTheDifference(
        string statement, string output, int fits, int differs, string code, int difference)
    {
        var @case = GeneratedCase.Inline($$"""
            network Net(n: int = {{fits}})
            {
                input x[N, 4, h, w]
                {{statement}}
                output y{{output}}
            }

            block B(x[N, 4, a, b], k: int)
            {
                return x + (x -> conv(4, k))
            }
            """);
        Assert.Empty(@case.Diagnostics);
        using (var network = @case.Create("Net"))
            GeneratedCase.Run(network, ones(2, 4, 6, 7));
        var error = Assert.ThrowsAny<Exception>(() => @case.Create("Net", ("n", differs)));
        Assert.Contains($"{code}: ", error.ToString());
        Assert.Contains($"With these arguments the sides differ by {difference}.", error.ToString());
    }

    /// <summary>Rounded up, a window that would start after the input is left out, whichever numbers only the constructor knows.</summary>
    [Fact]
    public void PoolsThatRoundUpHaveTorchsSizes()
    {
        var @case = GeneratedCase.Inline("""
            block B(x[N, 2, s], k: int, t: int, p: int, d: int = 1)
            {
                m = x -> maxpool1d(k, stride: t, padding: p, dilation: d, ceil: true)
                return concat(m, m) -> flatten -> linear(1)
            }

            block Own(x[N, 2, s], k: int, p: int = 1)
            {
                return x -> avgpool1d(k, padding: p, ceil: true) -> flatten -> linear(1)
            }

            network Even(policy: norm = batch())
            {
                input x[N, 2, 8*h]
                norm = policy
                y = x -> norm -> avgpool1d(3, stride: 3, padding: 1, ceil: true)
                output y[N, 2, (8*h)/3 + 1]
            }
            """);
        Assert.Empty(@case.Diagnostics);
        foreach (var size in new[] { 4, 5, 6, 7, 8, 9 })
        {
            foreach (var kernel in new[] { 2, 3, 4 })
            {
                for (var padding = 0; padding <= kernel / 2; padding++)
                {
                    for (var stride = 1; stride <= 5; stride++)
                        Runs("B", size, ("xS", size), ("k", kernel), ("t", stride), ("p", padding), ("d", size > 6 ? 2 : 1));
                    Runs("Own", size, ("xS", size), ("k", kernel), ("p", padding));
                }
            }
        }

        // The pass compares what it computed with the output's declaration.
        for (var h = 1; h < 5; h++)
        {
            using var network = @case.CreateNetwork();
            using var scope = NewDisposeScope();
            Assert.Equal(8 * h / 3 + 1, GeneratedCase.Run(network, ones(2, 2, 8 * h)).Single().size(2));
        }

        void Runs(string block, int size, params (string, object?)[] arguments)
        {
            using var module = @case.Create(block, arguments);
            using var scope = NewDisposeScope();
            GeneratedCase.Run(module, ones(2, 2, size));
        }
    }
}
