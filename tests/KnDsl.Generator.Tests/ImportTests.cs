using System.Collections.Generic;
using System.Linq;
using Microsoft.CodeAnalysis;
using Xunit;

namespace KnDsl.Generator.Tests;

/// <summary>Files that import others: what they see, what is wrong with an import, and what an edit runs again.</summary>
public class ImportTests
{
    private const string Block = """
        namespace Shared.Blocks
        block Unit(x, channels: int)
        {
            return x -> conv: conv(channels, 3) -> bn: norm -> relu
        }
        """;

    private const string Network = """
        import "../blocks/unit.knnet"
        network Net(policy: norm = kalman())
        {
            input image[N, 3, 8, 8]
            norm = policy
            y = image -> a: Unit(8) -> b: [ Unit(8) * 2 ] -> avgpool(global) -> flatten -> fc: linear(10)
            output y[N, 10]
        }
        """;

    private const string Other = """
        network Other()
        {
            input x[N, 4]
            y = x -> linear(2)
            output y[N, 2]
        }
        """;

    private static TextInMemory[] Project(string block = Block, string network = Network) =>
        [Host.Project("blocks/unit.knnet", block), Host.Project("nets/net.knnet", network), Host.Project("other.knnet", Other)];

    [Fact]
    public void An_imported_block_is_used_under_its_own_namespace_and_compiles()
    {
        var result = Host.Run(Project());
        Assert.Empty(result.Diagnostics);
        var code = result.GeneratedSources.Single(source => source.HintName.StartsWith("nets_net")).SourceText.ToString();
        Assert.Contains("ModuleList<global::Shared.Blocks.Unit>", code);
        Host.Driver(Project()).RunGeneratorsAndUpdateCompilation(Host.Compilation(), out var compilation, out _);
        Assert.Empty(compilation.GetDiagnostics().Where(diagnostic => diagnostic.Severity >= DiagnosticSeverity.Warning));
    }

    /// <summary>A project file names what lies outside its folder with "..", and the compiler passes that on.</summary>
    [Theory]
    [InlineData("/project/../shared/unit.knnet", "../../shared/unit.knnet")]
    [InlineData("/project/./blocks/../../shared//unit.knnet", "../../shared/unit.knnet")]
    [InlineData("/shared/unit.knnet", ".././../shared//unit.knnet")]
    [InlineData("/project/blocks/unit.knnet", "..\\blocks\\unit.knnet")]
    [InlineData("/project/it's #1 $(x) 50%;@/unit.knnet", "../it's #1 $(x) 50%;@/unit.knnet")]
    public void An_imported_file_is_found_whichever_way_both_name_it(string path, string import)
    {
        var result = Host.Run(
            Host.Text(path, Block), Host.Project("./nets/net.knnet", Network.Replace("../blocks/unit.knnet", import)));
        Assert.Empty(result.Diagnostics);
        Assert.Equal(2, result.GeneratedSources.Length);
    }

    [Theory]
    [InlineData("import \"missing.knnet\"\n", "KN0133")]
    [InlineData("import \"net.knnet\"\n", "KN0132")]
    [InlineData("import \"../blocks/unit.knnet\"\nblock Unit(x)\n{\n    return x -> relu\n}\n", "KN0134")]
    public void A_wrong_import_is_reported_where_it_stands(string start, string code)
    {
        var network = start + Network.Substring(Network.IndexOf('\n') + 1)
            .Replace("a: Unit(8) -> b: [ Unit(8) * 2 ] -> ", "conv(8, 3) -> ");
        var finding = Assert.Single(Host.Run(Project(network: network)).Diagnostics, diagnostic => diagnostic.Id == code);
        Assert.Equal("/project/nets/net.knnet", finding.Location.GetLineSpan().Path);
    }

    [Theory]
    [InlineData("unit.knnet")]
    [InlineData("../blocks/Unit.knnet")]
    public void A_file_of_that_name_elsewhere_is_what_may_be_meant(string import)
    {
        var found = Host.Run(Project(network: Network.Replace("../blocks/unit.knnet", import))).Diagnostics;
        Assert.Contains("Did you mean '../blocks/unit.knnet'?", Assert.Single(found).GetMessage());
    }

    [Fact]
    public void Files_that_import_each_other_are_an_error()
    {
        var block = "import \"../nets/net.knnet\"\n" + Block.Replace("namespace Shared.Blocks\n", "");
        Assert.Contains(Host.Run(Project(block)).Diagnostics, diagnostic => diagnostic.Id == "KN0132");
    }

    [Fact]
    public void What_is_wrong_with_a_block_is_said_in_its_own_file_and_what_only_its_use_makes_wrong_at_the_use()
    {
        var broken = Host.Run(Project(Block.Replace("relu", "rellu"))).Diagnostics;
        Assert.Equal("/project/blocks/unit.knnet", Assert.Single(broken).Location.GetLineSpan().Path);

        var misused = Host.Run(Project(Block.Replace("-> relu", "-> maxpool(16)"))).Diagnostics;
        var finding = Assert.Single(misused);
        Assert.Equal("KN0135", finding.Id);
        Assert.Equal("/project/nets/net.knnet", finding.Location.GetLineSpan().Path);
        Assert.Contains("KN0202", finding.GetMessage());
    }

    [Fact]
    public void An_edit_of_an_imported_file_runs_its_dependents_and_nothing_else()
    {
        var texts = Project();
        var driver = Host.Driver(texts, track: true).RunGenerators(Host.Compilation());
        driver = driver.ReplaceAdditionalText(texts[0], Host.Project("blocks/unit.knnet", Block.Replace("relu", "silu")));
        var reasons = Reasons(driver.RunGenerators(Host.Compilation()), KnnetGenerator.Steps.Files);
        Assert.Equal(["blocks_unit.knnet.g.cs: Modified", "nets_net.knnet.g.cs: Modified", "other.knnet.g.cs: Cached"], reasons);

        driver = driver.RunGenerators(Host.Compilation())
            .ReplaceAdditionalText(texts[2], Host.Project("other.knnet", Other.Replace("linear(2)", "linear(2, bias: false)")));
        reasons = Reasons(driver.RunGenerators(Host.Compilation()), KnnetGenerator.Steps.Files);
        Assert.Equal(["blocks_unit.knnet.g.cs: Cached", "nets_net.knnet.g.cs: Cached", "other.knnet.g.cs: Modified"], reasons);
    }

    [Fact]
    public void An_edit_of_what_an_imported_file_imports_runs_all_that_depend_on_it()
    {
        AdditionalText[] texts =
        [
            Host.Project("a.knnet", "block A(x)\n{\n    return x -> conv(4, 3)\n}\n"),
            Host.Project("b.knnet", "import \"a.knnet\"\nblock B(x)\n{\n    return x -> A -> relu\n}\n"),
            Host.Project("c.knnet",
                "import \"b.knnet\"\nnetwork C()\n{\n    input x[N, 3, 8, 8]\n    y = x -> B\n    output y[N, 4, 8, 8]\n}\n"),
            Host.Project("other.knnet", Other),
        ];
        var driver = Host.Driver(texts, track: true).RunGenerators(Host.Compilation());
        driver = driver.ReplaceAdditionalText(texts[0], Host.Project("a.knnet", "block A(x)\n{\n    return x -> conv(5, 3)\n}\n"))
            .RunGenerators(Host.Compilation());
        // C is wrong now, though neither it nor what it imports itself was touched.
        Assert.Equal(
            ["a.knnet.g.cs: Modified", "b.knnet.g.cs: Modified", "c.knnet.g.cs: Modified", "other.knnet.g.cs: Cached"],
            Reasons(driver, KnnetGenerator.Steps.Files));
        Assert.Equal("KN0205", Assert.Single(driver.GetRunResult().Diagnostics).Id);
    }

    private static IEnumerable<string> Reasons(GeneratorDriver driver, string step) =>
        driver.GetRunResult().Results.Single().TrackedSteps[step].SelectMany(run => run.Outputs)
            .Select(output => $"{((Pipeline.GeneratedFile)output.Value).HintName}: {output.Reason}").Order();
}
