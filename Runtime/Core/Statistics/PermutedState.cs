using System.Collections.Generic;
using System.Linq;
using TorchSharp;

namespace KnDsl;

/// <summary>
/// The state of a value whose channels a permutation moved to another dimension: the state before, and the order of its
/// dimensions. Functions of single elements, dropout, roll, slices, a linear layer over the channels and further permutations keep
/// the channels apart. Any other rule gets the moments of the dimension that took the channels' place: each of its positions has
/// the mixture of all channels.
/// </summary>
internal sealed class PermutedState : AnalyticState
{
    private readonly AnalyticState _before;
    private readonly long[] _order;

    private PermutedState(AnalyticState before, long[] order, IReadOnlyList<long> size)
        : base(size)
    {
        _before = before;
        _order = order;
    }

    public override long Channels => _order[1] == 1 ? _before.Channels : _before.Size[(int)_order[1] - 2];

    /// <summary>Whether the channels are the last dimension, over which a linear layer goes.</summary>
    public bool HasChannelsLast => _order[^1] == 1;

    /// <summary>The state before the permutation.</summary>
    public AnalyticState Before => _before;

    /// <summary>The dimension that one was before the permutation, 1 for the channels.</summary>
    public long DimensionBefore(int dim) => _order[dim];

    /// <summary>The state after a permutation.</summary>
    /// <param name="state">The state before.</param>
    /// <param name="dims">For every dimension of the result the dimension that it comes from, 0 first.</param>
    /// <param name="size">The spatial size after it.</param>
    public static AnalyticState Permute(AnalyticState state, long[] dims, IReadOnlyList<long> size)
    {
        var (before, order) = state is PermutedState permuted
            ? (permuted._before, [.. dims.Select(dim => permuted._order[dim])])
            : (state, dims);
        return order[1] == 1 ? new AnalyticState(before.ToMoments(), size) : new PermutedState(before, order, size);
    }

    /// <summary>The same permutation of another state.</summary>
    /// <param name="before">The state before the permutation.</param>
    /// <param name="size">The spatial size after it.</param>
    public PermutedState Around(AnalyticState before, IReadOnlyList<long> size) => new(before, _order, size);

    internal override Moments ToMoments() => _before.ToMoments().Mixed(_before.Channels).Repeated(Channels);

    internal override AnalyticState PassTo(MomentRule rule, IReadOnlyList<long> to) =>
        rule.BeforePermutation(_order) is { } before ? Around(_before.PassTo(before, _before.Size), to) : base.PassTo(rule, to);

    public override ChannelState MoveToOuter(DisposeScope scope)
    {
        _before.MoveToOuter(scope);
        return this;
    }
}
