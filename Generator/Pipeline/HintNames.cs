using System;
using System.Collections.Immutable;
using System.Linq;

namespace KnDsl.Generator.Pipeline;

/// <summary>
/// Which files need more than the usual name for what is generated from them: the compiler refuses two of one name, and
/// it does not tell letters' cases apart. Hardly any project has such files, so this value hardly ever changes.
/// </summary>
/// <param name="Ambiguous">Paths whose usual name another file has too, with the names that they take instead.</param>
/// <param name="Repeated">Paths that the project lists more than once: no class may come out twice.</param>
internal sealed record HintNames(EquatableArray<(string Path, string Name)> Ambiguous, EquatableArray<string> Repeated)
{
    public static HintNames Of(ImmutableArray<string> paths, ProjectOptions options)
    {
        var byName = paths.Distinct().GroupBy(options.HintName, StringComparer.OrdinalIgnoreCase);
        return new HintNames(
            new EquatableArray<(string Path, string Name)>(byName.Where(group => group.Count() > 1)
                .SelectMany(group => group.Select(path => (path, options.DistinctHintName(path))))),
            new EquatableArray<string>(paths.GroupBy(path => path).Where(group => group.Count() > 1).Select(group => group.Key)));
    }

    /// <summary>The name for what a file makes, or null where the file is listed more than once.</summary>
    /// <param name="path">The file.</param>
    /// <param name="usual">Its usual name.</param>
    public string? For(string path, string usual) =>
        Repeated.Contains(path) ? null : Ambiguous.FirstOrDefault(file => file.Path == path).Name ?? usual;
}
