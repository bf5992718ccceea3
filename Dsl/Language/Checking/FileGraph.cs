using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using KnDsl.Language.Diagnostics;
using KnDsl.Language.Operations;
using KnDsl.Language.Parsing;
using KnDsl.Language.Syntax;
using KnDsl.Language.Text;

namespace KnDsl.Language.Checking;

/// <summary>A block or network with its file.</summary>
internal sealed record DeclaredModule(ModuleDeclaration Declaration, SourceText Source);

/// <summary>What a file can name: its own declarations and those of the files that it imports.</summary>
internal sealed class FileScope(KnnetFile syntax)
{
    public KnnetFile Syntax => syntax;

    public Dictionary<string, DeclaredModule> Own { get; } = [];

    public Dictionary<string, DeclaredModule> Visible { get; } = [];

    /// <summary>Declarations that cannot be used, for reasons that are reported: naming them is no second error.</summary>
    public HashSet<string> Unusable { get; } = [];

    /// <summary>Whether an import failed, so that names may be missing.</summary>
    public bool LacksNames { get; set; } = syntax.LacksNames;

    /// <summary>Modules of C# that the file or one that it imports declares.</summary>
    public Dictionary<string, ExternOperation> Externs { get; } = [];
}

/// <summary>A file with the files that it imports, directly or by way of others.</summary>
internal sealed class FileGraph
{
    private readonly Dictionary<string, FileScope> _files = new(StringComparer.Ordinal);
    private readonly List<string> _open = [];
    private bool _leadsBack;
    private readonly OtherFiles _others;

    private FileGraph(OtherFiles others) => _others = others;

    /// <summary>The files by path, the one that was asked for first.</summary>
    public IEnumerable<FileScope> Files => _files.Values;

    public FileScope ScopeOf(SourceText source) => _files[source.Path];

    /// <summary>What a file would write to import the one that declares a name; null where none does.</summary>
    public string? ImportOf(string name, SourceText source) =>
        _others.Declaring(name) is { } path && path != source.Path ? FilePath.Relative(FilePath.FolderOf(source.Path), path) : null;

    /// <summary>Reads a file and all that it imports; findings in the others are theirs to report.</summary>
    public static (FileGraph Graph, FileScope Root) Load(SourceText source, OtherFiles others, DiagnosticBag diagnostics)
    {
        var graph = new FileGraph(others);
        return (graph, graph.Load(source, diagnostics));
    }

    private FileScope Load(SourceText source, DiagnosticBag diagnostics)
    {
        var syntax = Parser.Parse(source, diagnostics);
        var scope = new FileScope(syntax);
        _files[source.Path] = scope;
        _open.Add(source.Path);
        foreach (var pair in Declarations.Collect(syntax, diagnostics))
            scope.Own[pair.Key] = scope.Visible[pair.Key] = pair.Value;
        foreach (var declared in syntax.Externs)
            Add(scope, new ExternOperation(declared, source), declared, source, diagnostics);
        foreach (var import in syntax.Imports)
            Import(scope, import, source, diagnostics);
        _open.RemoveAt(_open.Count - 1);
        return scope;
    }

    private static void Add(FileScope scope, ExternOperation operation, ExternDeclaration declared, SourceText source,
        DiagnosticBag diagnostics)
    {
        var isUsable = operation.CheckDeclaration(diagnostics);
        if (scope.Visible.TryGetValue(operation.Name, out var other))
            diagnostics.Add(
                DiagnosticCatalogue.DuplicateDeclaration(source.At(declared.TypeName.Span), "name", operation.Name,
                other.Source.At(other.Declaration.Name.Span)));
        else if (scope.Externs.TryGetValue(operation.Name, out var first))
            diagnostics.Add(DiagnosticCatalogue.DuplicateDeclaration(source.At(declared.TypeName.Span), "name", operation.Name,
                source.At(first.Declaration.TypeName.Span)));
        else if (isUsable)
            scope.Externs[operation.Name] = operation;
        else
            scope.Unusable.Add(operation.Name);
    }

    private void Import(FileScope scope, ImportDeclaration import, SourceText source, DiagnosticBag diagnostics)
    {
        var path = FilePath.OfImport(source.Path, import.Path);
        var place = source.At(import.PathSpan);
        if (_open.Contains(path))
        {
            _leadsBack |= path == _open[0];
            diagnostics.Add(
                DiagnosticCatalogue.ImportCycle(place,
                string.Join(" -> ", _open.SkipWhile(open => open != path).Append(path).Select(Path.GetFileName))));
            scope.LacksNames = true;
            return;
        }
        if (!_files.TryGetValue(path, out var imported))
        {
            if (_others.Text(path) is not { } text)
            {
                diagnostics.Add(DiagnosticCatalogue.ImportNotFound(place, import.Path).WithHint(
                    _others.Namesake(path) is { } other && other != source.Path
                        ? $"Did you mean '{FilePath.Relative(FilePath.FolderOf(source.Path), other)}'?"
                        : "Paths are relative to the importing file; the file must be among the project's AdditionalFiles."));
                scope.LacksNames = true;
                return;
            }
            imported = Load(text, new DiagnosticBag());
            if (_leadsBack && _open.Count == 1)
            {
                // The cycle was found further down, in a file that reports its own findings; this one is part of it.
                _leadsBack = false;
                diagnostics.Add(
                    DiagnosticCatalogue.ImportCycle(place,
                    $"{Path.GetFileName(source.Path)} -> {Path.GetFileName(path)} -> {Path.GetFileName(source.Path)}"));
            }
        }
        foreach (var pair in imported.Own)
        {
            if (scope.Visible.TryGetValue(pair.Key, out var other) && !ReferenceEquals(other.Declaration, pair.Value.Declaration))
                diagnostics.Add(
                    DiagnosticCatalogue.ImportConflict(place, pair.Key, Path.GetFileName(other.Source.Path),
                    other.Source.At(other.Declaration.Name.Span)));
            else
                scope.Visible[pair.Key] = pair.Value;
        }
        foreach (var pair in imported.Externs.Where(pair => pair.Value.Source == imported.Syntax.Source))
            scope.Externs[pair.Key] = pair.Value;
    }
}
