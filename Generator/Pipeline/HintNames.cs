using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;

namespace KnDsl.Generator.Pipeline;

/// <summary>
/// Which files need more than the usual name for what is generated from them: the compiler refuses two of one name, and
/// it does not tell letters' cases apart. Hardly any project has such files, so this value hardly ever changes.
/// </summary>
/// <param name="Ambiguous">Paths whose usual name another file has too.</param>
/// <param name="Repeated">Paths that the project lists more than once: no class may come out twice.</param>
internal sealed record HintNames(EquatableArray<string> Ambiguous, EquatableArray<string> Repeated)
{
    public static HintNames Of(ImmutableArray<string> paths, ProjectOptions options)
    {
        var byName = paths.Distinct().GroupBy(options.HintName, StringComparer.OrdinalIgnoreCase);
        return new HintNames(
            new EquatableArray<string>(byName.Where(group => group.Count() > 1).SelectMany(group => group)),
            new EquatableArray<string>(paths.GroupBy(path => path).Where(group => group.Count() > 1).Select(group => group.Key)));
    }

    /// <summary>The name for what a file makes, or null where the file is listed more than once.</summary>
    /// <param name="path">The file.</param>
    /// <param name="usual">Its usual name.</param>
    public string? For(string path, string usual) =>
        Repeated.Contains(path) ? null
        : Ambiguous.Contains(path) ? usual.Substring(0, usual.Length - ".g.cs".Length) + $".{Hash(path):x8}.g.cs"
        : usual;

    /// <summary>FNV-1a: the same in every run and on every machine, as string.GetHashCode is not.</summary>
    private static uint Hash(IEnumerable<char> text) => text.Aggregate(2166136261u, (hash, c) => unchecked((hash ^ c) * 16777619u));
}
