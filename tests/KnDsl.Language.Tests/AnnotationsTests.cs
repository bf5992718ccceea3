using KnDsl.Language.Diagnostics;
using KnDsl.Language.Text;
using Xunit;

namespace KnDsl.Language.Tests;

/// <summary>How findings are written under their lines, where the corpus has no such place.</summary>
public sealed class AnnotationsTests
{
    private static readonly DiagnosticDescriptor Rule = new("KN0999", "A rule of this test", Severity.Warning);

    private static string Add(string text, int start, int length, string? hint = null, Place? other = null)
    {
        var source = new SourceText("a.knnet", text);
        var annotated = Annotations.Add(source, [new Diagnostic(Rule, source.At(new TextSpan(start, length)), "Wrong.", hint, other)]);
        Assert.Equal(text, Annotations.Remove(annotated));
        return annotated;
    }

    [Fact]
    public void Carets_lie_under_the_span() => Assert.Equal("ab cd ef\n//    ^^ KN0999 warning: Wrong.\n", Add("ab cd ef\n", 6, 2));

    [Fact]
    public void Tabs_stay_tabs() => Assert.Equal("\t\t\tab\n//\t^^ KN0999 warning: Wrong.\n", Add("\t\t\tab\n", 3, 2));

    [Fact]
    public void A_span_after_two_columns_follows_the_slashes() =>
        Assert.Equal("abcd\n//^^ KN0999 warning: Wrong.\n// hint: Right.", Add("abcd", 2, 2, "Right."));

    [Theory]
    [InlineData(0, 1, "column 1")]
    [InlineData(1, 1, "column 2")]
    [InlineData(1, 3, "columns 2 to 4")]
    public void A_span_under_the_slashes_is_written_in_words(int start, int length, string written) =>
        Assert.Equal($"abcd\n// {written}: KN0999 warning: Wrong.\n", Add("abcd\n", start, length));

    [Fact]
    public void A_span_of_several_lines_says_where_it_ends()
    {
        Assert.Equal("ab (c\n//  ^ to line 2, column 3 KN0999 warning: Wrong.\nd e)", Add("ab (c\nd e)", 4, 5));
        Assert.Equal("(c\n// column 1 to line 2, column 2: KN0999 warning: Wrong.\nd)", Add("(c\nd)", 0, 5));
    }

    [Fact]
    public void A_place_in_another_file_names_it()
    {
        var other = new SourceText("blocks/b.knnet", "x\nab (c\nd)").At(new TextSpan(5, 5));
        Assert.Equal(
            "ab c\n// ^ KN0999 warning: Wrong.\n// hint: Right.\n// also: blocks/b.knnet, line 2, column 4: (c ...\n",
            Add("ab c\n", 3, 1, "Right.", other));
    }

    [Theory]
    [InlineData("x // a comment\n")]
    [InlineData("// a comment\n")]
    [InlineData("// hint: this follows no finding\n")]
    [InlineData("/// ^^^^ KN0999 warning: documentation\n")]
    [InlineData("// ^^^^ KN0999: no severity\n")]
    public void Other_comments_belong_to_the_source(string text) => Assert.Equal(text, Annotations.Remove(text));
}
