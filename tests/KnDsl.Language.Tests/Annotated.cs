using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using KnDsl.Language.Diagnostics;
using KnDsl.Language.Text;

namespace KnDsl.Language.Tests;

/// <summary>A source with every finding on a comment line beneath the line that it concerns.</summary>
internal static class Annotated
{
    /// <summary>The source, and beneath each line its findings: carets under the span, code, message, hint, second place.</summary>
    public static string Write(SourceText source, IReadOnlyList<Diagnostic> diagnostics)
    {
        var text = new StringBuilder();
        for (var line = 0; line < source.LineCount; line++)
        {
            if (line == source.LineCount - 1 && source.Line(line).Length == 0 && diagnostics.All(d => LineOf(source, d) != line))
                break;
            text.Append(source.Line(line)).Append('\n');
            foreach (var diagnostic in diagnostics.Where(d => LineOf(source, d) == line))
                text.Append(Comment(source, diagnostic)).Append('\n');
        }
        return text.ToString();
    }

    private static int LineOf(SourceText source, Diagnostic diagnostic) => source.PositionOf(diagnostic.Place.Span.Start).Line;

    private static string Comment(SourceText source, Diagnostic diagnostic)
    {
        var start = source.PositionOf(diagnostic.Place.Span.Start);
        var end = source.PositionOf(diagnostic.Place.Span.End);
        var last = end.Line == start.Line ? end.Character : source.Line(start.Line).Length;
        // The slashes cover the carets of the first two columns.
        var line = new StringBuilder("//");
        line.Append(' ', Math.Max(0, start.Character - 2));
        line.Append('^', Math.Max(1, last - Math.Max(2, start.Character)));
        if (end.Line > start.Line)
            line.Append($"... to line {end.Line + 1}");
        line.Append($" {diagnostic.Code} {diagnostic.Severity.ToString().ToLowerInvariant()}: {diagnostic.Message}");
        if (diagnostic.Hint is { } hint)
            line.Append($" [{hint}]");
        if (diagnostic.Other is { } other)
            line.Append($" (line {other.Line}: {FirstLine(other.Text.Slice(other.Span))})");
        return line.ToString();
    }

    private static string FirstLine(string text) => text.IndexOf('\n') is >= 0 and var end ? text.Substring(0, end).TrimEnd('\r') + " ..." : text;
}
