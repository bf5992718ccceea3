using System;
using System.Collections.Generic;
using System.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Xunit;

namespace KnDsl.Architecture.Tests;

/// <summary>
/// Data flows one way, and a part knows only what comes before it on that way. Every name is looked up in the compiled sources: one
/// that is reached by way of a variable counts as well as one that is written out.
/// </summary>
public sealed class OrderTests
{
    /// <summary>
    /// The projects in their order, and in each the folders in theirs. A file belongs to the deepest folder here that holds it;
    /// "" is what lies beside the folders.
    /// </summary>
    private static readonly Project[] Projects =
    [
        new("Dsl/Language", "KnDsl.Language",
            ["Text", "Diagnostics", "Syntax", "Parsing", "Values", "Operations/Contract", "Operations", "Plan", "Checking"]),
        new("Generator", "KnDsl.Generator", ["Naming", "Pipeline", "Analysis", "Planning", "Writing", ""]),
        // One namespace for those who use it; the folders have an order all the same.
        new("Runtime/Core", null,
        [
            "Native", "Native/Cuda", "Autograd", "Checks", "Kernels", "Statistics", "Statistics/Fused", "Statistics/Pieces",
            "Statistics/Rules", "Filter/Arguments", "Filter/Cpu", "Filter/Cuda", "Filter/Compiled", "Filter", "Calls",
            "Norms", "Networks", "Modules", "Weights",
        ]),
        new("Runtime/Training", null,
        [
            "Problems", "Settings", "Schedules", "Images", "Data", "Distributed", "Optimization", "Progress", "Checkpoints", "Runs",
            "Running",
        ]),
        new("Runtime/Vision", null,
        [
            "Checks", "Boxes", "Suppression", "Pooling", "Masks", "Losses", "Detections", "Transforms",
            "Coco/Masks", "Coco/Annotations", "Coco/Images", "Coco/Results", "Coco/Evaluation",
        ]),
    ];

    /// <summary>Projects that are compiled together: the generator refers to the language, and training has its rule of spelling.</summary>
    private static readonly string[][] Assemblies =
        [["Dsl/Language", "Generator"], ["Dsl/Language/Text", "Runtime/Core", "Runtime/Training", "Runtime/Vision"]];

    [Fact]
    public void A_file_uses_only_what_comes_before_it()
    {
        var found = new List<Violation>();
        foreach (var files in Assemblies.Select(folders => folders.SelectMany(Sources.Below).ToArray()))
        {
            var compilation = Sources.Compile(files);
            foreach (var file in files)
            {
                found.AddRange(Uses(compilation, file).Where(use => PlaceOf(use.File).CompareTo(PlaceOf(file.FilePath)) > 0)
                    .Select(use => new Violation(file.FilePath, Sources.LineOf(use.Name), $"uses {FolderOf(use.File)}"))
                    .DistinctBy(violation => violation.What));
            }
        }
        Violation.CheckNone(found);
    }

    [Fact]
    public void Every_folder_of_the_order_holds_files() => Assert.All(Projects, project => Assert.Equal(
        project.Folders.Select(folder => $"{project.Path}/{folder}".TrimEnd('/')).Order(),
        Sources.Below(project.Path).Select(file => FolderOf(file.FilePath)).Distinct().Order()));

    [Fact]
    public void A_file_has_the_namespace_of_its_folder() => Assert.All(
        Projects.Where(project => project.Namespace is not null).SelectMany(project => Sources.Below(project.Path))
            .SelectMany(NamespacesOf),
        pair => Assert.Equal((pair.File, NamespaceOf(pair.File)), pair));

    /// <summary>The number of the project, and of the folder in it.</summary>
    private static (int Project, int Folder) PlaceOf(string file)
    {
        var number = Array.FindIndex(Projects, project => file.StartsWith(project.Path + "/", StringComparison.Ordinal));
        var project = Projects[number];
        var folder = file[(project.Path.Length + 1)..];
        do
        {
            folder = folder.LastIndexOf('/') is >= 0 and var end ? folder[..end] : "";
            if (Array.IndexOf(project.Folders, folder) is >= 0 and var place)
                return (number, place);
        }
        while (folder.Length > 0);
        throw new InvalidOperationException($"{file} lies in no folder that the order of {project.Path} names.");
    }

    private static string FolderOf(string file)
    {
        var (project, folder) = PlaceOf(file);
        return $"{Projects[project].Path}/{Projects[project].Folders[folder]}".TrimEnd('/');
    }

    private static string NamespaceOf(string file)
    {
        var (project, folder) = PlaceOf(file);
        return $"{Projects[project].Namespace}.{Projects[project].Folders[folder].Replace('/', '.')}".TrimEnd('.');
    }

    /// <summary>A file that stands in for a part of the framework declares the framework's namespace.</summary>
    private static IEnumerable<(string File, string Namespace)> NamespacesOf(SyntaxTree file) =>
        file.GetRoot().DescendantNodes().OfType<BaseNamespaceDeclarationSyntax>()
            .Select(declared => (file.FilePath, Name: declared.Name.ToString()))
            .Where(pair => !pair.Name.StartsWith("System", StringComparison.Ordinal));

    /// <summary>Every name in a file whose meaning another file declares.</summary>
    private static IEnumerable<(SimpleNameSyntax Name, string File)> Uses(CSharpCompilation compilation, SyntaxTree file)
    {
        var model = compilation.GetSemanticModel(file);
        foreach (var name in file.GetRoot().DescendantNodes().OfType<SimpleNameSyntax>())
        {
            var symbol = model.GetSymbolInfo(name).Symbol;
            if (symbol is null && name.Identifier.ValueText is not ("nameof" or "unmanaged" or "notnull")
                && model.GetTypeInfo(name).Type is { TypeKind: TypeKind.Error })
            {
                throw new InvalidOperationException(
                    $"{file.FilePath}({Sources.LineOf(name)}): nothing is known of '{name}'; a reference is missing in this project.");
            }

            var declared = (symbol is IMethodSymbol { ReducedFrom: { } extension } ? extension : symbol)?.OriginalDefinition;
            if (declared is not (null or INamespaceSymbol) && declared.DeclaringSyntaxReferences is [var declaration, ..]
                && declaration.SyntaxTree != file)
            {
                yield return (name, declaration.SyntaxTree.FilePath);
            }
        }
    }

    /// <param name="Path">The project's folder.</param>
    /// <param name="Namespace">What the namespaces of the folders begin with, where they have their own.</param>
    /// <param name="Folders">The folders in their order.</param>
    private sealed record Project(string Path, string? Namespace, string[] Folders);
}
