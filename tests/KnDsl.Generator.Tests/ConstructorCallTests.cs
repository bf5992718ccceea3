using System.Collections.Immutable;
using System.Linq;
using System.Threading.Tasks;
using KnDsl.Generator.Analysis;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using Xunit;

namespace KnDsl.Generator.Tests;

/// <summary>Calls of generated constructors with constant arguments are held against the file.</summary>
public class ConstructorCallTests
{
    private const string Network = """
        network Net(width: int = 16, groups: int = 4, drop: float = 0.1, depths: int[] = [1, 2], policy: norm = kalman())
        {
            input image[N, 3, 8*h, 8*w]
            norm = policy
            x = image -> stem: conv(width, 3, groups: 1) -> bn: norm -> relu -> mid: conv(width, 3, groups: groups) -> dropout(drop)
            for d in depths {
                x = x -> conv(width, 3) -> pool{d}: conv(width, 3)
            }
            y = x -> avgpool(global) -> flatten -> fc: linear(10)
            output y[N, 10]
        }
        """;

    private static async Task<ImmutableArray<Diagnostic>> Check(string call)
    {
        var text = Host.Project("net.knnet", Network);
        var source = $$"""
            internal static class Program
            {
                public static object Make(int unknown) => {{call}};
            }
            """;
        Host.Driver([text]).RunGeneratorsAndUpdateCompilation(Host.Compilation("global using Project;", "global using KnDsl;", source), out var compilation, out var findings);
        Assert.Empty(findings);
        Assert.Empty(compilation.GetDiagnostics().Where(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error));
        var options = new AnalyzerOptions([text], new ProjectProperties("Project", Host.ProjectDirectory));
        return await compilation.WithAnalyzers([new ConstructorCallAnalyzer()], options).GetAnalyzerDiagnosticsAsync();
    }

    [Theory]
    [InlineData("new Net()")]
    [InlineData("new Net(width: 32)")]
    [InlineData("new Net(width: 20, groups: 5)")]
    [InlineData("new Net(width: unknown, groups: 5)")]
    [InlineData("new Net(depths: new[] { 1, 2, 3 })")]
    [InlineData("new Net(policy: NormPolicy.Group(8))")]
    public async Task Arguments_that_fit_give_no_message(string call) => Assert.Empty(await Check(call));

    [Theory]
    [InlineData("new Net(width: 15)", "KN0204")]
    [InlineData("new Net(width: 0)", "KN0107")]
    [InlineData("new Net(groups: 3)", "KN0204")]
    [InlineData("new Net(drop: 1.5)", "KN0107")]
    [InlineData("new Net(depths: new[] { 1, 1 })", "KN0110")]
    [InlineData("new Net(policy: NormPolicy.Group(3))", "KN0204")]
    public async Task Arguments_that_break_the_file_are_reported_at_the_call_under_the_files_code(string call, string code)
    {
        var finding = Assert.Single(await Check(call));
        Assert.Equal(code, finding.Id);
        var span = finding.Location.GetLineSpan();
        Assert.Equal(2, span.StartLinePosition.Line);
        Assert.Contains("net.knnet(", finding.GetMessage());
        Assert.Equal("/project/net.knnet", Assert.Single(finding.AdditionalLocations).GetLineSpan().Path);
    }
}
