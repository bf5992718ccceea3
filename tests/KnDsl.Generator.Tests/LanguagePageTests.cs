using System.IO;
using System.Linq;
using System.Text.RegularExpressions;
using KnDsl.Language.Text;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using TorchSharp;
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

    /// <summary>Each row of the table of labels: what it declares has these properties, and these keys.</summary>
    [Fact]
    public void LabelsHaveTheNamesOfThePage()
    {
        var rows = Rows("Values and stages").Where(row => row[1].StartsWith("`network.", System.StringComparison.Ordinal)).ToArray();
        Assert.Equal(11, rows.Length);
        foreach (var row in rows)
        {
            var stage = $"x = x -> {Names(row[0])[0]}";
            var @case = GeneratedCase.Inline($$"""
                network Net(n: int = 2)
                {
                    input image[N, 8, h, w]
                    x = image -> act: relu
                    {{(row[0].Contains("loop") ? $"for i in 0..n {{ {stage} }}" : stage)}}
                    output x[N, 8, h, w]
                }

                block Unit(x, channels: int) { return x -> conv: conv(channels, 3) }
                """);
            var use = Names(row[1]).Select((access, i) => $"public static nn.Module Get{i}(Net network) => {access};").ToArray();
            using var image = new MemoryStream();
            var result = @case.Compile().AddSyntaxTrees(CSharpSyntaxTree.ParseText(
                $"using Project; using static TorchSharp.torch; internal static class Use {{ {string.Join(' ', use)} }}",
                Host.ParseOptions)).Emit(image);
            Assert.True(result.Success, $"{row[1]}: {string.Join('\n', result.Diagnostics)}");
            var assembly = System.Reflection.Assembly.Load(image.ToArray());
            var constructor = assembly.GetType("Project.Net")!.GetConstructors().Single();
            using var network = (nn.Module)constructor.Invoke([.. constructor.GetParameters().Select(given => given.DefaultValue)]);
            Assert.DoesNotContain(network.state_dict().Keys, key => key.StartsWith("act", System.StringComparison.Ordinal));
            foreach (var (key, i) in Names(row[2]).Select((key, i) => (key, i)))
            {
                var module = (nn.Module)assembly.GetType("Use")!.GetMethod($"Get{i}")!.Invoke(null, [network])!;
                var name = network.named_modules().Single(entry => ReferenceEquals(entry.module, module)).name;
                Assert.StartsWith(name + ".", key);
                Assert.Contains(key, network.state_dict().Keys);
            }
        }
    }

    /// <summary>Each row of the table of gains is what generated code has for it.</summary>
    [Fact]
    public void PoliciesAreSpelledInCSharpAsOnThePage()
    {
        foreach (var row in Rows("Normalization"))
        {
            var policy = row[0].Contains("renorm") ? "renorm" : "kalman";
            var code = GeneratedCase.Inline($$"""
                network Net
                {
                    input x[N, 4]
                    y = x -> norm({{policy}}({{Names(row[0])[0]}}))
                    output y[N, 4]
                }
                """).Code;
            Assert.Contains($"NormPolicy.{Casing.Capital(policy)}({Names(row[1])[0]})", code);
        }
    }

    [Fact]
    public void AnAutomaticPropertyHasTheKeyOfThePage()
    {
        var part = Regex.Matches(Section("Your part of a generated class"), "^```csharp\n(.*?)^```", RegexOptions.Multiline
            | RegexOptions.Singleline).Select(block => block.Groups[1].Value).Last();
        var small = GeneratedCase.Inline("network Small {\ninput x[N, 4]\ny = x -> fc: linear(10)\noutput y[N, 10]\n}");
        using var image = new MemoryStream();
        var result = small.Compile().AddSyntaxTrees(CSharpSyntaxTree.ParseText(
            "#pragma warning disable CS1591\nnamespace Project;\nusing TorchSharp.Modules;\nusing static TorchSharp.torch;\n" + part,
            Host.ParseOptions)).Emit(image);
        Assert.True(result.Success, string.Join('\n', result.Diagnostics));
        var type = System.Reflection.Assembly.Load(image.ToArray()).GetType("Project.Small")!;
        using var network = (nn.Module)System.Activator.CreateInstance(type, [null, null])!;
        Assert.Equal(["head.weight", "head.bias", "fc.weight", "fc.bias"], network.state_dict().Keys);
        network.to(float64);
        Assert.Equal(float64, ((TorchSharp.Modules.Linear)type.GetProperty("Head")!.GetValue(network)!).weight.dtype);
    }

    /// <summary>The rows of a section's tables.</summary>
    private static string[][] Rows(string heading) =>
        [.. Regex.Matches(Section(heading), "^\\| (`.*?) \\|$", RegexOptions.Multiline).Select(row => row.Groups[1].Value.Split(" | "))];

    [Theory]
    [InlineData("conv(4, 3) -> norm", false)]
    [InlineData("conv(4, 3, bias: true) -> norm", true)]
    [InlineData("conv(4, 3) -> relu -> norm", true)]
    [InlineData("conv(4, 3)\n    y = y -> norm", true)]
    [InlineData("linear(8) -> norm", true)]
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
