using System.Collections.Generic;
using static TorchSharp.torch;

namespace KnDsl;

/// <summary>
/// Soft shrink: the element moved towards zero by a number, 0 where its magnitude is smaller than that; in closed form.
/// </summary>
/// <param name="lambda">The number, at least 0.</param>
public sealed class SoftshrinkRule(double lambda) : ElementRule
{
    private protected override Tensor Apply(Tensor map) => nn.functional.softshrink(map, lambda);

    internal override Moments Pass(Moments moments, IReadOnlyList<long> from, IReadOnlyList<long> to) => PiecewiseLinear.Pass(
        moments,
        new(double.NegativeInfinity, -lambda, Slope: 1, lambda),
        new(-lambda, lambda, Slope: 0, Intercept: 0),
        new(lambda, double.PositiveInfinity, Slope: 1, -lambda));
}
