using System.Collections.Generic;
using System.Linq;
using TorchSharp;

namespace KnDsl;

/// <summary>
/// The state of a value whose channels are in another dimension than the second: the state of the value with its channels moved
/// back there. Rules that know where the channels are (<see cref="MomentRule.WithChannelsSecond"/>) keep them apart. Any other rule gets
/// the moments of the dimension that took the channels' place: each of its positions has the mixture of all channels.
/// </summary>
internal sealed class MovedState : AnalyticState
{
    private readonly AnalyticState _second;
    private readonly int _dim;

    private MovedState(AnalyticState second, int dim)
        : base(Dimensions.Move(second.Shape, 1, dim)[1..])
    {
        _second = second;
        _dim = dim;
    }

    public override long Channels => _second.Size[0];

    /// <summary>The dimension of a state's channels, and the state of the value that has them in the second one.</summary>
    public static (AnalyticState Second, int Dim) Split(AnalyticState state) =>
        state is MovedState moved ? (moved._second, moved._dim) : (state, 1);

    /// <summary>The state of a value with its channels in a dimension.</summary>
    /// <param name="second">The state of the value with its channels moved to the second dimension.</param>
    /// <param name="dim">The dimension of the channels, at least 1.</param>
    public static AnalyticState Of(AnalyticState second, int dim) => dim == 1 ? second : new MovedState(second, dim);

    /// <summary>The state of a value that an operation computed from several values with their channels in the same dimension.</summary>
    /// <returns>Null where there is none: the channels are in the second dimension, or in others, or the rule mixes them.</returns>
    public static MovedState? Join(JoinRule rule, IReadOnlyList<ChannelState> states, long[] shape)
    {
        if (states[0] is not MovedState { _dim: var dim, Size.Count: var rank }
            || !states.All(state => state is MovedState moved && moved._dim == dim && moved.Size.Count == rank)
            || rule.WithChannelsSecond(dim, shape) is not { } before)
        {
            return null;
        }

        var joined = ChannelState.JoinTo(
            before, Dimensions.Move(shape, dim, 1), [.. states.Select(state => ((MovedState)state)._second)]);
        return new((AnalyticState)joined, dim);
    }

    internal override Moments ToMoments() => _second.ToMoments().Mixed(_second.Channels).Repeated(Channels);

    internal override AnalyticState PassTo(MomentRule rule, long[] shape) =>
        rule.WithChannelsSecond(_dim, Shape, shape) is { } moved
            ? Of(_second.PassTo(moved.Rule, Dimensions.Move(shape, moved.Dim, 1)), moved.Dim)
            : base.PassTo(rule, shape);

    public override ChannelState MoveToOuter(DisposeScope scope)
    {
        _second.MoveToOuter(scope);
        return this;
    }
}
