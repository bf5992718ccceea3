using System.Collections.Generic;
using static KnDsl.Numbers;
using static TorchSharp.torch;

namespace KnDsl;

/// <summary>Threshold: the element where it is above a number, another number elsewhere; in closed form.</summary>
/// <param name="threshold">The number that an element must exceed.</param>
/// <param name="value">The output elsewhere.</param>
public sealed class ThresholdRule(double threshold, double value) : ElementRule
{
    private protected override Tensor Apply(Tensor map) => map.threshold(Held(threshold), Held(value));

    internal override Moments Pass(Moments moments, IReadOnlyList<long> from, IReadOnlyList<long> to) => PiecewiseLinear.Pass(
        moments,
        new(double.NegativeInfinity, threshold, Slope: 0, value),
        new(threshold, double.PositiveInfinity, Slope: 1, Intercept: 0));
}
