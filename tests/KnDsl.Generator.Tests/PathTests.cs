using System.Linq;
using Xunit;
using static TorchSharp.torch;

namespace KnDsl.Generator.Tests;

/// <summary>
/// A network with ifs and loops computes what the one without them does that a reader would write for the same arguments,
/// in training too, where priors tell in the output.
/// </summary>
public sealed class PathTests : TorchTest
{
    [Theory]
    // A prior that is named, from inside a branch.
    [InlineData("if wide { y = x -> relu } else { y = x -> b: norm(from: first) }", "y = x -> b: norm(from: first)")]
    [InlineData(
        "if wide { y = x -> b: norm } else { y = x -> relu -> convb: conv(8, 3) -> b: norm(from: first) }",
        "y = x -> relu -> convb: conv(8, 3) -> b: norm(from: first)")]
    [InlineData(
        "if wide { y = x -> relu } else { if wide { y = x } else { y = x -> conva: conv(8, 3) -> b: norm(from: first) } }",
        "y = x -> conva: conv(8, 3) -> b: norm(from: first)")]
    // In a loop each turn begins with the same state again.
    [InlineData("y = x\n for i in 0..turns { y = y + (x -> relu -> c{i}: conv(8, 3) -> n{i}: norm(from: first)) }",
        "y = x + (x -> relu -> c0: conv(8, 3) -> n0: norm(from: first)) + (x -> relu -> c1: conv(8, 3) -> n1: norm(from: first))"
        + " + (x -> relu -> c2: conv(8, 3) -> n2: norm(from: first))")]
    // A learned tensor on the way changes what is named as it changes any other prior.
    [InlineData(
        "g = gate: learned(8, 1, 1, value: 0.3)\n p = x -> a: norm\n y = p * g - g -> b: norm(from: a)",
        "g = gate: learned(8, 1, 1, value: 0.3)\n p = x -> a: norm\n y = p * g - g -> b: norm")]
    // Two norms of one name, and a value with the name of a prior.
    [InlineData(
        "bPrior = x -> g.n: norm -> h.n: norm(from: g.n)\n y = bPrior -> relu -> g.k: norm -> h.k: norm(from: g.k) -> b: norm(from: h.k)",
        "y = x -> g.n: norm -> h.n: norm(from: g.n) -> relu -> g.k: norm -> h.k: norm(from: g.k) -> b: norm(from: h.k)")]
    // What one branch observes, the other does not know; afterwards the value has the state of the branch that was taken.
    [InlineData("if wide { y = x -> a: norm } else { y = x -> b: norm }", "y = x -> b: norm")]
    [InlineData("if wide { y = x } else { y = x -> b: norm }\n y = y + (x -> c: norm)", "y = x -> b: norm\n y = y + (x -> c: norm)")]
    [InlineData("y = x -> relu\n for i in 0..turns { y = y + (x -> n{i}: norm) }\n y = y + (x -> c: norm)",
        "y = x -> relu\n y = y + (x -> n0: norm)\n y = y + (x -> n1: norm)\n y = y + (x -> n2: norm)\n y = y + (x -> c: norm)")]
    // A policy ends with its branch or turn.
    [InlineData("if wide { y = x } else { norm = batch()\n y = x -> b: norm }\n y = y -> c: norm", "y = x -> b: norm(batch()) -> c: norm")]
    [InlineData("y = x\n for i in 0..turns { y = y -> n{i}: norm\n norm = group(2)\n y = y -> m{i}: norm }\n y = y -> c: norm",
        "y = x -> n0: norm -> m0: norm(group(2)) -> n1: norm -> m1: norm(group(2)) -> n2: norm -> m2: norm(group(2)) -> c: norm")]
    // Shared modules: their arguments and their policy are those of the declaration.
    [InlineData(
        "n = 8\n norm = group(2)\n module s = b: norm\n module u = unit: Unit(n)\n norm = kalman()\n n = 4\n"
            + " y = x -> s -> u\n y = y -> s -> u -> c: norm",
        "module s = b: norm(group(2))\n norm = group(2)\n module u = unit: Unit(8)\n norm = kalman()\n"
        + " y = x -> s -> u -> s -> u -> c: norm")]
    [InlineData(
        "module s = b: conv(8, 3)\n if wide { n = 4 } else { n = 6 }\n y = x -> d: conv(n, 3) -> s -> c: norm",
        "module s = b: conv(8, 3)\n y = x -> d: conv(6, 3) -> s -> c: norm")]
    [InlineData(
        "module s = b: conv(8, 3)\n y = x -> part: Part(turns) -> s -> c: norm",
        "module s = b: conv(8, 3)\n y = x -> part: Part(3) -> s -> c: norm")]
    public void PathsComputeWhatTheirStagesDo(string body, string plain)
    {
        using var network = Network(body).Create("Inline", ("wide", false), ("turns", 3));
        using var other = Network(plain).Create("Inline");
        other.load_state_dict(network.state_dict());
        var input = randn(6, 3, 8, 8);
        for (var step = 0; step < 2; step++)
        {
            using var scope = NewDisposeScope();
            var (one, two) = (GeneratedCase.Run(network, input).Single(), GeneratedCase.Run(other, input).Single());
            Assert.True(one.allclose(two, 1e-5, 1e-6), $"step {step}: {(one - two).abs().max().item<float>()}");
        }
        foreach (var (key, tensor) in network.state_dict())
            Assert.True(tensor.to_type(ScalarType.Float32).allclose(other.state_dict()[key].to_type(ScalarType.Float32), 1e-4, 1e-5), key);
    }

    /// <summary>A value that is given back has the state that it has at the end.</summary>
    [Fact]
    public void WhatIsGivenBackMayBeObservedAfterwards()
    {
        var @case = GeneratedCase.Inline("""
            network Inline
            {
                input  image[N, 3, 8, 8]
                a, b = image -> Two
                z = a + b -> last: norm -> avgpool(global) -> flatten -> fc: linear(5)
                output z[N, 5]
            }

            block Two(x)
            {
                y = x -> conv: conv(8, 3)
                return y, y -> bn: norm -> relu
            }
            """);
        Assert.Empty(@case.Diagnostics);
        using var network = @case.CreateNetwork();
        using var output = GeneratedCase.Run(network, randn(2, 3, 8, 8)).Single();
        Assert.Equal([2, 5], output.shape);
        Assert.Contains("Prior: two.bn (+).", @case.Code);
    }

    private static GeneratedCase Network(string body)
    {
        var @case = GeneratedCase.Inline($$"""
            network Inline(wide: bool = true, turns: int = 2)
            {
                input  image[N, 3, 8, 8]
                x = image -> conv1: conv(8, 3) -> first: norm -> relu -> conv2: conv(8, 3)
                {{body}}
                z = y -> relu -> last: norm -> avgpool(global) -> flatten -> fc: linear(5)
                output z[N, 5]
            }

            block Unit(x, channels: int)
            {
                return x -> conv: conv(channels, 3) -> bn: norm -> relu
            }

            block Part(x, width: int)
            {
                if width < 3 { n = 4 } else { n = 6 }
                return x -> conv: conv(n, 3)
            }
            """);
        // The parameters need not be used.
        Assert.Empty(@case.Diagnostics.Where(found => found.Id != "KN0111").Select(found => found.GetMessage()));
        return @case;
    }
}
