using System.Collections.Generic;
using static KnDsl.Numbers;
using static TorchSharp.torch;

namespace KnDsl;

/// <summary>A number that multiplies every channel: a layer scale, or a learned tensor.</summary>
/// <param name="scale">C numbers in any shape, or one.</param>
public sealed class ScaleRule(Tensor scale) : MomentRule
{
    internal override (MomentRule Rule, int Dim)? WithChannelsSecond(int dim, IReadOnlyList<long> from, IReadOnlyList<long> to) =>
        scale.numel() == 1 ? (this, dim) : null;

    internal override Moments Pass(Moments moments, IReadOnlyList<long> from, IReadOnlyList<long> to)
    {
        var row = scale.view(1, -1);
        return new(moments.Mean * row, moments.Variance * Square(row));
    }
}
