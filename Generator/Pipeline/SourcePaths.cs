using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using Microsoft.CodeAnalysis;

namespace KnDsl.Generator.Pipeline;

/// <summary>
/// How the compiler names source files in what it makes (PathMap). It maps the files of #line as well, but not the text of
/// #line: that is part of the source embedded in the .pdb, which has to be the same wherever the project lies.
/// </summary>
internal sealed record SourcePaths(EquatableArray<(string From, string To)> Map)
{
    public static SourcePaths Of(Compilation compilation) => new(new EquatableArray<(string From, string To)>(
        compilation.Options.SourceReferenceResolver is SourceFileResolver { PathMap: { IsDefaultOrEmpty: false } map }
            ? map.Select(static pair => (pair.Key, pair.Value))
            : []));

    public string NameOf(string path) => Map.Any() ? Resolver().NormalizePath(path, baseFilePath: null) ?? path : path;

    private SourceFileResolver Resolver() => new(
        ImmutableArray<string>.Empty, baseDirectory: null,
        Map.Select(static pair => new KeyValuePair<string, string>(pair.From, pair.To)).ToImmutableArray());
}
