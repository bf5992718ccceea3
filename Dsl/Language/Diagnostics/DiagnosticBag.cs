using System;
using System.Collections.Generic;
using System.Linq;
using KnDsl.Language.Text;

namespace KnDsl.Language.Diagnostics;

/// <summary>Collects findings; one place gets one error of a code, however often it is checked.</summary>
/// <param name="onlyCertain">Whether it wants no findings of what may never be built; see <see cref="Perhaps"/>.</param>
internal sealed class DiagnosticBag(bool onlyCertain = false)
{
    private readonly Nesting _perhaps = new();

    /// <summary>Whether findings are of what may never be built, and not wanted.</summary>
    public bool PassesOver => onlyCertain && _perhaps.IsInside;

    private readonly List<Diagnostic> _all = [];
    private readonly HashSet<(string Code, string Path, int Start, int Length)> _seen = [];

    public void Add(Diagnostic diagnostic)
    {
        var place = diagnostic.Place;
        if (_seen.Add((diagnostic.Code, place.Text.Path, place.Span.Start, place.Span.Length)))
            _all.Add(diagnostic);
    }

    /// <summary>Until the result is disposed of, findings are of a branch or a loop that arguments may leave out.</summary>
    public IDisposable Perhaps() => _perhaps.Enter();

    public void AddRange(IEnumerable<Diagnostic> diagnostics)
    {
        foreach (var diagnostic in diagnostics)
            Add(diagnostic);
    }

    /// <summary>Takes out the errors of sizes that follow from one which leaves a rank open, in the same declaration.</summary>
    public void RemoveConsequencesOfRanks(Place declaration)
    {
        if (_all.Where(finding => finding.LeavesRankOpen && finding.Place.IsInside(declaration))
            .OrderBy(finding => finding.Place.Span.Start).FirstOrDefault() is { } open)
            _all.RemoveAll(finding => finding.IsOfSizes && !finding.LeavesRankOpen && finding.Place.IsInside(declaration)
                && finding.Place.Span.Start > open.Place.Span.Start);
    }

    /// <summary>
    /// Takes out the errors of sizes that only the plan for any arguments has, in a declaration of which the plan for certain ones failed
    /// before: that one passed over what depends on its error.
    /// </summary>
    /// <param name="isApart">Whether the second place is in a branch that the first is not in, so that it does not depend on it.</param>
    public void RemoveConsequencesOfArguments(Place declaration, Func<Place, Place, bool> isApart)
    {
        var certain = _all.Where(finding => finding is { Severity: Severity.Error, IsOfAnyArguments: false }
            && finding.Place.IsInside(declaration)).OrderBy(finding => finding.Place.Span.Start).ToArray();
        if (certain.FirstOrDefault() is not { } first)
            return;
        _all.RemoveAll(finding => finding.IsOfAnyArguments && finding.Place.IsInside(declaration)
            && (certain.Any(found => found.Place.Span.Equals(finding.Place.Span))
                || finding.IsOfSizes && finding.Place.Span.Start > first.Place.Span.Start && !isApart(first.Place, finding.Place)));
    }

    /// <summary>All findings, by file and place.</summary>
    public IReadOnlyList<Diagnostic> ToList() =>
        _all.OrderBy(d => d.Place.Text.Path, StringComparer.Ordinal)
            .ThenBy(d => d.Place.Span.Start).ThenBy(d => d.Code, StringComparer.Ordinal).ToArray();
}
