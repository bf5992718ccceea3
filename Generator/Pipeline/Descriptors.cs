using System.Collections.Concurrent;
using Microsoft.CodeAnalysis;

namespace KnDsl.Generator.Pipeline;

/// <summary>Roslyn's descriptors for the language's codes; texts are in the language's catalogue.</summary>
internal static class Descriptors
{
    private static readonly ConcurrentDictionary<string, DiagnosticDescriptor> Known = new();

    public static DiagnosticDescriptor For(string code, string title, bool isError) => Known.GetOrAdd(code, _ =>
#pragma warning disable RS2008 // The codes are tracked by the language's own catalogue and its tests.
        new DiagnosticDescriptor(code, title, "{0}", "KnDsl", isError ? DiagnosticSeverity.Error : DiagnosticSeverity.Warning, true,
            // Where there is an error, classes are outlines that cannot run.
            customTags: isError ? [WellKnownDiagnosticTags.NotConfigurable] : []));
#pragma warning restore RS2008
}
