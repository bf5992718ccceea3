using System.IO;
using System.Linq;
using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Xunit;
using static TorchSharp.torch;

namespace KnDsl.Generator.Tests;

/// <summary>What docs/language.md says of names and of C# is so: its networks are built, and looked at.</summary>
public sealed class LanguagePageTests : TorchTest
{
    private static readonly string Page = File.ReadAllText(Path.Combine(Repository.Root, "docs", "language.md")).Replace("\r\n", "\n");

    private static string Section(string heading) =>
        Regex.Match(Page, $"^## {heading}\n(.*?)(?=^## |\\z)", RegexOptions.Multiline | RegexOptions.Singleline).Groups[1].Value;

    private static string Network(string heading) =>
        Regex.Match(Section(heading), "^```knnet\n(.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline).Groups[1].Value;

    [Fact]
    public void FoldingLeavesTheNamesOfThePage()
    {
        using var network = GeneratedCase.Inline(Network("Folding")).Create("Folded");
        var rows = Regex.Matches(Section("Folding"), "^\\| (`.*?) \\| (.*?) ?\\|$", RegexOptions.Multiline)
            .Select(row => (Before: Names(row.Groups[1].Value), After: row.Groups[2].Value)).ToArray();
        Assert.Equal(rows.SelectMany(row => row.Before).Order(), network.state_dict().Keys.Order());
        var image = randn(2, 3, 8, 8);
        network.eval();
        using var noGrad = no_grad();
        var before = GeneratedCase.Run(network, image).Single();
        network.GetType().GetMethod("fold")!.Invoke(network, []);
        var after = rows.SelectMany(row => row.After == "the same" ? row.Before : Names(row.After));
        Assert.Equal(after.Order(), network.state_dict().Keys.Order());
        Close(before, GeneratedCase.Run(network, image).Single(), 1e-5, "the output");
    }

    private static string[] Names(string cell) => [.. Regex.Matches(cell, "`(.*?)`").Select(name => name.Groups[1].Value)];

    [Fact]
    public void ASharedOperationHasTheLabelOfThePage()
    {
        using var network = GeneratedCase.Inline(Network("Shared modules")).Create("Siamese");
        Assert.Contains("stem.conv.weight", network.state_dict().Keys);
    }

    [Theory]
    [InlineData("conv(4, 3) -> norm", false)]
    [InlineData("conv(4, 3, bias: true) -> norm", true)]
    [InlineData("conv(4, 3) -> relu -> norm", true)]
    [InlineData("conv(4, 3)\n    y = y -> norm", true)]
    [InlineData("linear(8) -> norm", false)]
    [InlineData("linear(8, bias: false)", false)]
    public void ALayerRightBeforeANormHasNoBias(string stages, bool hasBias)
    {
        using var network = GeneratedCase.Inline($$"""
            network Biased
            {
                input x[N, 4, 8, 8]
                y = x -> {{stages}}
                output y[N, 4, 8, 8]
            }
            """).Create("Biased");
        Assert.Equal(hasBias, network.state_dict().Keys.Any(key => key is "conv.bias" or "linear.bias"));
    }

    [Fact]
    public void TheModulesOfCSharpOnThePageAreUsedAsItSays()
    {
        const string modules = """
            #pragma warning disable CS1591
            using TorchSharp;
            using static TorchSharp.torch;
            namespace Acme;
            public sealed class SqueezeExcite(int channels) : nn.Module<Tensor, Tensor>($"se{channels}")
            {
                public override Tensor forward(Tensor input) => input;
            }
            public sealed class Gate(int channels) : nn.Module<Tensor, Tensor, Tensor>($"gate{channels}")
            {
                public override Tensor forward(Tensor input, Tensor gate) => input * gate.sigmoid().unsqueeze(-1).unsqueeze(-1);
            }
            """;
        Host.Driver([Host.Project("net.knnet", Network("C# modules"))], track: true)
            .RunGeneratorsAndUpdateCompilation(Host.Compilation(modules), out var compilation, out var findings);
        Assert.Empty(findings);
        Assert.Empty(compilation.GetDiagnostics().Where(diagnostic => diagnostic.Severity >= DiagnosticSeverity.Warning));
    }
}
