using System.Collections.Generic;
using static KnDsl.Numbers;
using static TorchSharp.torch;

namespace KnDsl;

/// <summary>A number that is added to every channel, such as a learned tensor.</summary>
/// <param name="shift">C numbers in any shape, or one.</param>
public sealed class ShiftRule(Tensor shift) : MomentRule
{
    internal override (MomentRule Rule, int Dim)? WithChannelsSecond(int dim, IReadOnlyList<long> from, IReadOnlyList<long> to) =>
        shift.numel() == 1 ? (this, dim) : null;

    internal override Moments Pass(Moments moments, IReadOnlyList<long> from, IReadOnlyList<long> to)
    {
        var mean = Sum(moments.Mean, shift.view(1, -1));
        return new(mean, moments.Variance.expand_as(mean));
    }
}
