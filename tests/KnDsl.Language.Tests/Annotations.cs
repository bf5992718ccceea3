using System;
using System.Collections.Generic;
using System.Linq;
using System.Text.RegularExpressions;
using KnDsl.Language.Diagnostics;
using KnDsl.Language.Text;

namespace KnDsl.Language.Tests;

/// <summary>
/// Findings as comments under the line that they concern, in the file itself:
/// <code>
///     y = x -> cnov(8, 3) + image
/// //           ^^^^ KN0102 error: There is no operation, block or module 'cnov'.
/// //           hint: Did you mean 'conv'?
/// </code>
/// The carets lie under the span; one that begins under the two slashes is written as "column 1" or "columns 1 to 6", and one
/// that ends in another line as "^^^^ to line 7, column 3". The second place of a disagreement follows the hint, as
/// "also: line 4, column 17: conv(8, 3)", its file before the line if it lies in another one. Lines and columns count from one in the
/// text without the annotations, which is the text that is checked.
/// </summary>
internal static class Annotations
{
    private static readonly Regex First = new(
        @"^//[ \t]*(\^+( to line \d+, column \d+)?|columns? \d+( to( line \d+, column)? \d+)?:) KN\d{4} (error|warning): ");

    private static readonly Regex Next = new("^//[ \t]+(hint|also): ");

    /// <summary>The source with its findings; <see cref="Remove"/> gives the source back.</summary>
    public static string Add(SourceText source, IReadOnlyList<Diagnostic> findings)
    {
        var lines = source.Content.Split('\n').ToList();
        var byLine = findings.ToLookup(finding => source.PositionOf(finding.Place.Span.Start).Line);
        for (var line = lines.Count - 1; line >= 0; line--)
            lines.InsertRange(line + 1, byLine[line].SelectMany(finding => Describe(source, finding)));
        return string.Join("\n", lines);
    }

    /// <summary>The source alone.</summary>
    public static string Remove(string annotated)
    {
        var source = new List<string>();
        var inside = false;
        foreach (var line in annotated.Split('\n'))
        {
            inside = First.IsMatch(line) || inside && Next.IsMatch(line);
            if (!inside)
                source.Add(line);
        }
        return string.Join("\n", source);
    }

    private static IEnumerable<string> Describe(SourceText source, Diagnostic finding)
    {
        var (start, end) = (source.PositionOf(finding.Place.Span.Start), source.PositionOf(finding.Place.Span.End));
        var line = source.Line(start.Line);
        // A caret under a tab lies under it only if tabs come before it too.
        var margin = "//"
            + (start.Character < 2 ? " " : new string([.. line.Skip(2).Take(start.Character - 2).Select(c => c == '\t' ? c : ' ')]));
        yield return $"{margin}{Span(start, end, line)} {finding.Code} {finding.Severity.ToString().ToLowerInvariant()}: {finding.Message}";
        if (margin.Length == 2)
            margin += ' ';
        if (finding.Hint is { } hint)
            yield return $"{margin}hint: {hint}";
        if (finding.Other is { } other)
            yield return $"{margin}also: {PlaceOf(other, source)}: {FirstLine(other.Text.Slice(other.Span))}";
    }

    private static string Span(LinePosition start, LinePosition end, string line)
    {
        var isOneLine = end.Line == start.Line;
        if (start.Character >= 2)
        {
            return isOneLine ? new string('^', Math.Max(1, end.Character - start.Character))
                : $"{new string('^', Math.Max(1, line.Length - start.Character))} to line {end.Line + 1}, column {end.Character}";
        }

        if (!isOneLine)
            return $"column {start.Character + 1} to line {end.Line + 1}, column {end.Character}:";
        return end.Character <= start.Character + 1 ? $"column {start.Character + 1}:"
            : $"columns {start.Character + 1} to {end.Character}:";
    }

    private static string PlaceOf(Place place, SourceText source)
    {
        var position = place.Text.PositionOf(place.Span.Start);
        return $"{(ReferenceEquals(place.Text, source) ? "" : place.Text.Path + ", ")}line {position.Line + 1}, column "
            + $"{position.Character + 1}";
    }

    private static string FirstLine(string text) => text.IndexOf('\n') is >= 0 and var end ? text[..end].TrimEnd('\r') + " ..." : text;
}
