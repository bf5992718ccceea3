using System.Collections.Generic;

namespace KnDsl;

/// <summary>
/// Maximum over dimensions: the moments of the maximum of as many independent normals; over channels, of as many draws from
/// all of them mixed.
/// </summary>
/// <param name="dims">Dimensions of the value after the batch; negative ones count from the end.</param>
/// <param name="keepdim">Whether the dimensions stay, with length 1.</param>
public sealed class MaxReductionRule(long[] dims, bool keepdim = false) : MomentRule
{
    private readonly Reduction _reduction = new(dims, keepdim);

    internal override (MomentRule Rule, int Dim)? WithChannelsSecond(int dim, IReadOnlyList<long> from, IReadOnlyList<long> to)
    {
        var (moved, channels) = _reduction.WithChannelsSecond(dim, from);
        return (new MaxReductionRule(moved, keepdim), channels);
    }

    internal override Moments Pass(Moments moments, IReadOnlyList<long> from, IReadOnlyList<long> to)
    {
        var count = _reduction.Count(moments.Channels, from);
        var one = _reduction.IsOverChannels(from) ? moments.Mixed(moments.Channels) : moments;
        return _reduction.Place(
            count == 1 ? one : Windows.Maximum(one, new Dictionary<long, double> { [count] = 1 }), from);
    }
}
