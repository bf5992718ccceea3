using System.Collections.Generic;
using System.Linq;
using Xunit;
using static TorchSharp.torch;

namespace KnDsl.Vision.Tests;

/// <summary>A test that compares with torchvision's figures.</summary>
public abstract class ReferenceTest : TorchTest
{
    /// <summary>Values of 32 bits that were computed in another order differ by no more.</summary>
    protected const double Tolerance = 1e-5;

    /// <summary>The same shape and type, and values that are equal but for rounding; what is not finite is equal.</summary>
    protected static void Same(Tensor expected, Tensor actual, string what, double tolerance = Tolerance)
    {
        Assert.Equal((what, expected.dtype), (what, actual.dtype));
        Assert.Equal(expected.shape, actual.shape);
        if (expected.numel() == 0)
            return;
        var (left, right) = (expected.to(ScalarType.Float64), actual.to(ScalarType.Float64));
        var scale = left.masked_fill(left.isfinite().logical_not(), 0).abs().max().clamp_min(1).item<double>();
        Assert.True(
            right.allclose(left, rtol: 0, atol: tolerance * scale, equal_nan: true),
            $"{what}: expected {Show(left)}, found {Show(right)}");
    }

    /// <summary>The same whole numbers.</summary>
    protected static void Equal(Tensor expected, Tensor actual, string what) => Same(expected, actual, what, 0);

    private static string Show(Tensor values)
    {
        var all = values.flatten().data<double>().ToArray();
        return string.Join(", ", all.Take(40)) + (all.Length > 40 ? ", ..." : "");
    }

    private protected static IReadOnlyList<double[]> Rows(IReadOnlyList<IReadOnlyList<double>> lists) =>
        [.. lists.Select(list => list.ToArray())];
}
