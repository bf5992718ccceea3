using System.Collections.Generic;
using static KnDsl.Numbers;
using static TorchSharp.torch;

namespace KnDsl;

/// <summary>An element that is limited to a range (hardtanh, ReLU6), in closed form.</summary>
/// <param name="low">The least output; minus infinity is no bound.</param>
/// <param name="high">The greatest output, at least as much; infinity is no bound.</param>
public sealed class ClampRule(double low, double high) : ElementRule
{
    private protected override Tensor Apply(Tensor map) => map.clamp(Held(low), Held(high));

    internal override Moments Pass(Moments moments, IReadOnlyList<long> from, IReadOnlyList<long> to) => PiecewiseLinear.Pass(
        moments,
        new(double.NegativeInfinity, low, Slope: 0, low),
        new(low, high, Slope: 1, Intercept: 0),
        new(high, double.PositiveInfinity, Slope: 0, high));
}
