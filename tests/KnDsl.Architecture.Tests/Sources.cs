using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace KnDsl.Architecture.Tests;

/// <summary>The C# files of the repository, read once.</summary>
internal static class Sources
{
    private static readonly CSharpParseOptions Options = new(LanguageVersion.Preview);

    /// <summary>Every C# file that is written by hand: what is generated for a case is none.</summary>
    public static IReadOnlyList<SyntaxTree> All { get; } =
    [
        .. new[] { "Dsl", "Generator", "Runtime", "Samples", "tests" }
            .SelectMany(folder => Directory.GetFiles(Path.Combine(Repository.Root, folder), "*.cs", SearchOption.AllDirectories))
            .Select(path => Path.GetRelativePath(Repository.Root, path).Replace('\\', '/'))
            .Where(path =>
                !path.Split('/').Any(part => part is "bin" or "obj") && !path.StartsWith("tests/Cases/", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal)
            .Select(path => CSharpSyntaxTree.ParseText(File.ReadAllText(Path.Combine(Repository.Root, path)), Options, path)),
    ];

    /// <summary>The files below a folder. The tasks of a build belong to no project that is checked here.</summary>
    public static IReadOnlyList<SyntaxTree> Below(string folder) =>
    [
        .. All.Where(file => file.FilePath.StartsWith(folder + "/", StringComparison.Ordinal)
            && !file.FilePath.StartsWith("Generator/Packaging/", StringComparison.Ordinal)),
    ];

    /// <summary>The line of a place in a file, from one.</summary>
    public static int LineOf(SyntaxNodeOrToken place) => place.GetLocation()!.GetLineSpan().StartLinePosition.Line + 1;

    /// <summary>Files as one assembly, so that each name in them can be looked up.</summary>
    public static CSharpCompilation Compile(IEnumerable<SyntaxTree> files) => CSharpCompilation.Create(
        "Sources", files,
        ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Where(path => !Path.GetFileName(path).StartsWith("KnDsl.", StringComparison.Ordinal))
            .Select(path => MetadataReference.CreateFromFile(path)),
        new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, allowUnsafe: true,
            nullableContextOptions: NullableContextOptions.Enable));
}
