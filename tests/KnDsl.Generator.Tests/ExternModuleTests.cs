using System.Linq;
using Microsoft.CodeAnalysis;
using Xunit;

namespace KnDsl.Generator.Tests;

/// <summary>Modules of the user's own C#: declared, checked against the real class, used.</summary>
public class ExternModuleTests
{
    private const string Module = """
        #pragma warning disable CS1591
        namespace Acme;

        public sealed class SqueezeExcite : TorchSharp.torch.nn.Module<TorchSharp.torch.Tensor, TorchSharp.torch.Tensor>
        {
            public SqueezeExcite(int channels, double ratio = 0.25) : base("SqueezeExcite") => Channels = channels * ratio;

            public double Channels { get; }

            public override TorchSharp.torch.Tensor forward(TorchSharp.torch.Tensor input) => input;
        }
        """;

    private static string Network(string declaration) => declaration + """

        network Net()
        {
            input image[N, 3, 8, 8]
            y = image -> conv(8, 3) -> se: SqueezeExcite(8) -> flatten -> fc: linear(10)
            output y[N, 10]
        }
        """;

    private const string Right = "extern Acme.SqueezeExcite(channels: int): [N, C, H, W] -> [N, C, H, W]\n";

    private static (GeneratorRunResult Result, Compilation Compilation) Run(string declaration, string module = Module)
    {
        var driver = Host.Driver([Host.Project("net.knnet", Network(declaration))], track: true)
            .RunGeneratorsAndUpdateCompilation(Host.Compilation(module), out var compilation, out _);
        return (driver.GetRunResult().Results.Single(), compilation);
    }

    [Fact]
    public void A_module_of_the_project_is_constructed_and_called()
    {
        var (result, compilation) = Run(Right);
        Assert.Empty(result.Diagnostics);
        Assert.Empty(compilation.GetDiagnostics().Where(diagnostic => diagnostic.Severity >= DiagnosticSeverity.Warning));
        var code = result.GeneratedSources.Single().SourceText.ToString();
        Assert.Contains("new global::Acme.SqueezeExcite(channels: 8)", code);
        Assert.Contains("public global::Acme.SqueezeExcite se { get; }", code);
    }

    [Theory]
    [InlineData("public SqueezeExcite(int channels)", "public required int Rate { get; set; }", "without setting required members")]
    [InlineData("public SqueezeExcite(ref int channels)", "", "found (ref int channels)")]
    [InlineData("private SqueezeExcite(int channels)", "", "found none")]
    [InlineData("public SqueezeExcite(int channels, params string[] names)", "", null)]
    [InlineData("[System.Diagnostics.CodeAnalysis.SetsRequiredMembers] public SqueezeExcite(int channels)",
        "public required int Rate { get; set; }", null)]
    [InlineData("public SqueezeExcite(in int channels)", "", null)]
    [InlineData("internal SqueezeExcite(int channels)", "", null)]
    public void A_constructor_that_cannot_be_called_is_an_error_of_the_file(string constructor, string member, string? message)
    {
        var module = Module.Replace("public SqueezeExcite(int channels, double ratio = 0.25)", constructor)
            .Replace("channels * ratio", "1").Replace("public double Channels", member + " public double Channels");
        var (result, compilation) = Run(Right, module);
        Assert.Empty(compilation.GetDiagnostics().Where(diagnostic => diagnostic.Severity >= DiagnosticSeverity.Error));
        if (message is null)
            Assert.Empty(result.Diagnostics);
        else
            Assert.Contains(message, Assert.Single(result.Diagnostics).GetMessage());
    }

    [Theory]
    [InlineData("int[]")]
    [InlineData("long[]")]
    [InlineData("System.Collections.Generic.IReadOnlyList<int>")]
    [InlineData("System.Collections.Generic.List<long>")]
    public void A_list_of_the_network_reaches_its_constructor(string type)
    {
        var module = Module.Replace("int channels, double ratio = 0.25", $"{type} channels").Replace("channels * ratio", "2");
        var driver = Host.Driver([Host.Project("net.knnet", """
            extern Acme.SqueezeExcite(channels: int[]): [N, C, H, W] -> [N, C, H, W]

            network Net(widths: int[] = [1, 2])
            {
                input image[N, 3, 8, 8]
                y = image -> SqueezeExcite(widths) -> SqueezeExcite([1, 2]) -> Inner(widths)
                output y[N, 3, 8, 8]
            }

            block Inner(x, widths: int[]) { return x -> SqueezeExcite(widths) }
            """)]).RunGeneratorsAndUpdateCompilation(Host.Compilation(module), out var compilation, out var found);
        Assert.Empty(found);
        Assert.Empty(compilation.GetDiagnostics().Where(diagnostic => diagnostic.Severity >= DiagnosticSeverity.Warning));
        Assert.Contains("SqueezeExcite(channels: [.. widths])", driver.GetRunResult().GeneratedTrees.Single().ToString());
    }

    [Fact]
    public void Its_names_may_be_words_of_csharp()
    {
        var (result, compilation) = Run("extern Acme.class.SqueezeExcite(event: int): [N, C, H, W] -> [N, C, H, W]\n",
            Module.Replace("namespace Acme", "namespace Acme.@class").Replace("int channels", "int @event")
                .Replace("channels *", "@event *"));
        Assert.Empty(result.Diagnostics);
        Assert.Empty(compilation.GetDiagnostics().Where(diagnostic => diagnostic.Severity >= DiagnosticSeverity.Warning));
    }

    [Theory]
    [InlineData("extern Acme.SqueezeExite(channels: int): [N, C, H, W] -> [N, C, H, W]", "KN0402")]
    [InlineData("extern System.String(channels: int): [N, C, H, W] -> [N, C, H, W]", "KN0403")]
    [InlineData("extern Acme.SqueezeExcite(channels: int): [N, C, H, W], [N, C] -> [N, C, H, W]", "KN0404")]
    [InlineData("extern Acme.SqueezeExcite(chanels: int): [N, C, H, W] -> [N, C, H, W]", "KN0405")]
    [InlineData("extern Acme.SqueezeExcite(channels: bool): [N, C, H, W] -> [N, C, H, W]", "KN0405")]
    public void A_declaration_that_the_class_does_not_keep_is_an_error_in_the_file(string declaration, string code)
    {
        var finding = Run(declaration + "\n").Result.Diagnostics.First(diagnostic => diagnostic.Id == code);
        var span = finding.Location.GetLineSpan();
        Assert.Equal(("/project/net.knnet", 0), (span.Path, span.StartLinePosition.Line));
        Assert.Contains("expected", finding.GetMessage());
    }

    public static TheoryData<string, string> Different => new()
    {
        { "KN0402", "" },
        { "KN0405", Module.Replace("int channels", "bool channels").Replace("channels * ratio", "ratio") },
        { "KN0404", Module.Replace("TorchSharp.torch.Tensor>", "int>")
            .Replace("override TorchSharp.torch.Tensor", "override int").Replace("=> input;", "=> 0;") },
    };

    [Theory]
    [MemberData(nameof(Different))]
    public void A_module_that_is_not_as_declared_is_one_error_wherever_it_is_used(string code, string module)
    {
        var driver = Host.Driver([
                Host.Project("net.knnet", Network(Right)),
                Host.Project("other.knnet", Network("import \"net.knnet\"\n").Replace("Net()", "Other()")),
                Host.Project("apart.knnet", "block Apart(x)\n{\n    return x -> conv(4, 3)\n}\n"),
            ])
            .RunGeneratorsAndUpdateCompilation(Host.Compilation(module), out var compilation, out var found);
        Assert.Equal(code, Assert.Single(found).Id);
        Assert.Empty(compilation.GetDiagnostics().Where(diagnostic => diagnostic.Severity >= DiagnosticSeverity.Warning));
        // Classes that use it are outlines.
        Assert.Equal(["apart.knnet.g.cs", "net.knnet.g.cs", "other.knnet.g.cs"],
            driver.GetRunResult().Results.Single().GeneratedSources.Select(source => source.HintName).Order());
    }

    [Fact]
    public void A_class_inside_another_is_found_and_one_that_is_not_public_is_refused()
    {
        var nested = Module.Replace("public sealed class SqueezeExcite",
            "public static class Parts {\npublic sealed class SqueezeExcite") + "\n}";
        var (result, compilation) = Run("extern Acme.Parts.SqueezeExcite(channels: int): [N, C, H, W] -> [N, C, H, W]\n", nested);
        Assert.Empty(result.Diagnostics);
        Assert.Empty(compilation.GetDiagnostics().Where(diagnostic => diagnostic.Severity >= DiagnosticSeverity.Warning));

        var finding = Assert.Single(Run(Right, Module.Replace("public sealed", "internal sealed")).Result.Diagnostics);
        Assert.Equal("KN0403", finding.Id);
        Assert.Contains("public class", finding.GetMessage());

        Assert.Equal("KN0403", Assert.Single(Run(Right, Module.Replace("public sealed", "public abstract")).Result.Diagnostics).Id);
    }

    [Theory]
    [InlineData("extern Acme.SqueezeExcite(channels: int): [N, C] -> [N, C]", "KN0201")]
    [InlineData("extern Acme.SqueezeExcite(channels: int): [N, 2*channels, H, W] -> [N, channels, H, W]", "KN0215")]
    public void A_value_that_does_not_fit_the_declared_sizes_is_an_error_at_the_use(string declaration, string code)
    {
        var finding = Assert.Single(Run(declaration + "\n").Result.Diagnostics);
        Assert.Equal((code, 5), (finding.Id, finding.Location.GetLineSpan().StartLinePosition.Line));
    }

    [Fact]
    public void An_edit_of_csharp_code_looks_at_extern_modules_and_runs_no_file_again()
    {
        var driver = Host.Driver([Host.Project("net.knnet", Network(Right))], track: true).RunGenerators(Host.Compilation(Module));
        driver = driver.RunGenerators(Host.Compilation(Module.Replace("Channels { get; }", "Channels { get; } // edited")));
        var steps = driver.GetRunResult().Results.Single().TrackedSteps;
        Assert.All(steps[KnnetGenerator.Steps.Files].SelectMany(run => run.Outputs), output =>
            Assert.Equal(IncrementalStepRunReason.Cached, output.Reason));
        Assert.All(steps[KnnetGenerator.Steps.Externs].SelectMany(run => run.Outputs), output =>
            Assert.Equal(IncrementalStepRunReason.Unchanged, output.Reason));
    }
}
