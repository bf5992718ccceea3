using System;
using System.Linq;
using KnDsl.Generator.Writing;
using KnDsl.Language.Checking;
using KnDsl.Language.Text;
using Xunit;

namespace KnDsl.Generator.Tests;

/// <summary>
/// What a part of a network costs does not depend on how many there are. Memory is measured, which is the same in every run; what is
/// searched in place of looked up shows in the benchmark.
/// </summary>
public sealed class GrowthTests
{
    private const string Norms = "    y{0} = x -> c{0}: conv(8, 3) -> n{0}: norm -> relu\n";

    [Theory]
    [InlineData("layers", "    y = x -> c{0}: conv(8, 3) -> n{0}: norm -> relu\n    x = x + y\n")]
    [InlineData("values that live to the end", Norms)]
    [InlineData("ifs", Norms + "    if deep {{ x = y{0} -> d{0}: conv(8, 3) }}\n")]
    [InlineData("named priors", "    x = x -> p{0}: norm -> relu -> c{0}: conv(8, 3) -> n{0}: norm(from: p{0})\n")]
    [InlineData("shared modules", "    module m{0} = conv(8, 3)\n    x = x -> m{0} -> m{0}\n")]
    [InlineData("checks", "    x = x -> d{0}: conv(n + {0}, 1) -> e{0}: conv(8, 1)\n")]
    public void Memory_grows_with_the_network_and_no_faster(string what, string part)
    {
        Measure(part, 20);
        var (some, many) = (Measure(part, 100), Measure(part, 500));
        Assert.True(many < 1.25 * some, $"{what}: {some:F0} bytes each of 100, {many:F0} of 500");
    }

    /// <summary>The bytes that reading, checking and writing so many parts takes, for one of them.</summary>
    private static double Measure(string part, int count)
    {
        var body = string.Concat(Enumerable.Range(1, count).Select(i => string.Format(null, part, i)));
        var live = part.StartsWith("    y{0}", StringComparison.Ordinal)
            ? "    x = x + " + string.Join(" + ", Enumerable.Range(1, count).Select(i => $"y{i}")) + "\n"
            : "";
        var source = new SourceText("growth.knnet", $$"""
            network Growth(n: int = 8, deep: bool = true)
            {
                input  image[N, 8, h, w]
                x = image -> stem: conv(8, 3) -> first: norm
            {{body}}{{live}}    output x[N, 8, h, w]
            }
            """);
        var before = GC.GetAllocatedBytesForCurrentThread();
        var file = CheckedFile.Check(source);
        var code = FileWriter.Emit(file, "Project", []);
        var bytes = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.DoesNotContain(file.Diagnostics, finding => finding.Severity == Language.Diagnostics.Severity.Error);
        Assert.NotNull(code);
        return (double)bytes / count;
    }
}
