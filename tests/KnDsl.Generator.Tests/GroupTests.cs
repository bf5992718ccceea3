using System.Linq;
using Xunit;
using static TorchSharp.torch;

namespace KnDsl.Generator.Tests;

/// <summary>Groups and names that depend on a condition: what is registered, and that it runs, whichever way it goes.</summary>
public sealed class GroupTests : TorchTest
{
    [Theory]
    [InlineData(false, "head.c.weight head.c.bias tail.1.weight tail.1.bias")]
    [InlineData(true, "head.a.weight head.a.bias head.b.weight head.b.bias tail.0.weight tail.0.bias tail.2.weight tail.2.bias")]
    public void AGroupThatBranchesShareIsThereInEither(bool deep, string names) => Verify("""
        network Inline(deep: bool = false)
        {
            input  image[N, 3, 8, 8]
            if deep {
                y = image -> head.a: conv(4, 3) -> head.b: conv(4, 3)
            } else {
                y = image -> head.c: conv(4, 3)
            }
            z = y -> tail: [ conv(4, 1) if deep, relu, conv(2, 1) ]
            output z[N, 2, 8, 8]
        }
        """, ("deep", deep), names);

    [Theory]
    [InlineData(1, "stem1.weight stem1.bias parts.1.x.weight parts.1.x.bias")]
    [InlineData(3, "stem3.weight stem3.bias parts.3.x.weight parts.3.x.bias")]
    public void ANameThatAParameterCountsIsRegisteredOnce(int number, string names) => Verify("""
        network Inline(number: int = 1)
        {
            input  image[N, 3, 8, 8]
            z = image -> stem{number}: conv(4, 3) -> relu -> "parts.{number}.x": conv(2, 1)
            output z[N, 2, 8, 8]
        }
        """, ("number", number), names);

    /// <summary>Labels that only arguments tell apart: the constructor says which one is there twice, and where.</summary>
    [Theory]
    [InlineData("for w in widths { z = z -> conv{w}: conv(2, 1) }", "conv{widths[w]}", "conv8")]
    [InlineData("for i in 0..2 { z = z -> conv{widths[i] / 2}: conv(2, 1) }", "conv{widths[i]/2}", "conv4")]
    [InlineData("for i in 0..2 { z = z -> conv{i / n}: conv(2, 1) }", "conv{i/n}", "conv0")]
    [InlineData("z = z -> conv{n}: conv(2, 1) -> conv{m}: conv(2, 1)", "conv{m}", "conv8")]
    [InlineData("z = z -> conv{n}: conv(2, 1) -> conv8: conv(2, 1)", "conv8", "conv8")]
    [InlineData("z = z -> conv8: conv(2, 1) -> conv{n}: conv(2, 1)", "conv{n}", "conv8")]
    [InlineData("z = z -> a.b{n}: conv(2, 1) -> a.b{m}: conv(2, 1)", "a.b{m}", "b8")]
    [InlineData("for w in widths { z = z -> s{w}: [ conv(2, 1), relu ] }", "s{widths[w]}", "s8")]
    [InlineData("for w in widths { z = z -> s{w}: Part }", "s{widths[w]}", "s8")]
    public void ALabelThatArgumentsRepeatIsNamed(string body, string label, string name)
    {
        var @case = GeneratedCase.Inline($$"""
            network Inline(widths: int[] = [4, 6], n: int = 1, m: int = 2)
            {
                input  image[N, 2, 8, 8]
                z = image
                {{body}}
                output z[N, 2, 8, 8]
            }

            block Part(x)
            {
                return x -> conv: conv(2, 1)
            }
            """);
        Assert.All(@case.Diagnostics, diagnostic => Assert.Equal("KN0111", diagnostic.Id));
        @case.Create("Inline").Dispose();
        var exception = Assert.Throws<System.ArgumentException>(() =>
            @case.Create("Inline", ("widths", new[] { 8, 8 }), ("n", 8), ("m", 8)));
        Assert.Equal($"KN0110: The label '{label}' already names another module, on line 5; expected a different label. "
            + $"With these arguments it is '{name}'.", exception.Message);
    }

    /// <summary>Labels that a loop counts, or whose texts differ, need no check.</summary>
    [Theory]
    [InlineData("for i in 0..n { z = z -> conv{i + 1}: conv(2, 1) -> bn{i + 1}: norm }")]
    [InlineData("for i in 0..n { for j in 0..m { z = z -> conv{i}_{2 * j}: conv(2, 1) } }")]
    [InlineData("z = z -> conv{n}: conv(2, 1) -> conv: conv(2, 1) -> conv{n}a: conv(2, 1) -> aconv{n}: conv(2, 1)")]
    [InlineData("z = z -> tail: [ conv(2, 1) * n, conv(2, 1), conv(2, 1) * m ]")]
    public void ALabelThatNothingRepeatsIsNotChecked(string body)
    {
        var @case = GeneratedCase.Inline(
            $"network Inline(n: int = 2, m: int = 3)\n{{\n    input z[N, 2, 8, 8]\n{body}\n    output z[N, 2, 8, 8]\n}}\n");
        Assert.DoesNotContain("RequireNewLabel", @case.Code);
        @case.Create("Inline").Dispose();
    }

    [Theory]
    [InlineData("[1, 5]", 0)]
    [InlineData("[1, 5, 5]", 1)]
    [InlineData("[5]", 1)]
    public void AListIsAKernelIfItHasANumberForEachDimension(string kernel, int errors)
    {
        var @case = GeneratedCase.Inline($$"""
            network Inline(classes: int = 2)
            {
                input  image[N, 3, 8, 8]
                z = image -> strip: Strip({{kernel}}) -> conv(classes, {{kernel}})
                output z[N, classes, 8, 8]
            }

            block Strip(x, kernel: int[])
            {
                return x -> conv: conv(4, kernel)
            }
            """);
        Assert.Equal(errors > 0, @case.Diagnostics.Any());
        Assert.All(@case.Diagnostics, diagnostic => Assert.Equal("KN0106", diagnostic.Id));
        if (errors > 0)
            return;
        using var network = @case.CreateNetwork();
        Assert.Equal([4, 3, 1, 5], network.state_dict()["strip.conv.weight"].shape);
        using var output = GeneratedCase.Run(network, randn(1, 3, 8, 8)).Single();
        Assert.Equal([1, 2, 8, 8], output.shape);
    }

    private static void Verify(string source, (string, object?) argument, string names)
    {
        var @case = GeneratedCase.Inline(source);
        Assert.Empty(@case.Diagnostics);
        using var network = @case.Create("Inline", argument);
        Assert.Equal(names.Split(' '), network.state_dict().Keys);
        using var output = GeneratedCase.Run(network, randn(1, 3, 8, 8)).Single();
        Assert.Equal([1, 2, 8, 8], output.shape);
    }
}
