using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using Xunit;

namespace KnDsl.Runtime.Tests;

/// <summary>
/// The folders of Runtime/Core have an order, and a file uses only types of its own folder and of folders before it. All of
/// them share one namespace, so the check reads the sources: it looks for the names of the types that later folders declare.
/// </summary>
public sealed class RuntimeOrderTests
{
    private static readonly string[] Folders =
    [
        "Native", "Autograd", "Checks", "Kernels", "Statistics/Fused", "Statistics", "Statistics/Rules",
        "Filter/Arguments", "Filter/Cpu", "Filter/Compiled", "Filter", "Norms", "Networks", "Modules", "Weights",
    ];

    private static readonly Regex Declaration = new(
        @"^[\w ]*\b(?:class|struct|record struct|record|interface|enum)\s+(?<name>\w+)", RegexOptions.Multiline);

    private static readonly Regex Word = new(@"(?<![\w.]|\bnameof\()[A-Z]\w*");

    [Fact]
    public void AFolderUsesOnlyTypesOfItselfAndOfFoldersBeforeIt()
    {
        var files = SourceFiles();
        var places = TypesByFolder(files);
        Assert.True(places.Count > 100, $"Only {places.Count} types were found.");
        var mistakes = files.SelectMany(file => UsesOfLaterFolders(file, places)).ToArray();
        Assert.True(mistakes.Length == 0, string.Join(Environment.NewLine, mistakes));
    }

    [Fact]
    public void EveryFolderHasAPlaceInTheOrder() =>
        Assert.Equal(Folders.Order(), SourceFiles().Select(file => file.Folder).Distinct().Order());

    [Fact]
    public void AUseOfALaterFolderIsFound()
    {
        var file = new Source("Kernels", "Kernels/Any.cs", "internal sealed class Any\n{\n    private Later? _later; // Later\n}\n");
        var places = new Dictionary<string, int> { ["Any"] = 3, ["Later"] = 11 };
        Assert.Equal(["Kernels/Any.cs(3): Later belongs to Norms, which comes after Kernels."], UsesOfLaterFolders(file, places));
    }

    private static IEnumerable<string> UsesOfLaterFolders(Source file, IReadOnlyDictionary<string, int> places)
    {
        var own = Array.IndexOf(Folders, file.Folder);
        var lines = WithoutTexts(file.Text).Split('\n');
        for (var line = 0; line < lines.Length; line++)
            foreach (var name in Word.Matches(lines[line]).Select(match => match.Value).Distinct())
                if (places.TryGetValue(name, out var place) && place > own)
                    yield return $"{file.Path}({line + 1}): {name} belongs to {Folders[place]}, which comes after {file.Folder}.";
    }

    /// <summary>The types that files declare at their top level, and the index of their folder.</summary>
    private static Dictionary<string, int> TypesByFolder(IReadOnlyList<Source> files)
    {
        var places = new Dictionary<string, int>();
        foreach (var file in files)
            foreach (Match declaration in Declaration.Matches(WithoutTexts(file.Text)))
                if (!char.IsWhiteSpace(declaration.Value[0]))
                    places[declaration.Groups["name"].Value] = Array.IndexOf(Folders, file.Folder);
        return places;
    }

    /// <summary>The source with its comments and strings left out; line breaks stay, so that lines keep their numbers.</summary>
    private static string WithoutTexts(string text) => Regex.Replace(
        text, "\"\"\"[\\s\\S]*?\"\"\"|//[^\\n]*|/\\*[\\s\\S]*?\\*/|\"(?:\\\\.|[^\"\\\\\\n])*\"", match =>
            new string('\n', match.Value.Count(character => character == '\n')));

    private static Source[] SourceFiles()
    {
        var root = Path.Combine(Path.GetDirectoryName(ThisFile())!, "..", "..", "Runtime", "Core");
        return
        [
            .. from path in Directory.EnumerateFiles(root, "*.cs", SearchOption.AllDirectories)
               let name = Path.GetRelativePath(root, path).Replace('\\', '/')
               where !name.StartsWith("obj/", StringComparison.Ordinal) && !name.StartsWith("bin/", StringComparison.Ordinal)
               orderby name
               select new Source(name[..Math.Max(0, name.LastIndexOf('/'))], name, File.ReadAllText(path)),
        ];
    }

    private static string ThisFile([CallerFilePath] string path = "") => path;

    private sealed record Source(string Folder, string Path, string Text);
}
