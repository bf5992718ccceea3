using System;
using System.Collections.Generic;
using System.Linq;

namespace KnDsl;

/// <summary>
/// Permutation of dimensions that leaves the batch first. What is known of the channels stays known wherever they go: see
/// <see cref="MovedState"/>.
/// </summary>
/// <param name="dims">For every dimension of the output the dimension that it comes from; negative ones count from the end.</param>
public sealed class PermuteRule(long[] dims) : MomentRule
{
    internal override Moments Pass(Moments moments, IReadOnlyList<long> from, IReadOnlyList<long> to)
    {
        var second = Order(from)[1];

        // Where a spatial dimension becomes the channels, each of its positions has the mixture of all channels there were.
        return second == 1 ? moments : moments.Mixed(moments.Channels).Repeated(from[second - 2]);
    }

    internal override AnalyticState Pass(AnalyticState state, IReadOnlyList<long> to)
    {
        var order = Order(state.Size);
        var (second, dim) = MovedState.Split(state);
        var shape = state.Shape;
        var size = order.Skip(1).Where(from => from != dim).Select(from => shape[from - 1]).ToArray();
        return MovedState.Of(
            size.SequenceEqual(second.Size) ? second : new AnalyticState(second.ToMoments(), size), Array.IndexOf(order, dim));
    }

    private int[] Order(IReadOnlyList<long> size)
    {
        var rank = size.Count + 2;
        var order = dims.Select(dim => (int)(dim < 0 ? dim + rank : dim)).ToArray();
        if (order.Length != rank || order[0] != 0 || !order.Order().SequenceEqual(Enumerable.Range(0, rank)))
        {
            throw new ArgumentException(
                $"A permutation of {rank} dimensions with the batch first was expected, not [{string.Join(", ", dims)}].");
        }

        return order;
    }
}
