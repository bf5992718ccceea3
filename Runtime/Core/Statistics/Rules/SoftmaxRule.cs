using System.Collections.Generic;

namespace KnDsl;

/// <summary>Softmax over a dimension, by integrals of one dimension.</summary>
/// <param name="dim">The dimension, at least 1, or negative from the end; 1 is the channels.</param>
public sealed class SoftmaxRule(long dim) : MomentRule
{
    internal override (MomentRule Rule, int Dim)? WithChannelsSecond(int channels, IReadOnlyList<long> from, IReadOnlyList<long> to) =>
        (new SoftmaxRule(Dimensions.WithChannelsSecond(dim, channels, from)), channels);

    internal override Moments Pass(Moments moments, IReadOnlyList<long> from, IReadOnlyList<long> to) =>
        SoftmaxIntegrals.Pass(moments, dim, from, log: false);
}
