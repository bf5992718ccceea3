using static TorchSharp.torch;

namespace KnDsl;

/// <summary>PReLU: the rectified Gaussian above zero, the slope's share of the other one below; never both at once.</summary>
internal static class PReluMoments
{
    public static Moments Of(Moments x, Tensor slope)
    {
        var above = ReluMoments.Of(x);
        var below = ReluMoments.Of(x with { Mean = -x.Mean });
        var mean = above.Mean - slope * below.Mean;
        var second = above.Variance + above.Mean.square() + slope.square() * (below.Variance + below.Mean.square());
        return new(mean, (second - mean.square()).clamp_min(0));
    }
}
