using System.Collections.Generic;
using static KnDsl.Numbers;

namespace KnDsl;

/// <summary>
/// Dropout in training, of single elements, whole channels or whole samples (stochastic depth): zero with probability p, else
/// the value divided by 1 - p.
/// </summary>
public sealed class DropoutRule : MomentRule
{
    private readonly double _p;

    /// <summary>The rule for a probability.</summary>
    /// <param name="p">The probability of zero, in [0, 1).</param>
    /// <exception cref="System.ArgumentOutOfRangeException">p is outside of [0, 1).</exception>
    public DropoutRule(double p)
    {
        _p = p is >= 0 and < 1 ? p : throw Setting.OutOfRange(nameof(p), p, "must be at least 0 and less than 1");
    }

    internal override (MomentRule Rule, int Dim)? WithChannelsSecond(int dim, IReadOnlyList<long> from, IReadOnlyList<long> to) =>
        (this, dim);

    internal override Moments Pass(Moments moments, IReadOnlyList<long> from, IReadOnlyList<long> to) => _p == 0
        ? moments
        : moments with { Variance = Sum(moments.Variance, Held(_p) * Square(moments.Mean)) / Held(1 - _p) };
}
