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

    private static async Task<ImmutableArray<Diagnostic>> Check(string call, string more = "", params AdditionalText[] others)
    {
        var text = Host.Project("net.knnet", Network);
        var source = $$"""
            internal static class Program
            {
                private const int Width = 5;

                public static object Make(int unknown) => {{call}};
            }
            """;
        Host.Driver([text, .. others])
            .RunGeneratorsAndUpdateCompilation(Host.Compilation("global using Project;", "global using KnDsl;", source, more),
                out var compilation, out var findings);
        Assert.Empty(findings);
        Assert.Empty(compilation.GetDiagnostics().Where(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error));
        var options = new AnalyzerOptions([text, .. others], new ProjectProperties("Project", Host.ProjectDirectory));
        return await compilation.WithAnalyzers([new ConstructorCallAnalyzer()], options).GetAnalyzerDiagnosticsAsync();
    }

    [Theory]
    [InlineData("new Net()")]
    [InlineData("new Net(width: 32)")]
    [InlineData("new Net(width: 20, groups: 5)")]
    [InlineData("new Net(width: unknown, groups: 5)")]
    [InlineData("new Net(depths: new[] { 1, 2, 3 })")]
    [InlineData("new Net(policy: NormPolicy.Group(8))")]
    [InlineData("new Net(depths: null, policy: null)")]
    [InlineData("new Net(depths: [1, unknown])")]
    [InlineData("new Net(unknown, drop: 0.2f)")]
    [InlineData("NormPolicy.Kalman(gain: unknown, microbatch: unknown)")]
    [InlineData("NormPolicy.Kalman(0.5, 2, eps: 1e-3)")]
    [InlineData("NormPolicy.Renorm(rMax: 1, warmUp: 0)")]
    public async Task Arguments_that_fit_give_no_message(string call) => Assert.Empty(await Check(call));

    [Theory]
    [InlineData("new Net(width: 15)", "KN0204")]
    [InlineData("new Net(width: 0)", "KN0107")]
    [InlineData("new Net(groups: 3)", "KN0204")]
    [InlineData("new Net(drop: 1.5)", "KN0107")]
    [InlineData("new Net(depths: new[] { 1, 1 })", "KN0110")]
    [InlineData("new Net(policy: NormPolicy.Group(3))", "KN0204")]
    [InlineData("new Net(15)", "KN0204")]
    [InlineData("(Net)new(width: 15)", "KN0204")]
    [InlineData("new Net(width: 3 * Width)", "KN0204")]
    [InlineData("new Net(depths: [1, 1])", "KN0110")]
    [InlineData("new Net(depths: (System.Collections.Generic.IReadOnlyList<int>)[2, 2])", "KN0110")]
    [InlineData("new Net(unknown, 4, 1.5)", "KN0107")]
    [InlineData("new Net(0, policy: NormPolicy.Group(unknown))", "KN0107")]
    public async Task Arguments_that_break_the_file_are_reported_at_the_call_under_the_files_code(string call, string code)
    {
        var finding = Assert.Single(await Check(call));
        Assert.Equal(code, finding.Id);
        var span = finding.Location.GetLineSpan();
        Assert.Equal(4, span.StartLinePosition.Line);
        Assert.Contains("net.knnet(", finding.GetMessage());
        Assert.Equal("/project/net.knnet", Assert.Single(finding.AdditionalLocations).GetLineSpan().Path);
    }

    /// <summary>Networks that a run-time check, torch or nothing holds against an argument that only the run knows.</summary>
    private const string Open = """
        network Residual(kernel: int = 3, classes: int = 10)
        {
            input image[N, 3, h, w]
            x = image + (image -> conv(3, kernel)) -> avgpool(global) -> flatten -> linear(classes)
            output x[N, classes]
        }
        network Required(kernel: int, classes: int = 10)
        {
            input image[N, 3, h, w]
            x = image + (image -> conv(3, kernel)) -> avgpool(global) -> flatten -> linear(classes)
            output x[N, classes]
        }
        network Pooled(depth: int = 3, width: int = 8)
        {
            input image[N, 3, 32*h, 32*w]
            x = image -> conv(width, 3)
            for i in 0..depth { x = x -> maxpool(2) }
            y = x -> upsample(8)
            output y[N, width, 32*h, 32*w]
        }
        network Repeated(times: int = 2, width: int = 8)
        {
            input image[N, 3, 4*h, 4*w]
            x = image -> conv(width, 3) -> pools: [ maxpool(2) * times ] -> upsample(4)
            output x[N, width, 4*h, 4*w]
        }
        network Strides(strides: int[] = [2, 2], width: int = 8)
        {
            input image[N, 3, 4*h, 4*w]
            x = image
            for s in strides { x = x -> Down(width, s) }
            y = x -> upsample(4)
            output y[N, width, 4*h, 4*w]
        }
        network Branches(deep: bool = true, channels: int = 16, size: int = 4)
        {
            input image[N, channels, size, size]
            x = image
            if deep { x = x -> conv(channels, 3) -> conv(8, 3, padding: 0, groups: 4) } else { x = x -> conv(8, 1) -> maxpool(2) }
            y = x -> Down(8, 1) if deep
            output y[N, 8, size / 2, size / 2]
        }
        network Joined(size: int = 4, other: int = 4, width: int = 8)
        {
            input a[N, width, size], b[N, width, other]
            y = a + b -> relu
            output y[N, width, size]
        }
        block Down(x, width: int, stride: int)
        {
            return x -> conv(width, 3, stride: stride)
        }
        """;

    [Theory]
    [InlineData("new Residual(unknown, 16)")]
    [InlineData("new Residual(unknown, classes: 2)")]
    [InlineData("new Required(unknown, 16)")]
    [InlineData("new Pooled(unknown, 16)")]
    [InlineData("new Repeated(unknown, 16)")]
    [InlineData("new Strides([unknown, 2], 16)")]
    [InlineData("new Branches(unknown > 2, 16)")]
    [InlineData("new Branches(unknown > 2, 15, 4)")]
    [InlineData("new Branches(unknown > 2, 16, 2)")]
    [InlineData("new Joined(unknown, 3)")]
    [InlineData("new Joined(3, unknown, 16)")]
    [InlineData("new Branches(unknown > 2, size: unknown)")]
    public async Task What_an_unknown_argument_may_make_right_is_not_reported(string call) =>
        Assert.Empty(await Check(call, "", Host.Project("open.knnet", Open)));

    [Theory]
    [InlineData("new Residual(unknown, 0)", "KN0107")]
    [InlineData("new Pooled(unknown, 0)", "KN0107")]
    [InlineData("new Strides([unknown], 0)", "KN0205")]
    [InlineData("new Joined(3, 2, unknown)", "KN0203")]
    public async Task What_no_unknown_argument_makes_right_is_reported(string call, string code) =>
        Assert.Equal(code, Assert.Single(await Check(call, "", Host.Project("open.knnet", Open))).Id);

    [Theory]
    [InlineData("NormPolicy.Kalman(gain: 2)", "'gain' of 'kalman' must be in (0, 1], found 2.")]
    [InlineData("NormPolicy.Kalman(0.5, microbatch: 0)", "'microbatch' of 'kalman' must be at least 1, found 0.")]
    [InlineData("NormPolicy.Renorm(rMax: 0.5)", "'r_max' of 'renorm' must be at least 1, found 0.5.")]
    [InlineData("new Net(policy: NormPolicy.Group(0))", "'groups' of 'group' must be at least 1, found 0.")]
    public async Task Constant_settings_of_a_policy_are_held_in_their_ranges(string call, string message)
    {
        var finding = Assert.Single(await Check(call));
        Assert.Equal(("KN0107", message), (finding.Id, finding.GetMessage()));
    }

    [Fact]
    public async Task A_constructor_of_a_partial_class_that_calls_the_generated_one_is_checked()
    {
        var finding = Assert.Single(
            await Check("1", "namespace Project { public sealed partial class Net { internal Net(string name) : this(width: 15) { } } }"));
        Assert.Equal("KN0204", finding.Id);
    }

    [Fact]
    public async Task A_file_that_the_project_links_is_found_with_what_it_imports()
    {
        var linked = Host.Project("../nets/linked.knnet",
            "import \"../shared/part.knnet\"\nnetwork Linked(width: int = 16)\n{\n    input x[N, 3, h, w]\n    y = x -> Part(width)\n"
                + "    output y[N, width, h, w]\n}\n");
        var part = Host.Project("../shared/part.knnet", "block Part(x, width: int)\n{\n    return x -> conv(width, 3, groups: 1)\n}\n");
        var finding = Assert.Single(await Check("new Linked(width: 0)", "", linked, part));
        Assert.Equal("KN0135", finding.Id);
        Assert.Contains("linked.knnet(", finding.GetMessage());
    }

    [Fact]
    public async Task Files_of_one_name_are_told_apart()
    {
        Assert.Equal("KN0204",
            Assert.Single(
                await Check("new Net(width: 15)", "",
                    Host.Project("NET.knnet", "network Other()\n{\n    input x[N, 3]\n    output x[N, 3]\n}\n"))).Id);
    }
}
