using System;
using System.Linq;
using Xunit;
using static TorchSharp.torch;

namespace KnDsl.Generator.Tests;

/// <summary>Tokens [N, L, C] have their channels in the last dimension: what works on channels takes them there or warns.</summary>
public sealed class ChannelsLastTests : TorchTest
{
    [Fact]
    public void TheAxisOfAGateAndAScale()
    {
        var @case = GeneratedCase.Inline("""
            network Net
            {
                input x[N, 6, 5]
                y = x -> fc: linear(8) -> glu(axis: -1) -> scale: layer_scale(0.5, axis: 2)
                z = y -> last: layer_scale(2.0, axis: -2) -> glu(axis: 1)
                output y[N, 6, 4], z[N, 3, 4]
            }
            """);
        Assert.Empty(@case.Diagnostics);
        using var network = @case.Create("Net");
        using var scope = NewDisposeScope();
        Tensor Named(string name) => network.get_parameter(name)!;
        foreach (var name in new[] { "scale.gamma", "last.gamma" })
        {
            using (no_grad())
                Named(name).uniform_(-1, 1);
        }

        Assert.Equal([4], Named("scale.gamma").shape);
        Assert.Equal([6], Named("last.gamma").shape);

        var x = randn(2, 6, 5);
        var found = GeneratedCase.Run(network, x);

        var y = nn.functional.glu(nn.functional.linear(x, Named("fc.weight"), Named("fc.bias")), -1) * Named("scale.gamma");
        Assert.True(found[0].allclose(y, 1e-4, 1e-5));
        Assert.True(found[1].allclose(nn.functional.glu(y * Named("last.gamma").view(6, 1), 1), 1e-4, 1e-5));
    }

    /// <summary>The norm takes the mean of each position over the batch and the features: a bias of the features stays in it.</summary>
    [Fact]
    public void ALayerBeforeANormOfPositionsHasItsBias()
    {
        var @case = GeneratedCase.Inline("""
            network Net
            {
                input x[N, 6, 5], v[N, 5]
                y = x -> tokens: linear(8) -> norm
                z = v -> vector: linear(8) -> norm
                output y[N, 6, 8], z[N, 8]
            }
            """);
        Assert.Equal("KN0219", Assert.Single(@case.Diagnostics).Id);
        using var network = @case.Create("Net");
        var names = network.named_parameters().Select(parameter => parameter.name).ToArray();
        Assert.Contains("tokens.bias", names);
        Assert.DoesNotContain("vector.bias", names);
    }

    /// <summary>The last dimension of what is known to have its channels second is a spatial one; of a sum nothing may be known.</summary>
    [Theory]
    [InlineData("y = x -> conv1d(8, 3) -> norm\n    z = y -> linear(16) -> norm")]
    [InlineData("y = x -> conv1d(8, 3) -> norm -> relu\n    y = y + (y -> norm -> linear(64) -> gelu -> linear(16))\n    z = y -> norm")]
    [InlineData("z = x + (x -> linear(1)) -> norm")]
    [InlineData("z = x -> conv1d(8, 3) -> layernorm -> norm")]
    [InlineData("z = x -> linear(8) -> permute(0, 2, 1) -> conv1d(8, 3) -> norm -> permute(0, 2, 1) -> linear(16)")]
    public void WhatIsRightHasNoWarning(string stages) => Assert.DoesNotContain(GeneratedCase.Inline($$"""
        network Net
        {
            input x[N, 8, 16]
            {{stages}}
            output z[N, 8, 16]
        }
        """).Diagnostics, found => found.Id == "KN0219");

    /// <summary>The states of a chain are of the second dimension: what works on another one cuts it.</summary>
    [Theory]
    [InlineData("layer_scale(0.5, axis: 2)", true)]
    [InlineData("glu(axis: -1)", true)]
    [InlineData("layer_scale(0.5)", false)]
    [InlineData("layer_scale(0.5, axis: -2)", false)]
    [InlineData("glu(axis: 1)", false)]
    public void TheChain(string stage, bool isCut)
    {
        var @case = GeneratedCase.Inline($$"""
            network Net
            {
                input x[N, 6, 4]
                y = x -> a: norm -> {{stage}} -> b: norm
                output y[N, y.channels, y.width]
            }
            """.Replace("y.width", stage.StartsWith("glu(axis: -1", StringComparison.Ordinal) ? "2" : "4", StringComparison.Ordinal));
        Assert.Equal(isCut, @case.Diagnostics.Any(diagnostic => diagnostic.Id == "KN0301"));
    }
}
