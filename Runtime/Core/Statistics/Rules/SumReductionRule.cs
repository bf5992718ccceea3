using System.Collections.Generic;
using static KnDsl.Numbers;

namespace KnDsl;

/// <summary>
/// Sum over dimensions: mean and variance are multiplied by the number of elements; over channels, those of the channels'
/// average.
/// </summary>
/// <param name="dims">Dimensions of the value after the batch; negative ones count from the end.</param>
/// <param name="keepdim">Whether the dimensions stay, with length 1.</param>
public sealed class SumReductionRule(long[] dims, bool keepdim = false) : MomentRule
{
    private readonly Reduction _reduction = new(dims, keepdim);

    internal override (MomentRule Rule, int Dim)? WithChannelsSecond(int dim, IReadOnlyList<long> from, IReadOnlyList<long> to)
    {
        var (moved, channels) = _reduction.WithChannelsSecond(dim, from);
        return (new SumReductionRule(moved, keepdim), channels);
    }

    internal override Moments Pass(Moments moments, IReadOnlyList<long> from, IReadOnlyList<long> to)
    {
        var count = _reduction.Count(moments.Channels, from);
        var one = _reduction.IsOverChannels(from) ? moments.Select(tensor => tensor.mean([1], keepdim: true)) : moments;
        return _reduction.Place(one.Select(tensor => tensor * Held(count)), from);
    }
}
