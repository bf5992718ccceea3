using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using KnDsl.Generator.Naming;
using KnDsl.Language.Text;
using Microsoft.CodeAnalysis.Diagnostics;

namespace KnDsl.Generator.Pipeline;

/// <summary>What the project says that matters to the code.</summary>
/// <param name="RootNamespace">The namespace of files that declare none.</param>
/// <param name="ProjectDirectory">The project's folder.</param>
/// <param name="Fuses">Whether a norm and what comes right after it are one call.</param>
internal sealed record ProjectOptions(string RootNamespace, string ProjectDirectory, bool Fuses)
{
    /// <summary>With three bytes a letter, a hash and the ending, still no more than the 255 bytes that a file's name may have.</summary>
    private const int LongestName = 80;

    /// <summary>What MSBuild takes for false.</summary>
    private static readonly string[] Falsehoods = ["false", "off", "no", "!true", "!on", "!yes"];

    public static ProjectOptions Read(AnalyzerConfigOptions options) => new(
        options.TryGetValue("build_property.RootNamespace", out var space) ? NamespaceOf(space) : "",
        options.TryGetValue("build_property.KnDslProjectDirectory", out var directory)
            ? Encoding.UTF8.GetString(Convert.FromBase64String(directory))
            : "",
        !(options.TryGetValue("build_property.KnDslFuse", out var fuse)
            && Falsehoods.Contains(fuse.Trim(), StringComparer.OrdinalIgnoreCase)));

    /// <summary>A namespace as symbols have it: that of a project My-App is My_App.</summary>
    private static string NamespaceOf(string root) =>
        root.Length == 0 ? "" : string.Join(".", CSharpNames.Dotted(root).Split('.').Select(CSharpNames.Bare));

    /// <summary>The usual name for what is generated from a file: its path in the project; of a file elsewhere its name.</summary>
    public string HintName(string path)
    {
        var name = FilePath.Relative(ProjectDirectory, path);
        if (ProjectDirectory.Length == 0 || name == path || name.StartsWith("../", StringComparison.Ordinal))
            name = name.Substring(name.LastIndexOfAny(['/', '\\']) + 1);
        var text = string.Concat(name.Select(c => char.IsLetterOrDigit(c) || c is '.' or '-' or '_' ? c : '_'));
        return text.Length > LongestName ? Distinct(path, text.Substring(text.Length - LongestName)) : text + ".g.cs";
    }

    /// <summary>A name that no other file has, where the usual one is another's too.</summary>
    public string DistinctHintName(string path)
    {
        var usual = HintName(path);
        return Distinct(path, usual.Substring(0, usual.Length - ".g.cs".Length));
    }

    /// <summary>The path in the project tells files apart, and is the same wherever the project lies.</summary>
    private string Distinct(string path, string name) => $"{name}.{Hash(FilePath.Relative(ProjectDirectory, path)):x8}.g.cs";

    /// <summary>FNV-1a: the same in every run and on every machine, as string.GetHashCode is not.</summary>
    private static uint Hash(IEnumerable<char> text) => text.Aggregate(2166136261u, (hash, c) => unchecked((hash ^ c) * 16777619u));
}
