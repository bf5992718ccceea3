using System;
using static TorchSharp.torch;

namespace KnDsl;

/// <summary>
/// Functions with a jump, threshold and hardshrink: moments of a Gaussian cut off at a number, in closed form. (Quadrature
/// has no nodes at the jump.)
/// </summary>
internal static class TruncatedMoments
{
    /// <summary>The value where it is above a threshold, else a number.</summary>
    public static Moments OfThreshold(Moments x, double threshold, double value)
    {
        var above = Above(x, threshold);
        var below = 1 - above.Share;
        var mean = above.First + value * below;
        return Of(mean, above.Second + value * value * below);
    }

    /// <summary>The value where its size is above a number, else 0.</summary>
    public static Moments OfHardshrink(Moments x, double lambda)
    {
        var above = Above(x, lambda);
        var below = Above(x with { Mean = -x.Mean }, lambda);
        return Of(above.First - below.First, above.Second + below.Second);
    }

    private static Moments Of(Tensor mean, Tensor second) => new(mean, (second - mean.square()).clamp_min(0));

    /// <summary>Of the part of a Gaussian above a number its share, and its shares of the first two moments.</summary>
    private static (Tensor Share, Tensor First, Tensor Second) Above(Moments x, double number)
    {
        var deviation = x.Variance.clamp_min(1e-24).sqrt();
        var z = (x.Mean - number) / deviation;
        var share = 0.5 * (z * -Math.Sqrt(0.5)).erfc();
        var density = deviation * (z.square() * -0.5).exp() / Math.Sqrt(2 * Math.PI);
        return (
            share, x.Mean * share + density,
            (x.Mean.square() + x.Variance) * share + density * (x.Mean + number));
    }
}
