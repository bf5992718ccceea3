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
        var mean = above.Mean - slopes * below.Mean;
        var second = Sum(above.Variance, Square(above.Mean), Square(slopes) * Sum(below.Variance, Square(below.Mean)));
        return new(mean, (second - Square(mean)).clamp_min(Held(0)));
    }
}
