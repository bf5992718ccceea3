using System.Collections.Generic;
using static KnDsl.Numbers;
using static TorchSharp.torch;

namespace KnDsl;

/// <summary>
/// PReLU: the rectified Gaussian above zero, the slope's share of the other one below; an element is never in both.
/// </summary>
/// <param name="slope">The slope below zero, one number or C, in any shape.</param>
public sealed class PReluRule(Tensor slope) : MomentRule
{
    internal override Moments Pass(Moments moments, IReadOnlyList<long> from, IReadOnlyList<long> to)
    {
        var slopes = slope.view(1, -1);
        var above = ReluRule.Rectify(moments);
        var below = ReluRule.Rectify(moments with { Mean = -moments.Mean });
        // The product of both is always 0: their covariance is minus that of their means. Nothing large is taken from something large.
        var variance = Sum(above.Variance, Square(slopes) * below.Variance, slopes * above.Mean * below.Mean * Held(2));
        return new(above.Mean - slopes * below.Mean, variance.clamp_min(Held(0)));
    }
}
