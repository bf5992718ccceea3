using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using System.Threading;
using KnDsl.Language.Checking;
using KnDsl.Language.Diagnostics;
using KnDsl.Language.Parsing;
using KnDsl.Language.Text;
using Microsoft.CodeAnalysis;

namespace KnDsl.Generator.Pipeline;

/// <summary>A .knnet file as the project has it.</summary>
/// <param name="Path">Its path, without detours.</param>
/// <param name="Content">Its text.</param>
/// <param name="Imports">The paths that it imports.</param>
/// <param name="Names">The classes that it declares.</param>
/// <param name="Parts">Its blocks and extern modules, which others may import.</param>
/// <param name="Capitals">Its words with a capital letter, among which are all names of blocks that it uses.</param>
internal sealed record KnnetText(
    string Path, string Content, EquatableArray<string> Imports, DeclaredNames Names, EquatableArray<string> Parts,
    EquatableArray<string> Capitals)
{
    public static bool IsKnnet(AdditionalText file) => file.Path.EndsWith(FilePath.Ending, StringComparison.OrdinalIgnoreCase);

    public static KnnetText Read(AdditionalText file, CancellationToken cancellation)
    {
        // As the project file writes it: "/project/../shared/net.knnet" for a file that the project links.
        var path = FilePath.Normalize(file.Path);
        var content = file.GetText(cancellation)?.ToString() ?? "";
        var tokens = Lexer.Tokenize(new SourceText(path, content), new DiagnosticBag());
        var imports = new List<string>();
        var classes = new List<string>();
        var parts = new List<string>();
        string? space = null;
        var depth = 0;
        for (var i = 0; i + 1 < tokens.Count; i++)
        {
            depth = tokens[i].Kind switch
            {
                TokenKind.OpenBrace => depth + 1,
                TokenKind.CloseBrace => Math.Max(0, depth - 1),
                _ => depth,
            };
            // A brace may be missing: a line that begins as a declaration does is one. A part of a dotted name is none.
            if (depth > 0 && !tokens[i].FirstOnLine || i > 0 && tokens[i - 1].Is(TokenKind.Dot))
                continue;
            var next = tokens[i + 1];
            switch (tokens[i].Kind is TokenKind.Identifier ? tokens[i].Text : "")
            {
                case "import" when next.Is(TokenKind.Text):
                    imports.Add(FilePath.OfImport(path, next.Text));
                    break;
                case "network" or "block" when next.Is(TokenKind.Identifier):
                    classes.Add(next.Text);
                    if (tokens[i].Text == "block")
                        parts.Add(next.Text);
                    break;
                case "extern" when next.Is(TokenKind.Identifier):
                    parts.Add(DottedName(tokens, i + 1).Split('.').Last());
                    break;
                case "namespace" when next.Is(TokenKind.Identifier):
                    space ??= DottedName(tokens, i + 1);
                    break;
            }
        }
        return new KnnetText(path, content, new EquatableArray<string>(imports),
            new DeclaredNames(space ?? "", new EquatableArray<string>(classes)), new EquatableArray<string>(parts),
            new EquatableArray<string>(tokens.Where(token => token.Is(TokenKind.Identifier) && char.IsUpper(token.Text[0]))
                .Select(token => token.Text).Distinct()));
    }

    public SourceText ToSource() => new(Path, Content);

    private static string DottedName(IReadOnlyList<Token> tokens, int start) =>
        string.Join(".", tokens.Skip(start).TakeWhile((token, i) => token.Is(i % 2 == 0 ? TokenKind.Identifier : TokenKind.Dot))
            .Where(token => token.Is(TokenKind.Identifier)).Select(token => token.Text));
}

/// <summary>The namespace that a file says, or empty, and the classes that it declares, whether or not they are right.</summary>
internal sealed record DeclaredNames(string Namespace, EquatableArray<string> Classes);

/// <summary>A file and all that it imports, directly or by way of others.</summary>
/// <param name="File">The file.</param>
/// <param name="Imported">What it imports.</param>
/// <param name="Namesakes">Imported paths that the project lacks, with files of those names that it has elsewhere.</param>
/// <param name="Elsewhere">Words of the file that are the names of blocks or extern modules in files that it does not import.</param>
internal sealed record FileClosure(
    KnnetText File, EquatableArray<KnnetText> Imported, EquatableArray<(string Path, string Other)> Namesakes,
    EquatableArray<(string Name, string Path)> Elsewhere)
{
    public CheckedFile Check() => CheckedFile.Check(File.ToSource(), new OtherFiles(Text)
    {
        Namesake = path => Namesakes.FirstOrDefault(pair => pair.Path == path).Other,
        Declaring = name => Elsewhere.FirstOrDefault(pair => pair.Name == name).Path,
    });

    private SourceText? Text(string path)
    {
        foreach (var file in Imported)
            if (file.Path == path)
                return file.ToSource();
        return null;
    }
}

/// <summary>All files of the project by path.</summary>
internal sealed class ImportTable(ImmutableArray<KnnetText> files)
{
    private readonly Dictionary<string, KnnetText> _files = files.GroupBy(file => file.Path)
        .ToDictionary(group => group.Key, group => group.First());

    private readonly ILookup<string, string> _parts = files.SelectMany(file => file.Parts.Select(name => (name, file.Path)))
        .ToLookup(pair => pair.name, pair => pair.Path);

    public FileClosure ClosureOf(KnnetText file)
    {
        var reached = new SortedDictionary<string, KnnetText>(StringComparer.Ordinal);
        var namesakes = new List<(string Path, string Other)>();
        var open = new Stack<KnnetText>([file]);
        while (open.Count > 0)
            foreach (var path in open.Pop().Imports)
                if (!_files.TryGetValue(path, out var imported))
                {
                    if (FilePath.Namesake(path, _files.Keys) is { } other)
                        namesakes.Add((path, other));
                }
                else if (!reached.ContainsKey(path))
                {
                    reached[path] = imported;
                    open.Push(imported);
                }
        var known = file.Imports.Where(_files.ContainsKey).SelectMany(path => _files[path].Parts).Concat(file.Parts).ToArray();
        return new FileClosure(
            file, new EquatableArray<KnnetText>(reached.Values), new EquatableArray<(string Path, string Other)>(namesakes),
            new EquatableArray<(string Name, string Path)>(file.Capitals.Where(name => _parts.Contains(name)).Except(known)
                .Select(name => (name, FilePath.Nearest(file.Path, _parts[name])))));
    }
}
