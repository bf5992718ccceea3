using System.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Text;
using Xunit;

namespace KnDsl.Generator.Tests;

/// <summary>
/// Names of networks and blocks that no class can have, or that C# may take away one day, and more inputs than a class can take.
/// </summary>
public sealed class ClassNameTests
{
    private static string Network(string name) =>
        $"// The first line.\nnetwork {name}()\n{{\n    input  x[N, 3]\n    y = x -> linear(2)\n    output y[N, 2]\n}}\n";

    [Theory]
    [InlineData("small")]
    [InlineData("record")]
    [InlineData("dynamic")]
    public void A_name_of_small_letters_is_a_warning_at_the_name_and_compiles(string name)
    {
        var result = Host.Run(Host.Project("net.knnet", Network(name)));
        var finding = Assert.Single(result.Diagnostics);
        Assert.Equal(("KN0406", DiagnosticSeverity.Warning), (finding.Id, finding.DefaultSeverity));
        Assert.Equal(new LinePosition(1, 8), finding.Location.GetLineSpan().StartLinePosition);
        Assert.Contains($"Write {char.ToUpperInvariant(name[0])}{name[1..]}.", finding.GetMessage());
        Assert.Empty(GeneratedCase.Inline(Network(name)).Compile().GetDiagnostics()
            .Where(found => found.Severity >= DiagnosticSeverity.Warning));
    }

    [Theory]
    [InlineData("Small")]
    [InlineData("small2")]
    [InlineData("é")]
    public void Other_names_are_none(string name) => Assert.Empty(Host.Run(Host.Project("net.knnet", Network(name))).Diagnostics);

    [Theory]
    [InlineData("forward")]
    [InlineData("call")]
    [InlineData("fold")]
    [InlineData("Layers")]
    [InlineData("InputShapes")]
    [InlineData("OutputShapes")]
    [InlineData("Summary")]
    [InlineData("HType")]
    [InlineData("HookRemover")]
    [InlineData("var")]
    [InlineData("_")]
    public void A_name_that_no_class_can_have_is_one_error(string name)
    {
        var result = Host.Run(Host.Project("net.knnet", Network(name)));
        var finding = Assert.Single(result.Diagnostics);
        Assert.Equal(("KN0407", 1), (finding.Id, finding.Location.GetLineSpan().StartLinePosition.Line));
        Assert.Empty(result.GeneratedSources);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(6)]
    public void As_many_inputs_as_a_module_of_TorchSharp_takes_compile(int count) =>
        Assert.Empty(GeneratedCase.Inline(ManyInputs(count)).Compile().GetDiagnostics()
            .Where(found => found.Severity >= DiagnosticSeverity.Warning));

    [Fact]
    public void More_inputs_are_an_error_at_each_name()
    {
        var result = Host.Run(Host.Project("net.knnet", ManyInputs(7)));
        Assert.Equal([("KN0408", 0), ("KN0408", 6)], result.Diagnostics
            .Select(found => (found.Id, found.Location.GetLineSpan().StartLinePosition.Line)).Order());
        Assert.All(result.Diagnostics, found => Assert.Contains("has 7 inputs", found.GetMessage()));
        Assert.Empty(result.GeneratedSources);
    }

    private static string ManyInputs(int count)
    {
        string[] names = [.. Enumerable.Range(0, count).Select(i => $"a{i}")];
        return $$"""
            network Many()
            {
                input {{string.Join(", ", names.Select(name => $"{name}[N, 3]"))}}
                y = Sum({{string.Join(", ", names)}})
                output y[N, 2]
            }
            block Sum({{string.Join(", ", names.Select(name => $"{name}[N, C]"))}})
            {
                return {{string.Join(" + ", names)}} -> linear(2)
            }
            """;
    }
}
