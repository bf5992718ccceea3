using System;
using System.Linq;
using System.Text.RegularExpressions;
using Xunit;
using static TorchSharp.torch;

namespace KnDsl.Generator.Tests;

/// <summary>A network refuses data of which a window would leave nothing, and says how large it must be.</summary>
public sealed class LeastSizeTests : TorchTest
{
    private const string Blocks = """

        block Down(x, channels: int)
        {
            return x -> conv(channels, 3, padding: 0) -> norm -> relu -> maxpool(2)
        }

        block Twice(x[N, C, h, w])
        {
            return x -> Down(4) -> Down(4)
        }

        """;

    /// <summary>The height that is declared, and the stages after the input.</summary>
    public static readonly TheoryData<string, string> Stages = new()
    {
        { "h", "maxpool(2)" },
        { "h", "conv(4, 3) -> maxpool(2) -> maxpool(2) -> maxpool(2)" },
        { "h", "conv(4, 5, padding: 0) -> avgpool(3) -> conv(4, 3, padding: 0, dilation: 2)" },
        { "h", "conv(4, [5, 1], stride: 3, padding: 0) -> maxpool([4, 1], stride: [2, 1], ceil: true)" },
        { "2*h", "maxpool(2) -> conv(4, 7, padding: 1, stride: 2)" },
        { "2*h + 1", "maxpool([3, 1], stride: 1) -> maxpool([6, 1])" },
        { "h", "conv_transpose(4, 3, stride: 2, padding: 4) -> relu" },
        { "h", "Twice" },
        { "4*h", "Down(8) -> Twice" },
    };

    /// <summary>With a number in the place of the symbol the checker itself decides what is too small.</summary>
    [Theory]
    [MemberData(nameof(Stages))]
    public void The_least_size_is_that_of_the_checker(string height, string stages)
    {
        var @case = GeneratedCase.Inline(Source(height, stages));
        Assert.DoesNotContain(@case.Diagnostics, diagnostic => diagnostic.Severity == Microsoft.CodeAnalysis.DiagnosticSeverity.Error);
        using var network = @case.Create("Net");
        network.eval();
        var refused = 0;
        for (var h = 1; h <= 64; h++)
        {
            var size = SizeOf(height, h);
            var fits = GeneratedCase.Inline(Source($"{size}", stages)).Diagnostics.All(diagnostic => diagnostic.Id != "KN0202");
            var exception = Record.Exception(() => GeneratedCase.Run(network, zeros(1, 4, size, 64)));
            if (fits)
            {
                Assert.Null(exception);
                break;
            }
            refused++;
            Assert.IsType<ArgumentException>(exception);
            Assert.StartsWith("KN0216: 'Net' takes ", exception.Message);
            var told = Regex.Match(exception.Message, @"dimension 2 is \d+ where at least (\d+) was expected\.$");
            var least = int.Parse(told.Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture);
            Assert.True(GeneratedCase.Inline(Source($"{least}", stages)).Diagnostics.All(diagnostic => diagnostic.Id != "KN0202"));
            Assert.Equal(height == "2*h + 1", least % 2 == 1 && height != "h");
        }
        Assert.InRange(refused, 1, 63);
    }

    /// <summary>A block says it too, where it is called by itself.</summary>
    [Fact]
    public void Blocks_have_least_sizes()
    {
        var @case = GeneratedCase.Inline(Source("h", "Twice"));
        using var block = @case.Create("Twice", ("xC", 4), ("norm", NormPolicy.Kalman()));
        Assert.Equal(
            "KN0216: 'Twice' takes [N, C, h, w] for 'x', found [1, 4, 9, 64]: dimension 2 is 9 where at least 10 was expected.",
            Assert.Throws<ArgumentException>(() => GeneratedCase.Run(block, randn(1, 4, 9, 64))).Message);
        Assert.Null(Record.Exception(() => GeneratedCase.Run(block, randn(1, 4, 10, 64))));
    }

    /// <summary>What an argument of the constructor or a branch decides is torch's to refuse: what fits is not refused.</summary>
    [Theory]
    [InlineData("k: int = 8", "x = image -> maxpool(k)", 2)]
    [InlineData("deep: bool = true", "x = image -> relu\n    if deep { x = x -> maxpool(8) }", 0)]
    [InlineData("times: int = 3", "x = image -> relu\n    for i in 0..times { x = x -> maxpool(2) }", 1)]
    public void What_arguments_decide_is_not_refused(string parameter, string statements, int argument)
    {
        var @case = GeneratedCase.Inline($$"""
            network Net({{parameter}})
            {
                input image[N, 4, h, w]
                {{statements}}
                y = x -> mean(2, 3)
                output y[N, 4]
            }
            """);
        Assert.Empty(@case.Diagnostics);
        var name = parameter.Split(' ', ':')[0];
        using var network = @case.Create("Net", (name, name == "deep" ? argument == 1 : argument));
        Assert.Null(Record.Exception(() => GeneratedCase.Run(network, zeros(1, 4, 2, 2))));
    }

    private static int SizeOf(string height, int h) => height switch { "h" => h, "2*h" => 2 * h, "4*h" => 4 * h, _ => 2 * h + 1 };

    private static string Source(string height, string stages) => $$"""
        network Net()
        {
            input x[N, 4, {{height}}, w]
            norm = kalman()
            y = x -> {{stages}} -> norm -> mean(2, 3) -> linear(1)
            output y[N, 1]
        }
        {{Blocks}}
        """;
}
