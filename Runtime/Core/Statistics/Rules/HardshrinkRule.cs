using System.Collections.Generic;
using static TorchSharp.torch;

namespace KnDsl;

/// <summary>Hard shrink: the element where its magnitude is above a number, 0 elsewhere; in closed form.</summary>
/// <param name="lambda">The number, at least 0.</param>
public sealed class HardshrinkRule(double lambda) : ElementRule
{
    private protected override Tensor Apply(Tensor map) => nn.functional.hardshrink(map, lambda);

    internal override Moments Pass(Moments moments, IReadOnlyList<long> from, IReadOnlyList<long> to) => PiecewiseLinear.Pass(
        moments,
        new(double.NegativeInfinity, -lambda, Slope: 1, Intercept: 0),
        new(-lambda, lambda, Slope: 0, Intercept: 0),
        new(lambda, double.PositiveInfinity, Slope: 1, Intercept: 0));
}
