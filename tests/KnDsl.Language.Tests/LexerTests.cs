using System.Linq;
using KnDsl.Language.Diagnostics;
using KnDsl.Language.Parsing;
using KnDsl.Language.Text;
using Xunit;

namespace KnDsl.Language.Tests;

public sealed class LexerTests
{
    private static (Token[] Tokens, Diagnostic[] Found) Read(string text)
    {
        var found = new DiagnosticBag();
        var tokens = Lexer.Tokenize(new SourceText("a.knnet", text), found).ToArray();
        return (tokens[..^1], found.ToList().ToArray());
    }

    private static string Kinds(string text) => string.Join(" ", Read(text).Tokens.Select(token => token.Kind));

    [Theory]
    [InlineData("inner.0: conv", "Label Colon Identifier")]
    [InlineData("a.b.c: conv", "Label Colon Identifier")]
    [InlineData("denselayer{i + 1}: conv", "Label Colon Identifier")]
    [InlineData("b{i}.c{j}d: conv", "Label Colon Identifier")]
    [InlineData("\"block1-0\": conv", "Label Colon Identifier")]
    [InlineData("a.\"b c\".0 : conv", "Label Colon Identifier")]
    [InlineData("0: conv", "Label Colon Identifier")]
    [InlineData("conv1: conv", "Identifier Colon Identifier")]
    [InlineData("stride: 2", "Identifier Colon Integer")]
    [InlineData("x.channels", "Identifier Dot Identifier")]
    [InlineData("\"a.b\"", "Text")]
    [InlineData("if x { y }", "Identifier Identifier OpenBrace Identifier CloseBrace")]
    public void Labels_are_one_token_where_a_colon_follows(string text, string kinds) => Assert.Equal(kinds, Kinds(text));

    [Theory]
    [InlineData("0", "Integer")]
    [InlineData("2147483647", "Integer")]
    [InlineData("0.5", "Float")]
    [InlineData("1e-5", "Float")]
    [InlineData("1.5E+3", "Float")]
    [InlineData("0..n", "Integer Range Identifier")]
    [InlineData("1..5", "Integer Range Integer")]
    [InlineData("32*h", "Integer Star Identifier")]
    [InlineData("-1", "Minus Integer")]
    [InlineData("a->b", "Identifier Arrow Identifier")]
    [InlineData("a-b", "Identifier Minus Identifier")]
    [InlineData("a <= b != c", "Identifier LessEqual Identifier NotEqual Identifier")]
    public void Numbers_and_operators(string text, string kinds)
    {
        Assert.Equal(kinds, Kinds(text));
        Assert.Empty(Read(text).Found);
    }

    [Theory]
    [InlineData("2147483648")]
    [InlineData("8px")]
    [InlineData("1e999")]
    [InlineData("1.5x")]
    [InlineData("٣")]
    public void A_bad_number_is_reported_once(string text)
    {
        Assert.Equal("KN0007", Assert.Single(Read(text).Found).Code);
        Assert.Single(Read(text).Tokens);
    }

    [Fact]
    public void Doc_comments_belong_to_the_next_token()
    {
        var tokens = Read("/// First.\n///   Second.\n// no\nnetwork Net //// no\n/// Third.\r\nblock").Tokens;
        Assert.Equal(["First.\nSecond.", null, "Third."], tokens.Select(token => token.Documentation));
    }

    [Fact]
    public void A_carriage_return_alone_ends_a_line()
    {
        const string Text = "a // b\rc = \"d\r\n\re";
        Assert.Equal([true, true, false, false, true], Read(Text).Tokens.Select(token => token.FirstOnLine));
        var source = new SourceText("a.knnet", Text);
        Assert.Equal(
            [0, 1, 3],
            Read(Text).Tokens.Where(token => token.FirstOnLine).Select(token => source.PositionOf(token.Span.Start).Line));
    }

    [Fact]
    public void Every_token_knows_its_place_and_whether_it_begins_a_line()
    {
        const string Text = "a = b\r\n  -> \"c\" // d\n\te";
        var tokens = Read(Text).Tokens;
        Assert.Equal(["a", "=", "b", "->", "\"c\"", "e"], tokens.Select(token => Text.Substring(token.Span.Start, token.Span.Length)));
        Assert.Equal([true, false, false, true, false, true], tokens.Select(token => token.FirstOnLine));
    }

    [Theory]
    [InlineData("x = \"abc\ny", "\"abc")]
    [InlineData("x = \"", "\"")]
    public void Text_ends_with_its_line(string text, string underlined)
    {
        var found = Assert.Single(Read(text).Found);
        Assert.Equal("KN0006", found.Code);
        Assert.Equal(underlined, text.Substring(found.Place.Span.Start, found.Place.Span.Length));
    }

    [Theory]
    [InlineData(";", "A statement ends with its line: remove the semicolon.")]
    [InlineData("&&", "Write 'and'.")]
    [InlineData("||", "Write 'or'.")]
    [InlineData("|", "Write '->' between stages and 'or' between conditions.")]
    [InlineData("$$$$", null)]
    [InlineData("😀", null)]
    [InlineData("\0", null)]
    public void Unknown_characters_are_named_with_a_hint_where_one_is_known(string text, string? hint)
    {
        var (tokens, found) = Read("a " + text + " b");
        Assert.Equal(2, tokens.Length);
        var one = Assert.Single(found);
        Assert.Equal(("KN0001", hint, new TextSpan(2, text.Length)), (one.Code, one.Hint, one.Place.Span));
        Assert.DoesNotContain('\0', one.Message);
    }

    [Theory]
    [InlineData("→", TokenKind.Arrow, "->")]
    [InlineData("⇒", TokenKind.Arrow, "->")]
    [InlineData("–>", TokenKind.Arrow, "->")]
    [InlineData("—>", TokenKind.Arrow, "->")]
    [InlineData("–", TokenKind.Minus, "-")]
    [InlineData("−", TokenKind.Minus, "-")]
    [InlineData("×", TokenKind.Star, "*")]
    [InlineData("÷", TokenKind.Slash, "/")]
    [InlineData("≤", TokenKind.LessEqual, "<=")]
    [InlineData("≥", TokenKind.GreaterEqual, ">=")]
    [InlineData("≠", TokenKind.NotEqual, "!=")]
    [InlineData("…", TokenKind.Range, "..")]
    [InlineData("（", TokenKind.OpenParen, "(")]
    [InlineData("，", TokenKind.Comma, ",")]
    [InlineData("：", TokenKind.Colon, ":")]
    [InlineData("＞", TokenKind.Greater, ">")]
    internal void What_looks_like_a_character_of_the_language_is_read_as_that(string text, TokenKind kind, string meant)
    {
        var (tokens, found) = Read("a " + text + " b " + text + " c");
        Assert.Equal([TokenKind.Identifier, kind, TokenKind.Identifier, kind, TokenKind.Identifier], tokens.Select(token => token.Kind));
        var one = Assert.Single(found);
        Assert.Equal(("KN0001", $"Write '{meant}'.", new TextSpan(2, text.Length)), (one.Code, one.Hint, one.Place.Span));
    }

    [Theory]
    [InlineData("“b”")]
    [InlineData("‘b’")]
    [InlineData("’b’")]
    [InlineData("„b“")]
    [InlineData("«b»")]
    [InlineData("`b`")]
    [InlineData("'b'")]
    public void Text_in_other_quotes_is_one_mistake(string text)
    {
        var (tokens, found) = Read("a " + text + " c");
        Assert.Equal(["a", "c"], tokens.Select(token => token.Text));
        Assert.Equal(("KN0001", new TextSpan(2, text.Length)), (Assert.Single(found).Code, found[0].Place.Span));
    }

    [Fact]
    public void After_a_hash_nothing_is_read()
    {
        var (tokens, found) = Read("a # b | c\nd");
        Assert.Equal(["a", "d"], tokens.Select(token => token.Text));
        Assert.Equal("Comments start with '//'.", Assert.Single(found).Hint);
    }

    [Fact]
    public void The_same_unknown_character_is_reported_once_a_line()
    {
        Assert.Single(Read("a | b | c").Found);
        Assert.Equal(2, Read("a | b\nc | d").Found.Length);
    }
}
