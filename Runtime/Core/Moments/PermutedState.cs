using System;
using System.Collections.Generic;
using System.Linq;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace KnDsl;

/// <summary>
/// The state of a value whose channels a permutation moved to another dimension: the state before, and the order of its
/// dimensions. Functions of single elements, dropout, a linear layer over the channels and further permutations keep the channels
/// apart; whatever else asks for the moments gets them for the dimension that took the channels' place, each of whose positions has
/// the mixture of all channels.
/// </summary>
internal sealed class PermutedState : AnalyticState
{
    private readonly AnalyticState _before;
    private readonly long[] _order;

    private PermutedState(AnalyticState before, long[] order)
        : base(SizeOf(before, order))
    {
        _before = before;
        _order = order;
    }

    public override long Channels => Shape(_before)[_order[1] - 1];

    /// <param name="state">The state before.</param>
    /// <param name="dims">For every dimension of the result the dimension that it comes from, 0 first.</param>
    public static ChannelState Of(AnalyticState state, long[] dims)
    {
        var (before, order) = state is PermutedState permuted
            ? (permuted._before, [.. dims.Select(dim => permuted._order[dim])])
            : (state, dims);
        return order[1] == 1 ? new AnalyticState(before.Moments(), SizeOf(before, order)) : new PermutedState(before, order);
    }

    internal override Moments Moments() => FlattenMoments.Of(MixtureMoments.Of(_before.Moments(), _before.Channels), Channels);

    public override ChannelState Relu() => With(_before.Relu());

    public override ChannelState Apply(Func<Tensor, Tensor> elementwise) => With(_before.Apply(elementwise));

    public override ChannelState Threshold(double threshold, double value) => With(_before.Threshold(threshold, value));

    public override ChannelState Clamp(double low, double high) => With(_before.Clamp(low, high));

    public override ChannelState Softshrink(double lambda) => With(_before.Softshrink(lambda));

    public override ChannelState Hardshrink(double lambda) => With(_before.Hardshrink(lambda));

    public override ChannelState Dropout(double p) => With(_before.Dropout(p));

    public override ChannelState Through(Linear linear) => _order[^1] == 1
        ? With(new AnalyticState(LinearMoments.Of(_before.Moments(), linear.weight, linear.bias), _before.Size))
        : base.Through(linear);

    public override ChannelState MoveToOuter(DisposeScope scope)
    {
        _before.MoveToOuter(scope);
        return this;
    }

    private PermutedState With(ChannelState before) => new((AnalyticState)before, _order);

    private static long[] Shape(AnalyticState state) => [state.Channels, .. state.Size];

    private static IReadOnlyList<long> SizeOf(AnalyticState before, long[] order) =>
        [.. order[2..].Select(dim => Shape(before)[dim - 1])];
}
