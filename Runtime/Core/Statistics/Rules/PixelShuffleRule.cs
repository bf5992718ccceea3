using System.Collections.Generic;

namespace KnDsl;

/// <summary>Pixel shuffle: channels become positions, and one channel has the mixture of those that it takes.</summary>
/// <param name="factor">The factor by which height and width grow.</param>
public sealed class PixelShuffleRule(long factor) : MomentRule
{
    internal override Moments Pass(Moments moments, IReadOnlyList<long> from, IReadOnlyList<long> to) =>
        moments.Mixed(factor * factor);
}
