using System;
using System.Collections.Generic;
using System.Linq;

namespace KnDsl;

/// <summary>
/// Permutation of dimensions that leaves the batch first. What is known of the channels stays known wherever they go, as long
/// as functions of single elements and linear layers over them follow; in another place than the second dimension nothing
/// else tells them apart.
/// </summary>
/// <param name="dims">For every dimension of the output the dimension that it comes from; negative ones count from the end.</param>
public sealed class PermuteRule(long[] dims) : MomentRule
{
    internal override Moments Pass(Moments moments, IReadOnlyList<long> from, IReadOnlyList<long> to)
    {
        var second = Order(from)[1];

        // Where a spatial dimension becomes the channels, each of its positions has the mixture of all channels there were.
        return second == 1 ? moments : moments.Mixed(moments.Channels).Repeated(from[(int)second - 2]);
    }

    internal override AnalyticState Pass(AnalyticState state, IReadOnlyList<long> to) =>
        PermutedState.Permute(state, Order(state.Size), to);

    private long[] Order(IReadOnlyList<long> size)
    {
        var rank = size.Count + 2;
        var order = dims.Select(dim => dim < 0 ? dim + rank : dim).ToArray();
        if (order.Length != rank || order[0] != 0 || !order.Order().SequenceEqual(Enumerable.Range(0, rank).Select(dim => (long)dim)))
        {
            throw new ArgumentException(
                $"A permutation of {rank} dimensions with the batch first was expected, not [{string.Join(", ", dims)}].");
        }

        return order;
    }
}
