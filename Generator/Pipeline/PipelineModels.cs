using System.IO;
using KnDsl.Language.Diagnostics;
using KnDsl.Language.Text;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Text;
using Diagnostic = Microsoft.CodeAnalysis.Diagnostic;

namespace KnDsl.Generator.Pipeline;

/// <summary>What one file made.</summary>
/// <param name="Path">The file.</param>
/// <param name="HintName">The usual name for its code.</param>
/// <param name="Code">The code, or null.</param>
/// <param name="Outline">What is compiled in its place where an extern module is not what the file says; null where it has none.</param>
/// <param name="Findings">What is said of the file.</param>
/// <param name="Classes">The classes that it makes.</param>
/// <param name="Externs">The extern modules that it declares.</param>
/// <param name="Uses">The declarations of all extern modules that it can use, its own and imported ones.</param>
internal sealed record GeneratedFile(string Path, string HintName, string? Code, string? Outline, EquatableArray<Finding> Findings,
    EquatableArray<GeneratedClass> Classes, EquatableArray<ExternFact> Externs, EquatableArray<FindingPlace> Uses);

/// <summary>A place in a .knnet file, without the text.</summary>
internal sealed record FindingPlace(string Path, Microsoft.CodeAnalysis.Text.TextSpan Span, LinePositionSpan Lines)
{
    public static FindingPlace Of(Place place)
    {
        var (start, end) = (place.Text.PositionOf(place.Span.Start), place.Text.PositionOf(place.Span.End));
        return new FindingPlace(
            place.Text.Path, new Microsoft.CodeAnalysis.Text.TextSpan(place.Span.Start, place.Span.Length),
            new LinePositionSpan(new Microsoft.CodeAnalysis.Text.LinePosition(start.Line, start.Character),
                new Microsoft.CodeAnalysis.Text.LinePosition(end.Line, end.Character)));
    }

    public Location ToLocation() => Location.Create(Path, Span, Lines);
}

/// <summary>A finding of the language, in a form that Roslyn can compare.</summary>
internal sealed record Finding(string Code, string Title, bool IsError, string Message, FindingPlace Place, FindingPlace? Other)
{
    /// <summary>A finding of which only the place in the file is kept.</summary>
    public static Finding Of(Language.Diagnostics.Diagnostic diagnostic, FindingPlace place) =>
        new(diagnostic.Code, diagnostic.Descriptor.Title, diagnostic.Severity == Severity.Error, diagnostic.Text, place, null);

    public static Finding Of(Language.Diagnostics.Diagnostic diagnostic) => new(
        diagnostic.Code, diagnostic.Descriptor.Title, diagnostic.Severity == Severity.Error, diagnostic.Text,
        FindingPlace.Of(diagnostic.Place), diagnostic.Other is { } other ? FindingPlace.Of(other) : null);

    public Diagnostic ToDiagnostic() => Diagnostic.Create(
        Descriptors.For(Code, Title, IsError), Place.ToLocation(), Other is null ? [] : [Other.ToLocation()], Message);
}

/// <summary>A class that a file makes.</summary>
/// <param name="OutputsOf">The declaration whose outputs it holds; null for the class of a declaration itself.</param>
internal sealed record GeneratedClass(string Name, string? OutputsOf, FindingPlace Place)
{
    public Diagnostic ToDiagnostic(GeneratedClass first)
    {
        var source = new Language.Text.SourceText(Place.Path, "");
        var file = Path.GetFileName(first.Place.Path);
        var other = file == Path.GetFileName(Place.Path) ? first.Place.Path : file;
        var finding = DiagnosticCatalogue.SameClass(source.At(default), Name, OutputsOf, other, first.OutputsOf);
        return (Finding.Of(finding, Place) with { Other = first.Place }).ToDiagnostic();
    }
}
