using System.Collections.Generic;
using static KnDsl.Numbers;

namespace KnDsl;

/// <summary>An elementwise product of two independent values.</summary>
public sealed class ProductRule : JoinRule
{
    internal override JoinRule WithChannelsSecond(int dim, IReadOnlyList<long> to) => this;

    internal override Moments Join(
        IReadOnlyList<Moments> parts, IReadOnlyList<IReadOnlyList<long>> from, IReadOnlyList<long> to) =>
        Multiply(parts[0], parts[1]);

    /// <summary>The moments of a product.</summary>
    internal static Moments Multiply(Moments x, Moments y) => new(
        x.Mean * y.Mean,
        Sum(x.Variance * y.Variance, x.Variance * Square(y.Mean), y.Variance * Square(x.Mean)));
}
