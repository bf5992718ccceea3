using System.Linq;
using Xunit;
using static TorchSharp.torch;

namespace KnDsl.Generator.Tests;

/// <summary>
/// Conditions over numbers that are no sizes: arguments, items and counts of lists, and numbers that ifs and loops set may be
/// 0 or less. The network doubles its input where the condition holds for the arguments given.
/// </summary>
public sealed class ConditionTests : TorchTest
{
    private static readonly int[][] Lists = [[], [0], [-1], [1], [3, 0], [0, -2, 5]];

    [Theory]
    [InlineData("list.count > 0")]
    [InlineData("list.count == 0")]
    [InlineData("list.count != 0")]
    [InlineData("list.count < 1")]
    [InlineData("not (list.count >= 1)")]
    [InlineData("list.count > 1 or list.count == 0")]
    public void CountsOfLists(string condition)
    {
        foreach (var list in Lists)
        {
            var holds = condition switch
            {
                "list.count > 0" or "list.count != 0" => list.Length > 0,
                "list.count == 0" or "list.count < 1" or "not (list.count >= 1)" => list.Length == 0,
                _ => list.Length != 1,
            };
            Check(condition, "", list, 0, holds);
        }
    }

    [Theory]
    [InlineData("list[0] > 0", 1)]
    [InlineData("list[0] == 0", 0)]
    [InlineData("list[0] < 0", -1)]
    [InlineData("not (list[0] >= 0)", -1)]
    [InlineData("list[0] * 2 > list[0]", 1)]
    public void ItemsOfLists(string condition, int sign)
    {
        foreach (var list in Lists.Where(list => list.Length > 0))
            Check(condition, "", list, 0, System.Math.Sign(list[0]) == sign);
    }

    [Theory]
    [InlineData("n != 0", "", 0, false)]
    [InlineData("n != 0", "", 2, true)]
    [InlineData("n >= 1", "", -1, false)]
    // A number that an if sets.
    [InlineData("m > 0", "if n > 1 { m = 1 } else { m = 0 }", 1, false)]
    [InlineData("m > 0", "if n > 1 { m = 1 } else { m = 0 }", 2, true)]
    [InlineData("m < 0", "if n > 1 { m = 1 } else { m = -1 }", 1, true)]
    // A number that a loop changes, and one that a loop chooses.
    [InlineData("m > 0", "m = 2\n for i in 0..n { m = m - 1 }", 2, false)]
    [InlineData("m == 0", "m = 2\n for i in 0..n { m = m - 1 }", 2, true)]
    [InlineData("m < 0", "m = 2\n for i in 0..n { m = m - 1 }", 3, true)]
    [InlineData("m == 0", "m = 1\n for i in 0..n { m = [1, 0, -1][i] }", 2, true)]
    [InlineData("m < 0", "m = 1\n for i in 0..n { m = [1, 0, -1][i] }", 3, true)]
    public void NumbersOfIfsAndLoops(string condition, string before, int n, bool holds) => Check(condition, before, [0], n, holds);

    /// <summary>A number that a block sets and hands on in a size.</summary>
    [Theory]
    [InlineData(0, 5)]
    [InlineData(1, 5)]
    [InlineData(2, 7)]
    public void NumbersOfBlocks(int n, int channels)
    {
        var @case = GeneratedCase.Inline("""
            network Net(n: int = 0)
            {
                input x[N, 3, 4, 4]
                y = x -> Grow(n)
                if y.channels > 3 { z = y -> last: conv(7, 1) } else { z = y -> last: conv(5, 1) }
                w = z -> avgpool(global) -> flatten -> linear(2)
                output w[N, 2]
            }

            block Grow(x, n: int)
            {
                if n > 1 { m = 1 } else { m = 0 }
                return x -> conv(m + 3, 3)
            }
            """);
        using var network = @case.Create("Net", ("n", n));
        Assert.Equal(channels, network.state_dict()["last.weight"].shape[0]);
    }

    [Theory]
    [InlineData("n / 2 == -2", -3, true)]
    [InlineData("n % 3 == 2", -1, true)]
    [InlineData("n % -3 == -1", 5, true)]
    [InlineData("7 / n == -3", -3, true)]
    [InlineData("(n * 0.5) % 1.0 == 0.5", -1, true)]
    [InlineData("(n * 0.5) % 1.0 < 0", -1, false)]
    public void QuotientsAndRemaindersOfNegatives(string condition, int n, bool holds) => Check(condition, "", [0], n, holds);

    [Theory]
    [InlineData("x -> linear(4 + 8 / n)", 0, "KN0123: The divisor n is 0")]
    [InlineData("x -> linear(4 + 8 % (n - 3))", 3, "KN0123: The divisor n - 3 is 0")]
    [InlineData("x -> dropout(0.1 / (n * 1.0))", 0, "KN0123: The divisor (n * 1.0) is 0")]
    [InlineData("x -> dropout(1.5 % (n * 0.5))", 0, "KN0123: The divisor (n * 0.5) is 0")]
    [InlineData("x / n", 0, "KN0123: The divisor n is 0")]
    [InlineData("x / (0.5 * n)", 0, "KN0123: The divisor (0.5 * n) is 0")]
    [InlineData("x * (1.0 / n)", 0, "KN0123")]
    [InlineData("x -> [ linear(4) * n, linear(4) ]", -1, "KN0118")]
    [InlineData("x -> [ linear(4) * (n - 2), linear(4) ]", 1, "KN0118")]
    public void ArgumentsThatHaveNoMeaningAreRefused(string value, int n, string message)
    {
        var @case = GeneratedCase.Inline($$"""
            network Net(n: int = 2)
            {
                input x[N, 4]
                y = {{value}} -> linear(4)
                output y[N, 4]
            }
            """);
        using (@case.Create("Net"))
        {
        }

        Assert.StartsWith("net.knnet(4): " + message, Assert.Throws<System.ArgumentException>(() => @case.Create("Net", ("n", n))).Message);
    }

    /// <summary>C# builds blocks with sizes of its own; no parameter of them is a size that nothing checks.</summary>
    [Theory]
    [InlineData("One", "xChannels", 0)]
    [InlineData("One", "xChannels", -3)]
    [InlineData("Declared", "xC", 0)]
    [InlineData("Keyword", "classChannels", -1)]
    public void SizesOfInputsThatBlocksCannotHaveAreRefused(string block, string parameter, int size)
    {
        var @case = GeneratedCase.Inline("""
            block One(x) { return x -> conv(4, 3) -> norm }
            block Declared(x[N, L, C]) { return x -> linear(2*C) }
            block Keyword(class) { return class -> conv(4, 1) }
            """);
        using (@case.Create(block, (parameter, 2)))
        {
        }

        var error = Assert.Throws<System.ArgumentOutOfRangeException>(() => @case.Create(block, (parameter, size)));
        Assert.Equal(parameter, error.ParamName);
        Assert.StartsWith($"{parameter} must be at least 1, found {size}.", error.Message);
    }

    /// <summary>The stage's own condition decides as an if does, and so does an argument of a block.</summary>
    private static void Check(string condition, string before, int[] list, int n, bool holds)
    {
        var @case = GeneratedCase.Inline($$"""
            network Net(list: int[] = [1], n: int = 1)
            {
                input x[N, 4]
                {{before}}
                if {{condition}} { a = x * 2.0 } else { a = x }
                b = x -> [ identity, Double(true) if {{condition}} ]
                c = x -> Double({{condition}})
                output a[N, 4], b[N, 4], c[N, 4]
            }

            block Double(x[N, C], on: bool)
            {
                if on { y = x * 2.0 } else { y = x }
                return y
            }
            """);
        using var network = @case.Create("Net", ("list", list), ("n", n));
        using var scope = NewDisposeScope();
        var input = randn(2, 4);
        var expected = input * (holds ? 2.0 : 1.0);
        foreach (var output in GeneratedCase.Run(network, input))
            Assert.True(output.allclose(expected), $"{condition} for [{string.Join(", ", list)}], {n}");
    }
}
