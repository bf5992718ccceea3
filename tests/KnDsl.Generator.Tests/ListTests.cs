using System;
using System.Linq;
using System.Text.RegularExpressions;
using Xunit;
using static TorchSharp.torch;

namespace KnDsl.Generator.Tests;

/// <summary>Lists that a constructor gets: one that is too short is refused, with its name, what was needed and what was found.</summary>
public sealed class ListTests : TorchTest
{
    private static string Network(string header, string body) =>
        $"network Net({header})\n{{\n    input image[N, 3, h, w]\n{body}\n    output y[N, 3, h, w]\n}}\n";

    [Theory]
    [InlineData("y = image * (a[0] + a[2])", "1,2,3", null, 0)]
    [InlineData("y = image * (a[0] + a[2])", "1,2", "The list 'a' must have at least 3 items for the index 2, found a.count.", 2)]
    [InlineData("y = image * (a[0] + a[2])", "", "The list 'a' must have at least 1 item for the index 0, found a.count.", 0)]
    [InlineData("y = image\n for i in 0..3 { y = y * a[i] }", "1,2,3", null, 0)]
    [InlineData("y = image\n for i in 0..3 { y = y * a[i] }", "1,2",
        "The list 'a' must have at least i + 1 items for the index i, found a.count.", 2)]
    [InlineData("y = image\n for i in 1..a.count { y = y * a[i] }", "1,2", null, 0)]
    [InlineData("y = image\n for i in 0..a.count { y = y * a[a.count - 1 - i] }", "1,2", null, 0)]
    [InlineData("y = image\n for i in 0..a.count { y = y * a[i + 1] }", "1,2",
        "The list 'a' must have at least i + 2 items for the index i + 1, found a.count.", 2)]
    [InlineData("y = image\n for i in 0..a.count { y = y * a[i - 1] }", "1,2",
        "An index of the list 'a' must be at least 0, found i - 1.", -1)]
    [InlineData("y = image\n for i in 0..a.count { if i > 0 { y = y * a[i - 1] } }", "1,2", null, 0)]
    [InlineData("y = image\n if a.count > 2 { y = y * a[2] }", "1,2", null, 0)]
    [InlineData("y = image\n if a.count > 2 and a[2] > 0 { y = y * 2 }", "1,2", null, 0)]
    [InlineData("y = image\n if a.count < 3 or a[2] > 0 { y = y * 2 }", "1,2", null, 0)]
    [InlineData("y = image\n for c in a[1..3] { y = y * c }", "1,2,3", null, 0)]
    [InlineData("y = image\n for c in a[1..3] { y = y * c }", "1,2",
        "The list 'a' must have at least 3 items for the index 2, found a.count.", 2)]
    [InlineData("y = image * a[h - 3] -> elu(a[w/4])", "1,2", null, 0)]
    [InlineData("y = image * a[k]", "1,2", "The list 'a' must have at least k + 1 items for the index k, found a.count.", 2)]
    public void AListThatIsTooShortIsRefused(string body, string items, string? message, int found)
    {
        var k = body.Contains('k') ? ", k: int = 5" : "";
        var @case = GeneratedCase.Inline(Network($"a: int[]{k}", body));
        Assert.Empty(@case.Diagnostics);
        (string, object?)[] arguments = [("a", items.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(int.Parse).ToArray())];
        var exception = Record.Exception(() =>
        {
            using var network = @case.Create("Net", arguments);
            GeneratedCase.Run(network, randn(2, 3, 4, 4));
        });
        if (message is null)
        {
            Assert.Null(exception);
            return;
        }
        Assert.IsType<ArgumentException>(exception);
        Assert.Matches(
            $@"^net\.knnet\(\d+\): KN0124: {Regex.Escape(message.TrimEnd('.'))}, which is {found}\.$", exception.Message);
        Assert.Contains("Inline/net.knnet:line ", exception.StackTrace);
    }

    [Fact]
    public void ASliceThatIsEmptySaysWhereItBegins()
    {
        var @case = GeneratedCase.Inline(
            "network Net(from: int = 0, to: int = 2)\n{\n    input x[N, 8, 4]\n    y = x -> slice(from, to)\n"
                + "    output y[N, to - from, 4]\n}\n");
        Assert.Empty(@case.Diagnostics);
        var exception = Assert.Throws<ArgumentException>(() => @case.Create("Net", ("from", 5), ("to", 5)));
        Assert.EndsWith("takes from to to of a dimension of size 8; expected a range inside it. With these arguments it is 5.",
            exception.Message);
    }

    /// <summary>A list belongs to who gave it: what becomes of it after the call is nothing to the network, nor to a block in it.</summary>
    [Theory]
    [InlineData("a: int[]")]
    [InlineData("a: int[] = [1, 1]")]
    [InlineData("a: float[]")]
    public void AListThatChangesAfterwardsChangesNothing(string header)
    {
        var @case = GeneratedCase.Inline(Network(header, "y = image * a[0] -> Scaled(a)\n for f in a { y = y * f }")
            + $"block Scaled(x, {header})\n{{\n    return x * a[1]\n}}\n");
        Assert.Empty(@case.Diagnostics);
        Array list = header.Contains("float") ? new[] { 2.0, 3.0 } : new[] { 2, 3 };
        using var network = @case.Create("Net", ("a", list));
        using var input = ones(1, 3, 2, 2);
        var before = GeneratedCase.Run(network, input)[0];
        Array.Clear(list);
        Assert.Equal(36f, before[0, 0, 0, 0].item<float>());
        Assert.Equal(36f, GeneratedCase.Run(network, input)[0][0, 0, 0, 0].item<float>());
    }

    /// <summary>What a constructor must be given cannot be null.</summary>
    [Fact]
    public void WhatIsNotGivenIsNamed()
    {
        var @case = GeneratedCase.Inline(Network("a: int[], policy: norm", "norm = policy\n y = (image * a[0]) -> bn: norm"));
        Assert.Empty(@case.Diagnostics);
        Assert.Equal("a", Refused(null, NormPolicy.Batch()));
        Assert.Equal("policy", Refused([1], null));

        string? Refused(int[]? a, NormPolicy? policy) =>
            Assert.Throws<ArgumentNullException>(() => @case.Create("Net", ("a", a), ("policy", policy))).ParamName;
    }

    /// <summary>What would be wrong without a word, or a message of torch, is refused when the network is made.</summary>
    [Theory]
    [InlineData("input a[N, 8, 8]\n y = a -> slice(0, k)\n output y[N, k, 8]", 9,
        "KN0213: 'slice' takes 0 to k of a dimension of size 8; expected a range inside it. With these arguments it is 9.")]
    [InlineData("input a[N, 8, 8]\n y = a -> slice(2, k) -> avgpool1d(global)\n output y[N, k - 2, 1]", 2,
        "KN0213: 'slice' takes 2 to k of a dimension of size 8; expected a range inside it. With these arguments it is 2.")]
    [InlineData("input a[N, 8, 8]\n y = a -> select(k, axis: 1)\n output y[N, 8]", 8,
        "KN0213: 'select' takes position k of a dimension of size 8; expected a position inside it. With these arguments it is 8.")]
    [InlineData("input a[N, 8, 8]\n y = a -> select(k, axis: 1)\n output y[N, 8]", -9,
        "KN0213: 'select' takes position k of a dimension of size 8; expected a position inside it. With these arguments it is -9.")]
    [InlineData("input a[N, 8, 8]\n y = a -> select(k, axis: 1)\n output y[N, 8]", -8, null)]
    [InlineData("input a[N, k, 8]\n y = a -> relu\n output y[N, k, 8]", 0,
        "KN0118: A size must be at least 1, found k, which is 0.")]
    [InlineData("input a[N, k*h]\n y = a -> relu\n output y[N, k*h]", 0,
        "KN0118: A size must be at least 1, found k, which is 0.")]
    [InlineData("input a[N, 5, 8]\n y = a -> at: attention(heads: k)\n output y[N, 5, 8]", 3,
        "KN0212: 'attention' divides the features by k, found 8; expected a multiple of k. With these arguments 8 is no multiple of 3.")]
    [InlineData("input a[N, 4]\n y = a -> linear([5, 6, 7, 8, 9][k])\n output y[N, 9]", 5,
        "KN0124: The index k is outside the list, which has 5 items; expected 0 to 4. With these arguments it is 5.")]
    [InlineData("input a[N, 4]\n y = a -> linear([5, 6, 7, 8, 9][k])\n output y[N, 9]", -1,
        "KN0124: The index k is outside the list, which has 5 items; expected 0 to 4. With these arguments it is -1.")]
    [InlineData("input a[N, 4]\n y = a\n for i in 0..k { y = y * [1, 2, 3, 4][i] }\n output y[N, 4]", 5,
        "KN0124: The index i is outside the list, which has 4 items; expected 0 to 3. With these arguments it is 4.")]
    [InlineData("input a[N, 3, 5, 5]\n y = a -> conv(8, k, padding: 0) -> flatten -> linear(10)\n output y[N, 10]", 7,
        "KN0202: 'conv' reduces the height from 5 to -k + 6; expected at least 1. With these arguments it is -1.")]
    [InlineData("input a[N, 3, 16, 16]\n y = a\n for i in 0..k { y = y -> maxpool(2) }\n z = y -> avgpool(global)\n output z[N, 3, 1, 1]",
        5, "KN0202: 'maxpool' reduces the height from y.height to y.height/2; expected at least 1. With these arguments it is 0.")]
    public void AnArgumentThatDoesNotFitIsRefused(string body, int k, string? message)
    {
        var @case = GeneratedCase.Inline($"network Net(k: int = 4)\n{{\n {body}\n}}\n");
        Assert.Empty(@case.Diagnostics);
        var exception = Record.Exception(() => @case.Create("Net", ("k", k)).Dispose());
        if (message is null)
            Assert.Null(exception);
        else
            Assert.Matches($@"^net\.knnet\(\d+\): {Regex.Escape(message)}$", exception?.Message);
    }

    /// <summary>Products of arguments that an int cannot hold, and so the sizes that C# would make of them.</summary>
    [Theory]
    [InlineData("k * k", 65_537)]
    [InlineData("k * k * k", 2_000)]
    [InlineData("2048 * k", 2_097_153)]
    [InlineData("k * (k + 1)", 65_536)]
    public void AProductThatAnIntCannotHoldIsRefused(string size, int k)
    {
        var @case = GeneratedCase.Inline(
            $"network Net(k: int = 2)\n{{\n input a[N, 3]\n y = a -> linear({size})\n output y[N, {size}]\n}}\n");
        Assert.Empty(@case.Diagnostics);
        Assert.Throws<OverflowException>(() => @case.Create("Net", ("k", k)).Dispose());
    }

    /// <summary>A list of amounts tells how many dimensions an undeclared input of a block has.</summary>
    [Theory]
    [InlineData("[1, 2]", "t", "t + 3")]
    [InlineData("[1, 2, 0, 1]", "t, u", "t + 3, u + 1")]
    [InlineData("[1, 2, 0, 1, 2, 2]", "t, u, v", "t + 3, u + 1, v + 4")]
    public void ABlockPadsWhatItsListIsFor(string amounts, string sizes, string output)
    {
        var @case = GeneratedCase.Inline(
            $"block Padded(x)\n{{\n return x -> pad({amounts})\n}}\n"
                + $"network Net()\n{{\n input a[N, 3, {sizes}]\n y = a -> Padded\n output y[N, 3, {output}]\n}}\n");
        Assert.Empty(@case.Diagnostics);
        using var network = @case.Create("Net");
        var dimensions = sizes.Split(',').Select(_ => 4L);
        Assert.Equal(2 + dimensions.Count(), GeneratedCase.Run(network, zeros([2, 3, .. dimensions]))[0].dim());
    }
}
