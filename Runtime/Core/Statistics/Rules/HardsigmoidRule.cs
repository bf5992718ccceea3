using System.Collections.Generic;
using static TorchSharp.torch;

namespace KnDsl;

/// <summary>Hard sigmoid: x / 6 + 1 / 2, limited to 0 and 1; in closed form.</summary>
public sealed class HardsigmoidRule : ElementRule
{
    private protected override Tensor Apply(Tensor map) => nn.functional.hardsigmoid(map);

    internal override Moments Pass(Moments moments, IReadOnlyList<long> from, IReadOnlyList<long> to) => PiecewiseLinear.Pass(
        moments,
        new(double.NegativeInfinity, -3, Slope: 0, Intercept: 0),
        new(-3, 3, Slope: 1.0 / 6, Intercept: 0.5),
        new(3, double.PositiveInfinity, Slope: 0, Intercept: 1));
}
