using System;
using System.Collections.Generic;
using System.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Text;
using Xunit;

namespace KnDsl.Generator.Tests;

/// <summary>What runs again after an edit, and what the compiler is given.</summary>
public sealed class PipelineTests
{
    private static string Network(string name, int channels = 8, string space = "") =>
        $"{(space.Length > 0 ? $"namespace {space}\n" : "")}network {name}(classes: int = 10)\n{{\n    input  image[N, 3, h, w]\n"
        + $"    logits = image -> conv1: conv({channels}, 3) -> relu -> avgpool(global) -> flatten -> fc: linear(classes)\n"
        + $"    output logits[N, classes]\n}}\n";

    private static TextInMemory[] Three() =>
        [Host.Project("A.knnet", Network("A")), Host.Project("B.knnet", Network("B")), Host.Project("C.knnet", Network("C"))];

    /// <summary>For each step the reasons of its outputs, in order.</summary>
    private static Dictionary<string, IncrementalStepRunReason[]> Reasons(GeneratorDriver driver) =>
        driver.GetRunResult().Results.Single().TrackedSteps.ToDictionary(
            step => step.Key, step => step.Value.SelectMany(run => run.Outputs).Select(output => output.Reason).ToArray());

    private static IncrementalStepRunReason[] OutputReasons(GeneratorDriver driver) =>
        [.. driver.GetRunResult().Results.Single().TrackedOutputSteps.SelectMany(step => step.Value).SelectMany(run => run.Outputs)
            .Select(output => output.Reason)];

    private static bool DidNotRun(IncrementalStepRunReason reason) =>
        reason is IncrementalStepRunReason.Cached or IncrementalStepRunReason.Unchanged;

    [Fact]
    public void AnUnrelatedEditOfCSharpRunsNothing()
    {
        var compilation = Host.Compilation("class Before { }");
        var driver = Host.Driver(Three(), track: true).RunGenerators(compilation);
        Assert.All(Reasons(driver)[KnnetGenerator.Steps.Files], reason => Assert.Equal(IncrementalStepRunReason.New, reason));

        driver = driver.RunGenerators(compilation.AddSyntaxTrees(CSharpSyntaxTree.ParseText("class After { }", Host.ParseOptions)));

        // The compilation is another; of it only names are read, and they are the same.
        Assert.All(Reasons(driver).Where(step => step.Key != "Compilation"), step =>
            Assert.All(step.Value, reason => Assert.True(DidNotRun(reason), $"{step.Key}: {reason}")));
        Assert.All(Reasons(driver)[KnnetGenerator.Steps.Texts], reason => Assert.Equal(IncrementalStepRunReason.Cached, reason));
        Assert.All(Reasons(driver)[KnnetGenerator.Steps.Files], reason => Assert.Equal(IncrementalStepRunReason.Cached, reason));
        Assert.NotEmpty(OutputReasons(driver));
        Assert.All(OutputReasons(driver), reason => Assert.Equal(IncrementalStepRunReason.Cached, reason));
    }

    [Fact]
    public void AnEditOfCSharpRunsOnlyWhatLooksAtItsTypes()
    {
        var compilation = Host.Compilation("class Before { }");
        var gate = Host.Project("D.knnet", "extern Acme.Gate(): [N, C] -> [N, C]\n" + Network("D"));
        var driver = Host.Driver([.. Three(), gate], track: true).RunGenerators(compilation);
        Assert.Equal("KN0402", Assert.Single(driver.GetRunResult().Diagnostics).Id);

        // Another class changes nothing that was found; the class that was asked for does.
        driver = driver.RunGenerators(compilation.AddSyntaxTrees(CSharpSyntaxTree.ParseText("class After { }", Host.ParseOptions)));
        Assert.Equal([IncrementalStepRunReason.Unchanged], Reasons(driver)[KnnetGenerator.Steps.Externs]);
        Assert.All(OutputReasons(driver), reason => Assert.Equal(IncrementalStepRunReason.Cached, reason));

        driver = driver.RunGenerators(
            compilation.AddSyntaxTrees(CSharpSyntaxTree.ParseText("namespace Acme { public class Gate { } }", Host.ParseOptions)));
        Assert.Equal([IncrementalStepRunReason.Modified], Reasons(driver)[KnnetGenerator.Steps.Externs]);
        Assert.All(Reasons(driver)[KnnetGenerator.Steps.Files], reason => Assert.Equal(IncrementalStepRunReason.Cached, reason));
        Assert.Single(OutputReasons(driver), reason => !DidNotRun(reason));
    }

    [Fact]
    public void AnEditRunsTheStepsOfItsFileOnly()
    {
        var texts = Three();
        var driver = Host.Driver(texts, track: true).RunGenerators(Host.Compilation());

        driver = driver.ReplaceAdditionalText(texts[1], Host.Project("B.knnet", Network("B", 16))).RunGenerators(Host.Compilation());

        Assert.Equal(
            [IncrementalStepRunReason.Cached, IncrementalStepRunReason.Modified, IncrementalStepRunReason.Cached],
            Reasons(driver)[KnnetGenerator.Steps.Files]);
        // The classes are the same: whoever looks for two of one name has nothing to do.
        Assert.All(Reasons(driver)[KnnetGenerator.Steps.Classes], reason => Assert.True(DidNotRun(reason)));
        Assert.Single(OutputReasons(driver), reason => !DidNotRun(reason));
        Assert.Contains("nn.Conv2d(3, 16, 3",
            driver.GetRunResult().GeneratedTrees.Single(tree => tree.FilePath.Contains("B.knnet")).ToString());
    }

    [Fact]
    public void AFileThatComesOrGoesRunsNoOther()
    {
        var texts = Three();
        var driver = Host.Driver(texts, track: true).RunGenerators(Host.Compilation());

        driver = driver.AddAdditionalTexts([Host.Project("D.knnet", Network("D"))]).RunGenerators(Host.Compilation());
        Assert.Equal(3, Reasons(driver)[KnnetGenerator.Steps.Files].Count(DidNotRun));
        Assert.Equal(4, driver.GetRunResult().GeneratedTrees.Length);

        driver = driver.RemoveAdditionalTexts([texts[0]]).RunGenerators(Host.Compilation());
        Assert.Equal(3, Reasons(driver)[KnnetGenerator.Steps.Files].Count(DidNotRun));
        Assert.Equal(3, driver.GetRunResult().GeneratedTrees.Length);
    }

    [Fact]
    public void ABlockOfAFileThatIsNotImportedIsFoundThere()
    {
        const string Unit = "block Unit(x, channels: int)\n{\n    return x -> conv(channels, 3) -> norm\n}\n";
        var user = Host.Project("A.knnet", Network("A").Replace("-> relu", "-> Unit(8) -> relu"));
        var parts = Host.Project("parts/units.knnet", Unit);
        var driver = Host.Driver([user, parts, Host.Project("C.knnet", Network("C"))], track: true).RunGenerators(Host.Compilation());
        var found = Assert.Single(driver.GetRunResult().Diagnostics);
        Assert.Equal("KN0102", found.Id);
        Assert.Contains("write import \"parts/units.knnet\"", found.GetMessage());

        const string Extern = "extern Acme.Unit(): [N, C] -> [N, C]\n";
        found = Assert.Single(Host.Driver([user, Host.Project("parts/units.knnet", Extern + Network("B"))])
            .RunGenerators(Host.Compilation()).GetRunResult().Diagnostics, finding => finding.Id == "KN0102");
        Assert.Contains("write import \"parts/units.knnet\"", found.GetMessage());

        // An edit inside the block is none of the other file's business; another name is.
        driver = driver.ReplaceAdditionalText(parts, parts = Host.Project("parts/units.knnet", Unit.Replace("3)", "5)")))
            .RunGenerators(Host.Compilation());
        Assert.Equal([IncrementalStepRunReason.Cached, IncrementalStepRunReason.Modified, IncrementalStepRunReason.Cached],
            Reasons(driver)[KnnetGenerator.Steps.Files]);
        driver = driver.ReplaceAdditionalText(parts, Host.Project("parts/units.knnet", Unit.Replace("Unit", "Other")))
            .RunGenerators(Host.Compilation());
        Assert.DoesNotContain("import", Assert.Single(driver.GetRunResult().Diagnostics).GetMessage());
    }

    [Fact]
    public void TheSameTextAgainChangesNothing()
    {
        var texts = Three();
        var driver = Host.Driver(texts, track: true).RunGenerators(Host.Compilation());

        driver = driver.ReplaceAdditionalText(texts[1], Host.Project("B.knnet", Network("B"))).RunGenerators(Host.Compilation());

        Assert.Equal(IncrementalStepRunReason.Unchanged, Reasons(driver)[KnnetGenerator.Steps.Texts][1]);
        Assert.All(Reasons(driver)[KnnetGenerator.Steps.Files], reason => Assert.Equal(IncrementalStepRunReason.Cached, reason));
        Assert.All(OutputReasons(driver), reason => Assert.Equal(IncrementalStepRunReason.Cached, reason));
    }

    [Fact]
    public void OptionsThatMatterRunEveryFile()
    {
        var driver = Host.Driver(Three(), "Before", track: true).RunGenerators(Host.Compilation());
        Assert.Contains("namespace Before;", driver.GetRunResult().GeneratedTrees[0].ToString());

        driver = driver.WithUpdatedAnalyzerConfigOptions(new ProjectProperties("Before", Host.ProjectDirectory))
            .RunGenerators(Host.Compilation());
        Assert.All(Reasons(driver)[KnnetGenerator.Steps.Options], reason => Assert.Equal(IncrementalStepRunReason.Unchanged, reason));
        Assert.All(Reasons(driver)[KnnetGenerator.Steps.Files], reason => Assert.Equal(IncrementalStepRunReason.Cached, reason));

        driver = driver.WithUpdatedAnalyzerConfigOptions(new ProjectProperties("After", Host.ProjectDirectory))
            .RunGenerators(Host.Compilation());
        Assert.All(Reasons(driver)[KnnetGenerator.Steps.Files], reason => Assert.Equal(IncrementalStepRunReason.Modified, reason));
        Assert.Contains("namespace After;", driver.GetRunResult().GeneratedTrees[0].ToString());
    }

    [Fact]
    public void OutputIsTheSameInEveryRunAndOrder()
    {
        static string[] Sources(IEnumerable<AdditionalText> texts) =>
        [
            .. Host.Driver(texts).RunGenerators(Host.Compilation()).GetRunResult().Results.Single().GeneratedSources
                .Select(source => source.HintName + "\n" + source.SourceText).Order(StringComparer.Ordinal),
        ];
        AdditionalText[] texts = [.. Three(),
            .. GeneratedCase.Names.Select(name => Host.Project($"{name}/net.knnet", GeneratedCase.Of(name).Source))];
        var first = Sources(texts);
        Assert.Equal(texts.Length, first.Length);
        Assert.Equal(first, Sources(texts));
        Assert.Equal(first, Sources(texts.Reverse()));
    }

    /// <summary>What the compiler embeds and signs must not say where the project lies, if the project asks for that.</summary>
    [Fact]
    public void WithAPathMapOutputIsTheSameInEveryFolder()
    {
        string[] names = ["net.knnet", "a/net.knnet", "a_net.knnet", "../shared/net.knnet", $"{new string('d', 100)}/net.knnet"];
        (string, string)[] Sources(string folder)
        {
            var compilation = Host.Compilation();
            compilation = compilation.WithOptions(compilation.Options.WithSourceReferenceResolver(
                new SourceFileResolver([], null, [new($"{folder}/", "/_/")])));
            var driver = Host.Driver(names.Select((name, i) => Host.Text($"{folder}/project/{name}", Network($"Net{i}"))))
                .WithUpdatedAnalyzerConfigOptions(new ProjectProperties("Project", $"{folder}/project/"));
            return [.. driver.RunGenerators(compilation).GetRunResult().Results.Single().GeneratedSources
                .Select(source => (source.HintName, source.SourceText.ToString()))];
        }
        var sources = Sources("/here");
        Assert.Equal(names.Length, sources.Length);
        Assert.Equal(sources, Sources("/over/there"));
        Assert.Contains("\"/_/project/a/net.knnet\"", sources[1].Item2);
        Assert.Contains("\"/_/shared/net.knnet\"", sources[3].Item2);
    }

    [Theory]
    [InlineData("it's #1 $(x) 50%;(a) @b/net.knnet", "it's #1 $(x) 50%;(a) @b/net.knnet")]
    [InlineData("漢字 ü/net.knnet", "漢字 ü/net.knnet")]
    [InlineData("a\\b/net.knnet", "a\\b/net.knnet")]
    [InlineData("a\"b/\"net\".knnet", "a'b/'net'.knnet")]
    public void AnyNameOfAFolderOrFileCompiles(string name, string shown)
    {
        Host.Driver([Host.Project(name, Network("A"))])
            .RunGeneratorsAndUpdateCompilation(Host.Compilation(), out var compilation, out var findings);
        Assert.Empty(findings);
        Assert.Empty(compilation.GetDiagnostics().Where(found => found.Severity >= DiagnosticSeverity.Warning));
        var places = compilation.SyntaxTrees.Single(tree => tree.FilePath.Contains("knnet")).GetLineMappings()
            .Select(mapping => mapping.MappedSpan).Where(span => span.HasMappedPath).Select(span => span.Path).Distinct();
        Assert.Equal([Host.ProjectDirectory + shown], places);
    }

    [Fact]
    public void NamesOfGeneratedFilesAreNoLongerThanFileSystemsAllow()
    {
        string[] names = [new string('漢', 84), new string('漢', 83) + "字", string.Join("/", Enumerable.Repeat("folder", 60))];
        var result = Host.Run([.. names.Select((name, i) => Host.Project(name + "/net.knnet", Network($"Net{i}")))]);
        Assert.Equal(names.Length, result.GeneratedSources.Length);
        Assert.All(result.GeneratedSources, source => Assert.InRange(System.Text.Encoding.UTF8.GetByteCount(source.HintName), 1, 255));
    }

    [Theory]
    [InlineData("a/net.knnet", "b/net.knnet")]
    [InlineData("a/b.knnet", "a_b.knnet")]
    [InlineData("Net.knnet", "net.knnet")]
    [InlineData("a b.knnet", "a_b.knnet")]
    [InlineData("a+b.knnet", "a=b.knnet")]
    [InlineData("../x/net.knnet", "../y/net.knnet")]
    [InlineData("../net.knnet", "net.knnet")]
    public void FilesOfLikeNamesDoNotCollide(string one, string other)
    {
        var result = Host.Run(Host.Text(Host.ProjectDirectory + one, Network("A")), Host.Text(Host.ProjectDirectory + other, Network("B")));
        Assert.Null(result.Exception);
        Assert.Empty(result.Diagnostics);
        Assert.Equal(2, result.GeneratedSources.Length);
    }

    [Fact]
    public void FilesOutsideTheProjectDoNotCollide()
    {
        var result = Host.Run(Host.Text("/elsewhere/x/net.knnet", Network("A")), Host.Text("/elsewhere/y/net.knnet", Network("B")),
            Host.Text("C:\\z\\net.knnet", Network("C")));
        Assert.Null(result.Exception);
        Assert.Equal(3, result.GeneratedSources.Length);
    }

    [Fact]
    public void WithoutARootNamespaceClassesHaveNone()
    {
        var code = Host.Driver([Host.Project("net.knnet", Network("A"))], "").RunGenerators(Host.Compilation()).GetRunResult()
            .Results.Single().GeneratedSources.Single().SourceText.ToString();
        Assert.DoesNotContain("\nnamespace ", code);
    }

    [Fact]
    public void AFileThatIsListedTwiceIsAnErrorOfTheFile()
    {
        var result = Host.Run(Host.Project("one.knnet", Network("A")), Host.Project("one.knnet", Network("A")));
        Assert.Null(result.Exception);
        Assert.All(result.Diagnostics, diagnostic => Assert.Equal("KN0401", diagnostic.Id));
        Assert.NotEmpty(result.Diagnostics);
    }

    [Fact]
    public void AFileIsOneFileWhicheverWayItIsNamed()
    {
        var result = Host.Run(Host.Project("one.knnet", Network("A")), Host.Project("x/..//./one.knnet", Network("A")));
        Assert.All(result.Diagnostics, diagnostic => Assert.Equal("KN0401", diagnostic.Id));
        Assert.NotEmpty(result.Diagnostics);
    }

    [Fact]
    public void TwoDeclarationsOfOneClassAreAnErrorAtTheSecond()
    {
        var result = Host.Run(Host.Project("one.knnet", Network("A")), Host.Project("two.knnet", "\n" + Network("A")));
        var error = Assert.Single(result.Diagnostics);
        Assert.Equal("KN0401", error.Id);
        Assert.Equal(DiagnosticSeverity.Error, error.Severity);
        Assert.Equal("/project/two.knnet", error.Location.GetLineSpan().Path);
        Assert.Equal(new LinePositionSpan(new LinePosition(1, 8), new LinePosition(1, 9)), error.Location.GetLineSpan().Span);
        Assert.Equal("/project/one.knnet", Assert.Single(error.AdditionalLocations).GetLineSpan().Path);
        Assert.Contains("one.knnet", error.GetMessage());
        // Its code would be wrong wherever the class of the first file is another one.
        Assert.Single(result.GeneratedSources);
    }

    [Fact]
    public void TheOtherOfTwoFilesOfOneNameIsNamedByItsPath()
    {
        var result = Host.Run(Host.Project("a/net.knnet", Network("A")), Host.Project("b/net.knnet", Network("A")));
        Assert.Contains("generated from /project/a/net.knnet;", Assert.Single(result.Diagnostics).GetMessage());
    }

    [Fact]
    public void TheRecordOfTheOutputsIsAClassToo()
    {
        var result = Host.Run(
            Host.Project("one.knnet",
                "network A()\n{\n    input  image[N, 3, h, w]\n    x = image -> conv(3, 3)\n"
                    + "    output x[N, 3, h, w], image[N, 3, h, w]\n}\n"),
            Host.Project("two.knnet", "block AOutput(x)\n{\n    return x -> conv(3, 3)\n}\n"));
        var error = Assert.Single(result.Diagnostics);
        Assert.Equal("KN0401", error.Id);
        Assert.Contains("AOutput' is already generated from one.knnet for the outputs of 'A'; expected", error.GetMessage());
        Assert.Single(result.GeneratedSources);
    }

    [Theory]
    [InlineData("KN0127",
        "network A(device: int = 2)\n{\n    input  image[N, 3, h, w]\n    x = image -> conv(device, 3)\n    output x[N, 2, h, w]\n}\n")]
    [InlineData("KN0109",
        "network A(n: int = 2, n: int = 2)\n{\n    input  image[N, 3, h, w]\n    x = image -> conv(n, 3)\n    output x[N, 2, h, w]\n}\n")]
    public void ADeclarationWithAWrongNameMakesAnOutline(string code, string text)
    {
        var result = Host.Run(Host.Project("one.knnet", text));
        Assert.Equal(code, Assert.Single(result.Diagnostics).Id);
        Assert.DoesNotContain("conv", Assert.Single(result.GeneratedSources).SourceText.ToString());
    }

    [Fact]
    public void NamesakesInTwoNamespacesAreTwoClasses()
    {
        var result = Host.Run(Host.Project("one.knnet", Network("A", space: "X.Y")), Host.Project("two.knnet", Network("A", space: "Z")));
        Assert.Empty(result.Diagnostics);
        Assert.Equal(2, result.GeneratedSources.Length);
    }

    [Fact]
    public void AFindingLiesAtItsPlaceInTheFile()
    {
        var result = Host.Run(
            Host.Project("nets/a.knnet",
                "network A()\n{\n    input  image[N, 3, h, w]\n    y = image -> conv(8, 3) -> rellu\n    output y[N, 8, h, w]\n}\n"));
        var error = Assert.Single(result.Diagnostics);
        Assert.Equal("KN0102", error.Id);
        Assert.Equal("KnDsl", error.Descriptor.Category);
        var place = error.Location.GetLineSpan();
        Assert.Equal("/project/nets/a.knnet", place.Path);
        Assert.Equal(new LinePositionSpan(new LinePosition(3, 31), new LinePosition(3, 36)), place.Span);
        Assert.Equal(new TextSpan(74, 5), error.Location.SourceSpan);
        Assert.Contains("Did you mean 'relu'?", error.GetMessage());
        // No network comes out of one that is wrong, but what code can name.
        Assert.Contains("public A(", Assert.Single(result.GeneratedSources).SourceText.ToString());
        Assert.DoesNotContain("conv", result.GeneratedSources[0].SourceText.ToString());
    }

    [Fact]
    public void WarningsLeaveTheClass()
    {
        var text = Host.Project("a.knnet", Network("A").Replace("    output", "    unused = image -> relu\n    output"));
        var lenient = Host.Compilation().WithOptions(new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary));
        var result = Host.Driver([text]).RunGenerators(lenient).GetRunResult().Results.Single();
        Assert.Equal(("KN0111", DiagnosticSeverity.Warning), (Assert.Single(result.Diagnostics).Id, result.Diagnostics[0].Severity));
        Assert.Single(result.GeneratedSources);
        // Projects that treat warnings as errors treat these so too, and may say which they do not mind.
        Assert.Equal(DiagnosticSeverity.Error, Assert.Single(Host.Run(text).Diagnostics).Severity);
    }

    [Fact]
    public void OtherFilesAreNotRead()
    {
        var result = Host.Run(Host.Project("notes.txt", "network ("), Host.Project("A.KNNET", Network("A")));
        Assert.Empty(result.Diagnostics);
        Assert.Single(result.GeneratedSources);
    }

    /// <summary>A generator that throws is CS8785, and no class comes out of any file.</summary>
    [Fact]
    public void NothingMakesItThrow()
    {
        var random = new Random(20180215);
        var sources = GeneratedCase.Names.Select(name => GeneratedCase.Of(name).Source).ToArray();
        var words = sources.SelectMany(source => source.Split([' ', '\n', ',']))
            .Concat(["{", "}", "[", "]", "->", "\0", "\u2028", "\uD800", "99999999999999999999", "-", "\"", "//"]).ToArray();
        for (var round = 0; round < 12; round++)
        {
            var texts = Enumerable.Range(0, 25).Select(i => Host.Project($"{round}/{i}.knnet", Mutated(i))).ToArray();
            var driver = Host.Driver(texts).RunGeneratorsAndUpdateCompilation(Host.Compilation(), out _, out var diagnostics);
            Assert.Null(driver.GetRunResult().Results.Single().Exception);
            Assert.DoesNotContain(diagnostics, diagnostic => diagnostic.Id is "CS8784" or "CS8785" or "KN0901");
            Assert.All(diagnostics, diagnostic => Assert.EndsWith(".knnet", diagnostic.Location.GetLineSpan().Path));
        }

        string Mutated(int kind)
        {
            if (kind % 5 == 0)
                return string.Join(" ", Enumerable.Range(0, 60).Select(_ => words[random.Next(words.Length)]));
            var text = sources[random.Next(sources.Length)];
            for (var edit = 0; edit < 1 + kind % 4; edit++)
            {
                var at = random.Next(text.Length);
                var length = Math.Min(random.Next(12), text.Length - at);
                text = text.Remove(at, length).Insert(at, random.Next(2) == 0 ? "" : " " + words[random.Next(words.Length)] + " ");
            }
            return text;
        }
    }
}
