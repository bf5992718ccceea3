using System.Collections.Generic;
using static KnDsl.Numbers;
using static TorchSharp.torch;

namespace KnDsl;

/// <summary>Leaky ReLU: the element where it is positive, a slope times it elsewhere; in closed form.</summary>
/// <param name="slope">The slope.</param>
public sealed class LeakyReluRule(double slope) : ElementRule
{
    private protected override Tensor Apply(Tensor map) => map.leaky_relu(Held(slope));

    internal override Moments Pass(Moments moments, IReadOnlyList<long> from, IReadOnlyList<long> to) => PiecewiseLinear.Pass(
        moments,
        new(double.NegativeInfinity, 0, slope, Intercept: 0),
        new(0, double.PositiveInfinity, Slope: 1, Intercept: 0));
}
