using System.Linq;
using KnDsl.Generator.Writing;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Xunit;

namespace KnDsl.Generator.Tests;

/// <summary>Text of a file or of a path inside of C#: whatever it is, it says no more than itself.</summary>
public sealed class TextTests
{
    public static TheoryData<string> Texts => [.. All];

    private static string[] All =>
    [
        "plain", "\"", "\\", "\\\"", "\\u0022", "{", "}", "{x}", "{{", "</summary>", "&amp;", "<b>", "*/", "//", "/*", "#if",
        "\n", "\r", "\r\n", "\t", "\v", "\f", "\0", "\u0001", "\u0085", "\u2028", "\u2029", "\uFEFF", "\u200B", "\u202E",
        "\uFFFE", "\uFFFF", "\uD83D", "a\uDE00", "\uD83D\uDE00", "\uDE00\uD83D", "é変", "a\u0301", "'", "%", "$", "]]>", new('x', 100_000),
    ];

    [Theory]
    [MemberData(nameof(Texts))]
    public void A_string_says_the_text(string text)
    {
        var quoted = SyntaxFactory.ParseExpression(CSharpText.Quote(text));
        Assert.Empty(quoted.GetDiagnostics());
        Assert.Equal(text, Assert.IsType<LiteralExpressionSyntax>(quoted).Token.Value);

        var interpolated = SyntaxFactory.ParseExpression(CSharpText.Interpolate([(text, false), ("1 + 2", true), (text, false)]));
        Assert.Empty(interpolated.GetDiagnostics());
        var parts = Assert.IsType<InterpolatedStringExpressionSyntax>(interpolated).Contents;
        Assert.Equal(["text", "1 + 2", "text"], parts.Select(part => part is InterpolationSyntax code
            ? code.Expression.ToString()
            : ((InterpolatedStringTextSyntax)part).TextToken.ValueText == text.Replace("{", "{{").Replace("}", "}}") ? "text" : "other"));
    }

    [Theory]
    [MemberData(nameof(Texts))]
    public void Comments_and_paths_stay_on_their_line(string text)
    {
        var writer = new CodeWriter(static path => path);
        writer.Comment(text).Document("summary", text).Document("remarks", text, text).DocumentParameter("x", text);
        writer.Line(new Language.Text.SourceText(text, "x").At(default), "class C;");
        writer.Line("class D;", text);
        var tree = CSharpSyntaxTree.ParseText(writer.ToString(), Host.ParseOptions);
        Assert.Empty(tree.GetDiagnostics());
        Assert.Equal(2, tree.GetRoot().DescendantNodes().OfType<ClassDeclarationSyntax>().Count());
        Assert.DoesNotContain(tree.GetRoot().DescendantTrivia(), trivia => trivia.IsKind(SyntaxKind.DisabledTextTrivia));
    }

    [Fact]
    public void A_stage_far_to_the_right_has_a_place_that_csharp_takes()
    {
        var generated = GeneratedCase.Inline($"network Net()\n{{\n    input x[N, 3]\n    y ={new string(' ', 70_000)}x -> linear(4)\n"
            + "    output y[N, 4]\n}\n");
        Assert.Empty(generated.Diagnostics);
        Assert.Empty(generated.Compile().GetDiagnostics().Where(found => found.Severity >= DiagnosticSeverity.Warning));
    }

    [Fact]
    public void A_label_is_its_key_whatever_it_contains()
    {
        foreach (var label in All.Where(IsLabel))
        {
            var generated = GeneratedCase.Inline($$"""
                network Net(n: int = 2)
                {
                    input x[N, 3]
                    y = x -> "{{label}}": linear(4)
                    for i in 0..n {
                        y = y -> "{{label}}{i}": linear(4)
                    }
                    output y[N, 4]
                }
                """);
            Assert.Empty(generated.Diagnostics);
            using var network = generated.CreateNetwork();
            Assert.Equal([$"{label}.weight", $"{label}.bias", $"{label}0.weight"], network.state_dict().Keys.Take(3));
        }

        static bool IsLabel(string text) => text.Length < 100 && text.All(c => c is not ('"' or '.' or '{' or '}' or '\n' or '\r'));
    }

    [Theory]
    [InlineData("conv(8, // eight\n 3)", "conv(8, 3)")]
    [InlineData("conv(8, stride: 2 // two\n )", "conv(8, stride: 2)")]
    [InlineData("conv(8 // eight\n , [3, 3 // three\n ])", "conv(8, [3, 3])")]
    [InlineData("(a + b) // sum\n -> relu", "(a + b) -> relu")]
    [InlineData("conv(\r\n\t8,\u00A03)", "conv(8, 3)")]
    [InlineData("\"a  //  b\": conv(8,  3) // end", "\"a  //  b\": conv(8, 3)")]
    [InlineData("a\u2028b\uFEFF c", "a b c")]
    public void The_text_of_a_place_is_one_line_without_comments(string text, string line) =>
        Assert.Equal(line, new Language.Text.SourceText("a.knnet", text).At(new Language.Text.TextSpan(0, text.Length)).OneLine());
}
