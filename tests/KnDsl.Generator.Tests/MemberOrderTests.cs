using System.Linq;
using Xunit;

namespace KnDsl.Generator.Tests;

/// <summary>The keys of the state_dict are in the order of the stages, in loops too.</summary>
public sealed class MemberOrderTests : TorchTest
{
    [Theory]
    [InlineData("conv(3, 3) -> norm -> relu -> conv(4, 3) -> prelu -> conv(3, 1)",
        "conv.0 conv.1 norm.0 norm.1 conv_2.0 conv_2.1 prelu.0 prelu.1 conv_3.0 conv_3.1")]
    [InlineData("a.{i}: linear(3) -> b.{i}: linear(3) -> c.{i}.d: linear(3) -> e.{i}.f: linear(3)",
        "a.0 a.1 b.0 b.1 c.0.d c.1.d e.0.f e.1.f")]
    public void ModulesOfALoopAreInTheOrderOfTheStages(string stages, string expected)
    {
        var shape = stages.Contains("linear") ? "N, 3" : "N, 3, h, w";
        var generated = GeneratedCase.Inline(
            $$"""
            network Net()
            {
                input x[{{shape}}]
                y = x
                for i in 0..2 { y = y -> {{stages}} }
                output y[{{shape}}]
            }
            """);
        Assert.Empty(generated.Diagnostics);
        using var network = generated.CreateNetwork();
        Assert.Equal(
            expected, string.Join(" ", network.state_dict().Keys.Select(key => key[..key.LastIndexOf('.')]).Distinct()));
    }
}
