using System;
using System.Collections.Generic;
using System.Linq;
using static KnDsl.Numbers;
using static TorchSharp.torch;

namespace KnDsl;

/// <summary>
/// Reshape that keeps the batch: a new channel is a run of elements, and has the mixture of the channels that they come from.
/// Where channels are divided or joined evenly each is repeated or mixed with its neighbours; elsewhere every new channel
/// takes its share of every old one.
/// </summary>
public sealed class ReshapeRule : MomentRule
{
    internal override (MomentRule Rule, int Dim)? WithChannelsSecond(int dim, IReadOnlyList<long> from, IReadOnlyList<long> to) =>
        Place(from, dim, to) is { } place ? (this, place) : null;

    internal override Moments Pass(Moments moments, IReadOnlyList<long> from, IReadOnlyList<long> to)
    {
        var (positions, newPositions) = (Windows.Count(from), Windows.Count(to));
        if (newPositions % positions == 0)
            return moments.Mixed(newPositions / positions);
        if (positions % newPositions == 0)
            return moments.Repeated(positions / newPositions);

        var shares = Shares(moments.Channels, positions, newPositions, moments.Mean.device).to(moments.Mean.dtype);
        var mean = moments.Mean.matmul(shares);

        // Of the deviations from the new mean: [R, old, new].
        var between = Square(moments.Mean.unsqueeze(2) - mean.unsqueeze(1)) * shares;
        return new(mean, Sum(moments.Variance.matmul(shares), between.sum([1])));
    }

    internal override AnalyticState Pass(AnalyticState state, IReadOnlyList<long> to)
    {
        // Dimensions of length 1 before the channels leave them apart.
        var shape = state.Shape;
        long[] newShape = [Windows.Count(shape) / Windows.Count(to), .. to];
        return state is not MovedState && Place(shape, 1, newShape) is { } dim and > 1
            ? MovedState.Of(new AnalyticState(state.ToMoments(), Dimensions.Move(newShape, dim, 1)[1..]), dim)
            : base.Pass(state, to);
    }

    /// <summary>The dimension that has the elements of another one before the reshape, and no others; null where there is none.</summary>
    private static int? Place(IReadOnlyList<long> from, int dim, IReadOnlyList<long> to)
    {
        var before = Windows.Count(from.Take(dim - 1));
        var place = Enumerable.Range(1, to.Count).FirstOrDefault(
            place => to[place - 1] == from[dim - 1] && Windows.Count(to.Take(place - 1)) == before);
        return place == 0 ? null : place;
    }

    /// <summary>The share of each old channel in each new one, [old, new].</summary>
    private static Tensor Shares(long channels, long positions, long newPositions, Device device)
    {
        var newChannels = channels * positions / newPositions;
        var shares = new double[channels * newChannels];
        for (long to = 0; to < newChannels; to++)
        {
            var (start, end) = (to * newPositions, (to + 1) * newPositions);
            for (var from = start / positions; from < channels && from * positions < end; from++)
            {
                var overlap = Math.Min((from + 1) * positions, end) - Math.Max(from * positions, start);
                shares[(from * newChannels) + to] = (double)overlap / newPositions;
            }
        }

        return DeviceConstants.Of(shares, device).view(channels, newChannels);
    }
}
