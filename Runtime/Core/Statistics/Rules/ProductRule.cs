using System.Collections.Generic;

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
        x.Variance * y.Variance + x.Variance * y.Mean.square() + y.Variance * x.Mean.square());
}
