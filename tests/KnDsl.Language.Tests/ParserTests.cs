using System.Linq;
using KnDsl.Language.Diagnostics;
using KnDsl.Language.Parsing;
using KnDsl.Language.Syntax;
using KnDsl.Language.Text;
using Xunit;

namespace KnDsl.Language.Tests;

public sealed class ParserTests
{
    private static (KnnetFile File, Diagnostic[] Found) Parse(string text)
    {
        var found = new DiagnosticBag();
        var file = Parser.Parse(new SourceText("a.knnet", text), found);
        return (file, found.ToList().ToArray());
    }

    private static (Statement[] Body, Diagnostic[] Found) Body(string statements)
    {
        var (file, found) = Parse("network Net\n{\n" + statements + "\n}\n");
        return (Assert.Single(file.Modules).Body.ToArray(), found);
    }

    [Fact]
    public void Several_mistakes_spoil_a_statement_each()
    {
        var (body, found) = Body("""
                a = x -> conv(8 3)
                b = x -> relu
                c = -> relu
                d = x -> relu
                e = x relu
                """);
        Assert.Equal([2 + 1, 2 + 3, 2 + 5], found.Select(one => one.Place.Line));
        Assert.Equal(
            [typeof(ErrorStatement), typeof(AssignStatement), typeof(ErrorStatement), typeof(AssignStatement), typeof(ErrorStatement)],
            body.Select(statement => statement.GetType()));
        Assert.Equal(
            ["a", "c", "e"], body.OfType<ErrorStatement>().SelectMany(statement => statement.Targets).Select(target => target.Text));
    }

    [Theory]
    [InlineData("a = x -> conv(8, 3")]
    [InlineData("a = x -> [ relu, relu")]
    [InlineData("a = concat(x, (x")]
    [InlineData("input x[N, 3")]
    public void A_forgotten_bracket_spoils_one_statement_only(string statement)
    {
        var (body, found) = Body(statement + "\nb = x -> relu\noutput b[N, 3]");
        Assert.Equal("KN0003", Assert.Single(found).Code);
        Assert.Equal([typeof(ErrorStatement), typeof(AssignStatement), typeof(OutputStatement)], body.Select(one => one.GetType()));
    }

    [Fact]
    public void Statements_go_on_over_lines_that_say_so()
    {
        var (body, found) = Body("""
                a = x -> relu
                      -> conv(
                          8,
                          3)
                b = a +
                    a
                c = concat(a,
                    b)
                """);
        Assert.Empty(found);
        Assert.Equal(3, body.Length);
    }

    [Theory]
    [InlineData("if")]
    [InlineData("for")]
    [InlineData("in")]
    [InlineData("else")]
    [InlineData("input")]
    [InlineData("output")]
    [InlineData("return")]
    [InlineData("module")]
    [InlineData("network")]
    [InlineData("block")]
    [InlineData("import")]
    [InlineData("norm")]
    [InlineData("and")]
    [InlineData("not")]
    [InlineData("true")]
    public void Any_word_is_a_label(string word)
    {
        var (body, found) = Body($"y = x -> {word}: conv(8, 3) -> relu");
        Assert.Empty(found);
        var pipe = Assert.IsType<PipeExpression>(Assert.IsType<AssignStatement>(Assert.Single(body)).Value);
        Assert.Equal(word, pipe.Stages[0].Label!.ToString());
    }

    [Theory]
    [InlineData("input")]
    [InlineData("output")]
    [InlineData("return")]
    [InlineData("module")]
    [InlineData("block")]
    [InlineData("network")]
    public void Keywords_are_names_of_values_too(string word)
    {
        var (body, found) = Body($"{word} = x -> relu\ny = {word} -> relu");
        Assert.Empty(found);
        Assert.Equal(word, Assert.IsType<AssignStatement>(body[0]).Targets[0].Text);
    }

    [Fact]
    public void The_arrow_binds_loosest()
    {
        var value = Assert.IsType<AssignStatement>(Assert.Single(Body("y = a + b * c -> relu").Body)).Value;
        var sum = Assert.IsType<OperatorExpression>(Assert.IsType<PipeExpression>(value).Source);
        Assert.Equal(TokenOperator.Add, Assert.Single(sum.Rest).Operator);
        Assert.IsType<OperatorExpression>(sum.Rest[0].Right);
    }

    [Fact]
    public void A_broken_header_keeps_its_name_and_the_declarations_after_it()
    {
        var (file, found) = Parse("block A(x, n int)\n{\n return x\n}\n\nblock B(x)\n{\n return x\n}\n");
        Assert.Equal("KN0002", Assert.Single(found).Code);
        Assert.Equal([("A", true), ("B", false)], file.Modules.Select(module => (module.Name.Text, module.IsBroken)));
    }

    [Fact]
    public void A_missing_brace_is_found_by_the_indentation()
    {
        var (file, found) = Parse("""
            block A(x, n: int)
            {
                if n == 1 {
                    y = x -> relu
                return x
            }

            block B(x)
            {
                return x
            }
            """);
        var one = Assert.Single(found);
        Assert.Equal(("KN0003", 3), (one.Code, one.Place.Line));
        Assert.Equal([2, 1], file.Modules.Select(module => module.Body.Count));
    }

    [Fact]
    public void Indentation_means_nothing_where_braces_match()
    {
        var (file, found) = Parse("block A(x, n: int)\n{\n        if n == 1 {\n    y = x -> relu\n  }\n return x\n}\n");
        Assert.Empty(found);
        Assert.Equal(2, Assert.Single(file.Modules).Body.Count);
    }

    [Fact]
    public void Declarations_keep_what_they_say()
    {
        var (file, found) = Parse("""
            import "blocks/a.knnet"
            namespace A.B
            /// Documented.
            network Net(classes: int = 10, depths: int[] = [3, 4], policy: norm = kalman(gain: 0.1))
            {
            }
            """);
        Assert.Empty(found);
        Assert.Equal("A.B", file.Namespace!.Text);
        Assert.Equal("blocks/a.knnet", Assert.Single(file.Imports).Path);
        var network = Assert.Single(file.Modules);
        Assert.Equal("Documented.", network.Documentation);
        Assert.Equal(["classes int", "depths int[]", "policy norm"],
            network.Parameters.Select(parameter => $"{parameter.Name.Text} {parameter.Type.Text}{(parameter.IsList ? "[]" : "")}"));
    }
}

public sealed class SpellingTests
{
    [Theory]
    [InlineData("cnov", "conv")]
    [InlineData("Conv", "conv")]
    [InlineData("maxpol", "maxpool")]
    [InlineData("sride", "stride")]
    [InlineData("y", null)]
    [InlineData("transformer", null)]
    public void The_nearest_name_is_meant_or_none(string name, string? meant) =>
        Assert.Equal(meant, Spelling.Nearest(name, ["conv", "maxpool", "stride", "relu", "N"]));
}
