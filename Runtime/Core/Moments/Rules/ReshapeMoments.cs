using System;
using static TorchSharp.torch;

namespace KnDsl;

/// <summary>
/// Reshape: a new channel is a run of elements, and has the mixture of the channels that they come from. Where channels are
/// divided or joined evenly each is repeated or mixed with its neighbours; elsewhere every new channel takes its share of
/// every old one.
/// </summary>
internal static class ReshapeMoments
{
    /// <param name="x">The moments before.</param>
    /// <param name="positions">Positions of each channel before.</param>
    /// <param name="newPositions">Positions of each channel behind.</param>
    public static Moments Of(Moments x, long positions, long newPositions)
    {
        if (newPositions % positions == 0) return MixtureMoments.Of(x, newPositions / positions);
        if (positions % newPositions == 0) return FlattenMoments.Of(x, positions / newPositions);

        var shares = Shares(x.Channels, positions, newPositions).to(x.Mean.dtype).to(x.Mean.device);
        var mean = x.Mean.matmul(shares);

        // Of the deviations from the new mean: [G, old, new].
        var between = (x.Mean.unsqueeze(2) - mean.unsqueeze(1)).square() * shares;
        return new(mean, x.Variance.matmul(shares) + between.sum([1]));
    }

    /// <summary>The share of each old channel in each new one, [old, new].</summary>
    private static Tensor Shares(long channels, long positions, long newPositions)
    {
        var newChannels = channels * positions / newPositions;
        var shares = new double[channels, newChannels];
        for (long to = 0; to < newChannels; to++)
            for (var from = to * newPositions / positions; from < channels && from * positions < (to + 1) * newPositions; from++)
            {
                var overlap = Math.Min((from + 1) * positions, (to + 1) * newPositions) - Math.Max(from * positions, to * newPositions);
                shares[from, to] = (double)overlap / newPositions;
            }

        return tensor(shares, device: CPU);
    }
}
