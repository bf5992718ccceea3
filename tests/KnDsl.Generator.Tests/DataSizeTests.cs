using System;
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
}
