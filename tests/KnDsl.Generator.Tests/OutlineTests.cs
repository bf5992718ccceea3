using System.Collections.Generic;
using System.IO;
using System.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Xunit;

namespace KnDsl.Generator.Tests;

/// <summary>
/// A network with a mistake still has a class that C# code can name, so that the mistake is the only error: of every file of
/// <c>tests/Cases/errors</c> the outline compiles.
/// </summary>
public sealed class OutlineTests
{
    private const string Broken = """
        network Net(depths: int[], classes: int = 10, width: float = 1.5, deep: bool = true, policy: norm = kalman(), sizes: int[] = [3, 4])
        {
            input  image[N, 3, h, w], mask[N, 1, h, w]
            norm = policy
            x = image -> conv(8, 3) -> nrom -> relu
            y = x -> avgpool(global) -> flatten -> linear(classes)
            output y[N, classes], x[N, 8, h, w]
        }

        block Part(x, channels: int)
        {
            return x -> conv(chanels, 3)
        }
        """;

    [Fact]
    public void The_mistakes_are_the_only_errors_of_code_that_uses_the_classes()
    {
        const string Use = """
            using System.Linq;
            using KnDsl;
            using TorchSharp;
            using static TorchSharp.torch;

            namespace Project;

            internal static class Program
            {
                public static Tensor Run(Tensor image, Tensor mask)
                {
                    using var net = new Net([1, 2], classes: 3, deep: false, policy: NormPolicy.Batch(), dtype: ScalarType.Float32);
                    net.train();
                    var count = net.parameters().Sum(parameter => parameter.numel()) + Net.Layers.Count + Net.InputShapes.Count;
                    System.Console.WriteLine(Net.Summary() + count + Net.OutputShapes[0]);
                    net.fold();
                    var (y, x) = net.call(image, mask);
                    NetOutput both = net.forward(image, mask);
                    using var part = new Part(channels: 3, norm: NormPolicy.Kalman(), recompute: Recompute.Blocks);
                    using var other = new Part(xChannels: 3, channels: 4);
                    return part.call(both.x) + x + both.y + y + other.call(x);
                }
            }
            """;
        var (found, compilation) = Run(Use, Host.Project("net.knnet", Broken));
        Assert.Equal(["KN0101", "KN0102"], found.Select(finding => finding.Id).Order());
        Assert.Empty(Wrong(compilation));
    }

    /// <summary>Whatever is wrong with a header, or with the statements of inputs and outputs, what can be read of them stays.</summary>
    [Theory]
    [InlineData("width = 18", "")]
    [InlineData("int width = 16", "")]
    [InlineData("width: Int", "")]
    [InlineData("width", "")]
    [InlineData("width: int = 16, drop: double = 0.1", ", drop: 0.5")]
    [InlineData("width: int = 16, policy: NormPolicy = kalman()", ", policy: NormPolicy.Batch()")]
    [InlineData("width: int = 16, policy = batch()", ", policy: NormPolicy.Batch()")]
    [InlineData("width: int = 16, policy: norm = batch(eps=0.001)", ", policy: NormPolicy.Batch()")]
    [InlineData("width: int = 16, policy: norm = NormPolicy.Kalman(microbatch: 2)", ", policy: NormPolicy.Batch()")]
    [InlineData("width: int = 16, policy: norm", ", policy: NormPolicy.Batch()")]
    [InlineData("widths: list[int], width: int = 2", ", widths: new[] { 1 }")]
    [InlineData("width: int = 1, width: int = 2", "")]
    [InlineData("width: int = 1, drop: float = 1e999", ", drop: 0.5")]
    [InlineData("width: int = 99999999999", "")]
    [InlineData("width: int = 1, device: int = 2", ", device: TorchSharp.torch.CPU")]
    [InlineData("width: int = 1, norm: norm = batch()", ", norm: NormPolicy.Batch()")]
    [InlineData("width: int = 16", "", "input a[N, 3, h, w], b[N, 3, h w], c[N, 3, h, w]")]
    [InlineData("width: int = 16", "", "input a[N, 3, h, w], b[N, 3, , w], c[N, 3, h, w]")]
    [InlineData("width: int = 16", "", "input a[N, 3, h, w, b[N, 3, h, w], c[N, 3, h, w]")]
    [InlineData("width: int = 16", "", "a[N, 3, h, w], b[N, 3, h, w], c[N, 3, h, w]")]
    [InlineData("width: int = 16", "", "input a[N, 3, h, w], b[N, 3, h, w], c")]
    [InlineData("width: int = 16", "", "input a[N, 3, h, w], b[N, 3, h, w], c[N, 3, h, w], c[N, 3, h, w]")]
    [InlineData("width: int = 16", "", "input a[N, 3, h, w], b[N, 3, h, w], c[N, 3, h, w]", "output [p, q]")]
    [InlineData("width: int = 16", "", "input a[N, 3, h, w], b[N, 3, h, w], c[N, 3, h, w]", "output p[N, 3, h, w], q[N, 3, h, w")]
    [InlineData("width: int = 16", "", "input a[N, 3, h, w], b[N, 3, h, w], c[N, 3, h, w]", "output p, q")]
    public void What_can_be_read_of_a_class_stays(
        string header, string arguments, string inputs = "input a[N, 3, h, w], b[N, 3, h, w], c[N, 3, h, w]",
        string outputs = "output p[N, 3, h, w], q[N, 3, h, w]")
    {
        // A network without a mistake in the same file keeps its namespace in any case; here there is none.
        var (found, compilation) = Run($$"""
            using KnDsl;

            namespace Project;

            internal static class Program
            {
                public static TorchSharp.torch.Tensor Run(TorchSharp.torch.Tensor x)
                {
                    using var net = new Net(width: 3{{arguments}}, recompute: true);
                    var (first, second) = net.call(x, x, x);
                    NetOutput both = net.forward(x, x, x);
                    return first + second + both.p + both.q;
                }
            }
            """, Host.Project("net.knnet", $$"""
            network Net({{header}})
            {
                {{inputs}}
                p = a + b
                q = b + c
                {{outputs}}
            }
            """));
        Assert.Contains(found, finding => finding.Severity == DiagnosticSeverity.Error);
        Assert.Empty(Wrong(compilation));
    }

    [Theory]
    [InlineData("Network A")]
    [InlineData("netwrok A")]
    [InlineData("class A")]
    [InlineData("A")]
    [InlineData("network A n: int = 1)\n//")]
    [InlineData("network A(n: int = 1\n//")]
    [InlineData("network A(n int = 1)\n//")]
    [InlineData("network A(k: int[] = [1, 2, n: int = 1)\n//")]
    public void A_damaged_head_leaves_the_class(string head)
    {
        var (found, compilation) = Run(
            "namespace Project; internal static class Program { public static void Run() => new A(n: 3).Dispose(); }",
            Host.Project("net.knnet", $$"""
                {{head}}(n: int = 1)
                {
                    input x[N, 3, h, w]
                    y = x -> conv(n, 3)
                    output y[N, n, h, w]
                }
                """));
        Assert.NotEmpty(found);
        Assert.Empty(Wrong(compilation));
    }

    /// <summary>A mistake that can be silenced would leave a program that throws.</summary>
    [Fact]
    public void An_error_cannot_be_silenced()
    {
        var found = Host.Driver([Host.Project("net.knnet", Broken)]).RunGenerators(Host.Compilation().WithOptions(
            Host.Compilation().Options.WithSpecificDiagnosticOptions(new Dictionary<string, ReportDiagnostic>
            {
                ["KN0101"] = ReportDiagnostic.Suppress,
                ["KN0102"] = ReportDiagnostic.Warn,
            }))).GetRunResult().Results.Single().Diagnostics;
        Assert.Equal(2, found.Count(finding => finding.Severity == DiagnosticSeverity.Error));
    }

    [Fact]
    public void Outlines_of_all_mistakes_compile()
    {
        var folder = Path.Combine(Repository.Cases, "errors");
        var files = Directory.GetFiles(folder, "*.knnet", SearchOption.AllDirectories).Order(System.StringComparer.Ordinal).ToArray();
        var trees = new List<SyntaxTree>();
        var wrong = new List<string>();
        for (var i = 0; i < files.Length; i++)
        {
            AdditionalText[] texts = [Host.Text(files[i], File.ReadAllText(files[i])), .. Imported(files[i])];
            var ofCase = Host.Driver(texts, $"Case{i}").RunGenerators(Host.Compilation()).GetRunResult().Results.Single()
                .GeneratedSources
                .Select(source => CSharpSyntaxTree.ParseText(source.SourceText, Host.ParseOptions, $"{i}/{source.HintName}"))
                .Where(tree => tree.ToString().Contains("or one that it uses, has a mistake.")).ToArray();
            // The same namespace in two files would have classes of both.
            if (File.ReadAllText(files[i]).Contains("namespace "))
                wrong.AddRange(Wrong(Host.Compilation().AddSyntaxTrees(ofCase)));
            else
                trees.AddRange(ofCase);
        }
        Assert.True(trees.Count > files.Length / 2, $"{trees.Count} outlines of {files.Length} files");
        wrong.AddRange(Wrong(Host.Compilation().AddSyntaxTrees(trees)));
        Assert.True(wrong.Count == 0, string.Join("\n", wrong));
    }

    private static IEnumerable<AdditionalText> Imported(string file) => File.ReadAllText(file).Contains("import ")
        ? Directory.GetFiles(Path.GetDirectoryName(file)!, "*.knnet", SearchOption.AllDirectories).Where(other => other != file)
            .Where(other => File.ReadAllText(file).Contains(Path.GetFileName(other)))
            .Select(other => Host.Text(other, File.ReadAllText(other)))
        : [];

    private static (IReadOnlyList<Diagnostic> Found, Compilation Compilation) Run(string code, params AdditionalText[] texts)
    {
        Host.Driver(texts).RunGeneratorsAndUpdateCompilation(Host.Compilation(code), out var compilation, out var found);
        return (found, compilation);
    }

    private static string[] Wrong(Compilation compilation) =>
        [.. compilation.GetDiagnostics().Where(found => found.Severity >= DiagnosticSeverity.Warning).Select(found => found.ToString())];
}
