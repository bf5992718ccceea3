using System.Collections.Generic;

namespace KnDsl;

/// <summary>Pixel unshuffle: positions become channels with the moments of the channel that they come from.</summary>
/// <param name="factor">The factor by which height and width shrink.</param>
public sealed class PixelUnshuffleRule(long factor) : MomentRule
{
    internal override Moments Pass(Moments moments, IReadOnlyList<long> from, IReadOnlyList<long> to) =>
        moments.Repeated(factor * factor);
}
