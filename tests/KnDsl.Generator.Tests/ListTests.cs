using System;
using System.Linq;
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
    [InlineData("y = image\n for i in 0..3 { y = y * a[i] }", "1,2", "The list 'a' must have at least i + 1 items for the index i, found a.count.", 2)]
    [InlineData("y = image\n for i in 1..a.count { y = y * a[i] }", "1,2", null, 0)]
    [InlineData("y = image\n for i in 0..a.count { y = y * a[a.count - 1 - i] }", "1,2", null, 0)]
    [InlineData("y = image\n for i in 0..a.count { y = y * a[i + 1] }", "1,2",
        "The list 'a' must have at least i + 2 items for the index i + 1, found a.count.", 2)]
    [InlineData("y = image\n for i in 0..a.count { y = y * a[i - 1] }", "1,2", "An index of the list 'a' must be at least 0, found i - 1.", -1)]
    [InlineData("y = image\n for i in 0..a.count { if i > 0 { y = y * a[i - 1] } }", "1,2", null, 0)]
    [InlineData("y = image\n if a.count > 2 { y = y * a[2] }", "1,2", null, 0)]
    [InlineData("y = image\n if a.count > 2 and a[2] > 0 { y = y * 2 }", "1,2", null, 0)]
    [InlineData("y = image\n if a.count < 3 or a[2] > 0 { y = y * 2 }", "1,2", null, 0)]
    [InlineData("y = image\n for c in a[1..3] { y = y * c }", "1,2,3", null, 0)]
    [InlineData("y = image\n for c in a[1..3] { y = y * c }", "1,2", "The list 'a' must have at least 3 items for the index 2, found a.count.", 2)]
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
        Assert.Equal($"KN0124: {message} With these arguments it is {found}.", exception.Message);
        Assert.Contains("Inline/net.knnet:line ", exception.StackTrace);
    }

    /// <summary>What a constructor must be given cannot be null.</summary>
    [Fact]
    public void WhatIsNotGivenIsNamed()
    {
        var @case = GeneratedCase.Inline(Network("a: int[], policy: norm", "norm = policy\n y = (image * a[0]) -> bn: norm"));
        Assert.Empty(@case.Diagnostics);
        Assert.Equal("a", Assert.Throws<ArgumentNullException>(() => @case.Create("Net", ("a", null), ("policy", NormPolicy.Batch()))).ParamName);
        Assert.Equal("policy", Assert.Throws<ArgumentNullException>(() => @case.Create("Net", ("a", new[] { 1 }), ("policy", null))).ParamName);
    }
}
