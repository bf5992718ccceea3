using KnDsl.Language.Diagnostics;
using KnDsl.Language.Text;
using Xunit;

namespace KnDsl.Language.Tests;

internal static class Places
{
    /// <summary>Something to underline, inside the file; in an empty file there is nothing.</summary>
    public static void AssertInside(SourceText source, Diagnostic diagnostic)
    {
        var span = diagnostic.Place.Span;
        Assert.Same(source, diagnostic.Place.Text);
        Assert.True(span.Start >= 0 && span.Length >= 0 && span.End <= source.Content.Length,
            $"{diagnostic.Code} at {span} of {source.Content.Length} characters");
        Assert.True(span.Length > 0 || source.Content.Length == 0, $"{diagnostic.Code} at {span} underlines nothing");
        if (diagnostic.Other is { } other)
        {
            Assert.True(other.Span.Start >= 0 && other.Span.End <= other.Text.Content.Length,
                $"{diagnostic.Code} names {other.Span} as well");
        }
    }
}
