using System.Linq;
using KnDsl.Language.Checking;
using KnDsl.Language.Diagnostics;
using KnDsl.Language.Text;
using Xunit;

namespace KnDsl.Language.Tests;

/// <summary>
/// What people write who know another language: one error, with what to write instead. The error corpus shows one of each kind;
/// here are its relatives.
/// </summary>
public sealed class SingleMistakeTests
{
    [Theory]
    [InlineData("y = if b { x } else { x -> relu }", "'if' statement")]
    [InlineData("y = if b { x -> relu }", "'if' statement")]
    [InlineData("y = if b then x else x", "'if' statement")]
    [InlineData("y = x -> relu if b else x", "'if' statement")]
    [InlineData("y = relu if b else x", "'if' statement")]
    [InlineData("y = x -> (relu if b else gelu)", "'if' statement")]
    [InlineData("y = x -> relu when b", "with 'if'")]
    [InlineData("if b: y = x", "braces")]
    [InlineData("if b:\n        y = x", "braces")]
    [InlineData("if (b) y = x", "braces")]
    [InlineData("if b y = x", "braces")]
    [InlineData("for i in 0..n: y = x", "0..n { }")]
    [InlineData("for k in {1, 3} { y = x -> conv(8, k) }", "square brackets")]
    [InlineData("if n is 4 { y = x } else { y = x }", "'=='")]
    [InlineData("if n is not 4 { y = x } else { y = x }", "'!='")]
    [InlineData("y = x -> relu if n is 4", "'=='")]
    [InlineData("if n <> 4 { y = x } else { y = x }", "'!='")]
    [InlineData("if n in sizes { y = x } else { y = x }", "'or'")]
    [InlineData("if 1 < n < 4 { y = x } else { y = x }", "'and'")]
    [InlineData("y = x, x", "for each name")]
    [InlineData("a, y = x, x", "for each name")]
    [InlineData("a, y = (x, x)", "for each name")]
    [InlineData("a, y = [x, x]", "for each name")]
    [InlineData("[a, y] = x -> split(2)", "without brackets")]
    [InlineData("y = x -> (relu)", "without parentheses")]
    [InlineData("y = x -> (conv(8, 3) -> relu)", "without parentheses")]
    [InlineData("y = x -> [conv(8, 3) -> relu]", "with commas")]
    [InlineData("y = x -> [conv(8, 3) relu]", "with commas")]
    [InlineData("y = x -> {conv(8, 3), relu}", "square brackets")]
    [InlineData("y = x -> 2 * relu", "[ stage * 2 ]")]
    [InlineData("y = x -> [2 * relu]", "[ stage * 2 ]")]
    [InlineData("y = x -> \"relu\"", "without quotes")]
    [InlineData("y = x -> -> relu", "is enough")]
    [InlineData("y = x -> slice(1:3)", "slice(0, 2)")]
    [InlineData("y = x -> slice(:3)", "slice(0, 2)")]
    [InlineData("y = x -> slice(1..3)", "slice(0, 2)")]
    [InlineData("y = x -> dropout(.5)", "Write 0.5.")]
    [InlineData("y = x * .5", "Write 0.5.")]
    [InlineData("y = x -> dropout(5.)", "Write 5.0.")]
    [InlineData("y = x * 1.", "Write 1.0.")]
    [InlineData("y = x -> conv 8 3", "in parentheses")]
    [InlineData("y = x -> conv[8, 3]", "in parentheses")]
    [InlineData("y = x -> conv<8>(3)", "in parentheses")]
    [InlineData("y = x -> conv(8, {3, 3})", "square brackets")]
    [InlineData("a: conv(8, 3)\n    y = x -> a", "value -> a: conv")]
    [InlineData("\"a b\": conv(8, 3)\n    y = x", "value -> label")]
    [InlineData("x -> relu = y", "'y = x -> relu'")]
    [InlineData("y = x.relu", "value -> relu")]
    [InlineData("y = x -> relu(x)", "value -> relu")]
    [InlineData("N = 3\n    y = x", "write 3 in the input")]
    [InlineData("y = x -> conv(8, 3.0)", "Write 3.")]
    [InlineData("y = x -> conv(n * 2.0, 3)", "a float")]
    [InlineData("y = x -> conv(rate, 3)", "rate: int")]
    [InlineData("y = x -> conv([8], 3)", "leave the brackets out")]
    [InlineData("y = x -> conv(8, 3, bias: 0)", "Write false.")]
    [InlineData("y = x -> conv(8, 3, bias: \"false\")", "without quotes")]
    [InlineData("self.conv1 = conv(8, 3)\n    y = x -> self.conv1", "no 'self'")]
    [InlineData("self.conv1 = conv(8, 3)\n    y = self.conv1(x)", "no 'self'")]
    [InlineData("self.conv1 = conv(8, 3)\n    y = x -> conv1", "no 'self'")]
    [InlineData("this.c = conv(8, 3)\n    y = x -> c", "no 'this'")]
    [InlineData("{\n    y = x -> relu\n    }", "Braces belong")]
    [InlineData("{\n    y = x -> relu", "Braces belong")]
    [InlineData("y = x -> relu\n    {", "Braces belong")]
    [InlineData("y = x – > relu", "Write '-'.")]
    [InlineData("y = x –> relu", "Write '->'.")]
    [InlineData("y = x -> conv（8， 3）", "Write '('.")]
    public void AStatementOfAnotherLanguageGetsAHint(string statement, string hint) =>
        AssertOneError($"network Net(b: bool = true, n: int = 4, sizes: int[] = [1, 2], rate: float = 0.5)\n{{\n    input x[N, 8, 16, 16]\n"
            + $"    {statement}\n    output y[N, 8, 16, 16]\n}}\n", hint);

    [Theory]
    [InlineData("n: List<int> = [1]", "int[]")]
    [InlineData("n: list[int] = [1]", "int[]")]
    [InlineData("n: [int] = [1]", "int[]")]
    [InlineData("n: int[2] = [1, 2]", "int[]")]
    [InlineData("n: Optional[int] = 3", "int[]")]
    [InlineData("n: int[] = {3}", "square brackets")]
    [InlineData("n: int[] = {3, 4}, b: bool = true", "square brackets")]
    [InlineData("n: int[] = (3, 4)", "square brackets")]
    [InlineData("n: int[] = 3", "[3]")]
    [InlineData("n: int[] = [1.5]", "n: float[]")]
    [InlineData("n: int = 16.0", "Write 16.")]
    [InlineData("n: int = 1.5", "n: float")]
    [InlineData("n: int = true", "n: bool")]
    [InlineData("n: int = [16]", "n: int[]")]
    [InlineData("n: bool = 1", "Write true.")]
    public void AParameterOfAnotherLanguageGetsAHint(string parameter, string hint)
    {
        AssertOneError($"network Net({parameter})\n{{\n    input x[N, 8]\n    y = x -> linear(n)\n    output y[N, 8]\n}}\n", hint);
        AssertOneError($"block Net(x, {parameter})\n{{\n    return x -> linear(n)\n}}\n", hint);
    }

    [Theory]
    [InlineData("input", "input image[")]
    [InlineData("input x", "input x[")]
    [InlineData("input: x[N, 8]", "input image[")]
    [InlineData("input x(N, 8)", "input x[")]
    [InlineData("input x: [N, 8]", "input x[")]
    [InlineData("input x{N, 8}", "input x[")]
    [InlineData("input x -> [N, 8]", "input x[")]
    [InlineData("input [N, 8]", "input image[")]
    [InlineData("input x[N, 8] z[N, 8]", "Commas")]
    public void AnInputWithoutNameOrSizesGetsAHint(string input, string hint) =>
        AssertOneError($"network Net()\n{{\n    {input}\n    y = x -> linear(8)\n    output y[N, 8]\n}}\n", hint);

    [Theory]
    [InlineData("if b { z = x -> flatten } else { z = x }\n    y = z -> conv(8, 3)")]
    [InlineData("z = x\n    if b { z = x -> flatten }\n    y = z + x")]
    [InlineData("for i in 0..n { x = x -> flatten }\n    y = x -> conv(8, 3)")]
    public void ADifferentRankOnAnotherWayIsOneError(string statements) =>
        AssertOneError($"network Net(b: bool = true, n: int = 4)\n{{\n    input x[N, 8, 16, 16]\n    {statements}\n"
            + "    output y[N, 8, 16, 16]\n}\n", null);

    [Fact]
    public void TheNameOfAnInputMayComeInTheNextLine() => Assert.DoesNotContain(
        CheckedFile.Check(new SourceText("net.knnet", "network Net\n{\n    input\n        x[N, 8]\n    output x[N, 8]\n}\n")).Diagnostics,
        finding => finding.Severity == Severity.Error);

    private static void AssertOneError(string text, string? hint)
    {
        var errors = CheckedFile.Check(new SourceText("net.knnet", text)).Diagnostics
            .Where(finding => finding.Severity == Severity.Error).ToArray();
        var error = Assert.Single(errors);
        MessageStyle.AssertFollowedBy(error);
        if (hint is not null)
            Assert.Contains(hint, error.Hint);
    }
}
