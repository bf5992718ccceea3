using System.Collections.Generic;
using System.Linq;

namespace KnDsl;

/// <summary>Adaptive max pool, the global one for size 1: the moments of the maximum of each window's independent normals.</summary>
/// <param name="size">The output's spatial size.</param>
public sealed class AdaptiveMaxPoolRule(long[] size) : MomentRule
{
    internal override Moments Pass(Moments moments, IReadOnlyList<long> from, IReadOnlyList<long> to) =>
        Windows.Maximum(moments, Windows.Shares(from.Zip(size, Windows.AdaptiveLengths)));
}
