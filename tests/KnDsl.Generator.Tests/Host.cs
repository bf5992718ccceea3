using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.IO;
using System.Linq;
using System.Text;
using System.Threading;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Text;

namespace KnDsl.Generator.Tests;

/// <summary>A .knnet file that lies in memory.</summary>
internal sealed class TextInMemory(string path, string content) : AdditionalText
{
    public override string Path => path;

    public override SourceText GetText(CancellationToken cancellationToken = default) => SourceText.From(content);
}

/// <summary>A project's properties as the compiler shows them to a generator.</summary>
internal sealed class ProjectProperties(string rootNamespace, string directory, string? fuse = null) : AnalyzerConfigOptionsProvider
{
    public override AnalyzerConfigOptions GlobalOptions { get; } = new Options(new Dictionary<string, string>
    {
        ["build_property.RootNamespace"] = rootNamespace,
        ["build_property.KnDslProjectDirectory"] = Convert.ToBase64String(Encoding.UTF8.GetBytes(directory)),
        ["build_property.KnDslFuse"] = fuse ?? "",
    });

    public override AnalyzerConfigOptions GetOptions(SyntaxTree tree) => GlobalOptions;

    public override AnalyzerConfigOptions GetOptions(AdditionalText textFile) => GlobalOptions;

    private sealed class Options(Dictionary<string, string> values) : AnalyzerConfigOptions
    {
        public override bool TryGetValue(string key, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out string? value) =>
            values.TryGetValue(key, out value);
    }
}

/// <summary>Runs the generator as the compiler does.</summary>
internal static class Host
{
    public const string ProjectDirectory = "/project/";

    /// <summary>All that a project which uses KnDsl refers to.</summary>
    public static readonly ImmutableArray<MetadataReference> References =
    [
        .. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Where(path => Path.GetFileName(path) is var name && (name.StartsWith("System.", StringComparison.Ordinal)
                || name is "mscorlib.dll" or "netstandard.dll" or "TorchSharp.dll" or "KnDsl.Runtime.dll"))
            .Select(path => MetadataReference.CreateFromFile(path)),
    ];

    /// <summary>As strict as a compilation can be: nullable, every warning an error. All share what is read of the references.</summary>
    public static CSharpCompilation Compilation(params string[] sources) => Empty.AddSyntaxTrees(
        sources.Select((source, i) => CSharpSyntaxTree.ParseText(source, ParseOptions, $"Source{i}.cs")));

    private static readonly CSharpCompilation Empty = CSharpCompilation.Create("Generated", [], References,
        new CSharpCompilationOptions(
            OutputKind.DynamicallyLinkedLibrary, optimizationLevel: OptimizationLevel.Release,
            generalDiagnosticOption: ReportDiagnostic.Error,
            warningLevel: 9999, nullableContextOptions: NullableContextOptions.Enable));

    public static CSharpParseOptions ParseOptions { get; } = new(LanguageVersion.CSharp12, DocumentationMode.Diagnose);

    public static GeneratorDriver Driver(
        IEnumerable<AdditionalText> texts, string rootNamespace = "Project", bool track = false, string? fuse = null) =>
        CSharpGeneratorDriver.Create(
        [new KnnetGenerator().AsSourceGenerator()], texts, ParseOptions, new ProjectProperties(rootNamespace, ProjectDirectory, fuse),
        new GeneratorDriverOptions(IncrementalGeneratorOutputKind.None, track));

    public static GeneratorRunResult Run(params AdditionalText[] texts) =>
        Driver(texts).RunGenerators(Compilation()).GetRunResult().Results.Single();

    /// <summary>The same where a norm and what comes after it are not one call.</summary>
    public static GeneratorRunResult RunApart(params AdditionalText[] texts) =>
        Driver(texts, fuse: "false").RunGenerators(Compilation()).GetRunResult().Results.Single();

    public static TextInMemory Text(string path, string content) => new(path, content);

    public static TextInMemory Project(string relativePath, string content) => new(ProjectDirectory + relativePath, content);
}
