using Xunit;
using static TorchSharp.torch;

namespace KnDsl.Generator.Tests;

/// <summary>Loop variables, numbers and labels of the file that have names which generated code needs for itself.</summary>
public sealed class NumberNameTests : TorchTest
{
    public static TheoryData<string> Names =>
    [
        "scope", "training", "outputs", "pass", "again", "ends", "value", "numbers", "norm", "device", "dtype", "recompute", "forward",
        "states", "input", "state", "i", "_", "scope_", "norm_",
    ];

    [Theory]
    [MemberData(nameof(Names))]
    public void OfALoop(string name) => Runs($$"""
        block Part(x, n: int)
        {
            a = x -> conv(4, 3)
            for {{name}} in 0..n {
                a = a * ({{name}} + 2) -> dropout(0.1) -> norm -> stage{{{name}}}: conv(4, 3) -> relu
            }
            return a, x
        }

        network Net(n: int = 2)
        {
            input x[N, 4, h, w]
            a, b = x -> Part(n)
            for {{name}} in 0..n {
                a = a * ({{name}} + 2) -> dropout(0.1) -> norm -> conv(4, 3) -> relu
            }
            output a[N, 4, h, w], b[N, 4, h, w]
        }
        """);

    [Theory]
    [MemberData(nameof(Names))]
    public void OfANumber(string name)
    {
        // The policy of a network is no number.
        if (name is "norm" or "_")
            return;
        Runs($$"""
            network Net(n: int = 2)
            {
                input x[N, 4, h, w]
                if n > 1 {
                    {{name}} = 2
                } else {
                    {{name}} = 3
                }
                a = x -> conv({{name}} * 2, 3) -> norm -> dropout(0.1)
                b = a * {{name}} -> conv(4, 3) -> norm
                output b[N, 4, h, w]
            }
            """);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void OfALabel(string name) => Runs($$"""
        block Part(x)
        {
            y = x -> {{name}}: conv(4, 1) -> norm
            return y, x
        }

        network Net(n: int = 2)
        {
            input x[N, 4, h, w]
            y, z = x -> {{name}}: Part
            output y[N, 4, h, w], z[N, 4, h, w]
        }
        """);

    /// <summary>Names that are no words of the file, but that code makes of them.</summary>
    [Theory]
    [InlineData("block Nn(x) { return x -> conv(4, 1) -> norm }", "Nn -> conv(4, 3)")]
    [InlineData("block Torch(x) { return x -> conv(4, 1) -> norm }", "Torch -> conv(4, 3) -> relu")]
    [InlineData("block Part(Norm[N, policy, h, w]) { return Norm -> conv(4, 1) -> norm }", "Part")]
    [InlineData("block Sizes(x) { return x -> conv(4, 1) -> norm }", "Sizes")]
    [InlineData("", "n{n}n: conv(4, 3) -> t{n}orch: norm -> Si{n}zes: conv(4, 3) -> Norm{n}Policy: norm -> Ten{n}sor: conv(4, 1)")]
    public void OfWhatIsMadeOfWords(string block, string stages) => Runs($$"""
        {{block.Replace("{ ", "{\n    ", System.StringComparison.Ordinal).Replace(" }", "\n}", System.StringComparison.Ordinal)}}

        network Net(n: int = 2)
        {
            input x[N, 4, h, w]
            y = x -> {{stages}}
            output y[N, 4, h, w]
        }
        """);

    private static void Runs(string source)
    {
        var @case = GeneratedCase.Inline(source);
        Assert.DoesNotContain(@case.Diagnostics, found => found.Id is not ("KN0111" or "KN0301"));
        using var network = @case.Create("Net");
        using var scope = NewDisposeScope();
        Assert.Equal([2, 4, 5, 6], GeneratedCase.Run(network, randn(2, 4, 5, 6))[0].shape);
    }
}
