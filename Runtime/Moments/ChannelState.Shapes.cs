using System;
using System.Linq;
using static TorchSharp.torch;

namespace KnDsl;

// Operations that move, join or weigh elements: the same closed forms serve every kind of state.
public abstract partial class ChannelState
{
    /// <summary>The state behind a resize of the spatial dimensions.</summary>
    /// <param name="size">The output's spatial size.</param>
    /// <param name="mode">How values between positions are made.</param>
    /// <param name="alignCorners">Whether corners stay corners, for the linear and cubic modes.</param>
    public ChannelState Interpolate(long[] size, InterpolationMode mode = InterpolationMode.Nearest, bool alignCorners = false) =>
        Join(AverageMoments.Of(Moments(), InterpolationMoments.Share(Size, size, mode, alignCorners)), size);

    /// <summary>The state behind a pixel shuffle: channels become positions.</summary>
    /// <param name="factor">The factor by which height and width grow.</param>
    public ChannelState PixelShuffle(long factor) =>
        Join(MixtureMoments.Of(Moments(), factor * factor), [Size[0] * factor, Size[1] * factor]);

    /// <summary>The state behind a pixel unshuffle: positions become channels.</summary>
    /// <param name="factor">The factor by which height and width shrink.</param>
    public ChannelState PixelUnshuffle(long factor) =>
        Join(FlattenMoments.Of(Moments(), factor * factor), [Size[0] / factor, Size[1] / factor]);

    /// <summary>The state behind a channel shuffle (ShuffleNet): channels of the groups in turns.</summary>
    /// <param name="groups">Groups, which must divide the channels.</param>
    public ChannelState ChannelShuffle(long groups) => Join(
        Moments().Select(tensor => tensor.view(tensor.size(0), groups, -1).transpose(1, 2).flatten(1)), Size);

    /// <summary>The state of a slice, <c>value.narrow</c> with a step; a split is several of them.</summary>
    /// <param name="dim">Dimension of the value, at least 1; 1 takes channels.</param>
    /// <param name="start">First index.</param>
    /// <param name="end">Index behind the last.</param>
    /// <param name="step">Distance of indices.</param>
    public ChannelState Slice(long dim, long start, long end, long step = 1)
    {
        var dimension = Dimension(dim);
        if (dimension == 1) return Join(Moments().Select(tensor => tensor.slice(1, start, end, step)), Size);

        var size = Size.ToArray();
        size[dimension - 2] = (end - start + step - 1) / step;
        return Join(Moments(), size);
    }

    /// <summary>The state of a mean over dimensions.</summary>
    /// <param name="dims">Dimensions of the value, none of them the batch.</param>
    /// <param name="keepdim">Whether the dimensions stay, with length 1.</param>
    public ChannelState Mean(long[] dims, bool keepdim = false) => Reduce(dims, keepdim, (moments, count) =>
        AverageMoments.Of(moments, 1.0 / count));

    /// <summary>The state of a sum over dimensions.</summary>
    /// <param name="dims">Dimensions of the value, none of them the batch.</param>
    /// <param name="keepdim">Whether the dimensions stay, with length 1.</param>
    public ChannelState Sum(long[] dims, bool keepdim = false) => Reduce(dims, keepdim, (moments, count) =>
        moments.Select(tensor => tensor * count));

    /// <summary>The state of a maximum over dimensions; over the channels, of as many that are mixed.</summary>
    /// <param name="dims">Dimensions of the value, none of them the batch.</param>
    /// <param name="keepdim">Whether the dimensions stay, with length 1.</param>
    public ChannelState Max(long[] dims, bool keepdim = false) => Reduce(dims, keepdim, MaxMoments.Of, moments => MixtureMoments.Of(moments, Channels));

    /// <summary>The state behind a reshape that keeps the batch.</summary>
    /// <param name="shape">The new shape without the batch: channels, then the spatial size.</param>
    /// <exception cref="ArgumentException">New channels would mix parts of old ones.</exception>
    public ChannelState Reshape(params long[] shape)
    {
        long old = Channels, positions = Windows.Count(Size), elements = old * positions;
        var known = Windows.Count(shape.Where(length => length >= 0));
        var channels = shape[0] >= 0 ? shape[0] : elements / known;
        var size = shape[1..].Select(length => length >= 0 ? length : elements / known).ToArray();
        var perChannel = elements / channels;
        if (channels * Windows.Count(size) != elements || (perChannel % positions != 0 && positions % perChannel != 0))
            throw new ArgumentException(
                $"No moment rule for [N, {string.Join(", ", Size.Prepend(old))}] reshaped to " +
                $"[N, {string.Join(", ", shape)}].", nameof(shape));

        return perChannel % positions == 0
            ? Join(MixtureMoments.Of(Moments(), perChannel / positions), size)
            : Join(FlattenMoments.Of(Moments(), positions / perChannel), size);
    }

    /// <summary>The state behind a permutation of dimensions that leaves the batch first.</summary>
    /// <param name="dims">For every dimension of the result the dimension that it comes from.</param>
    public ChannelState Permute(params long[] dims)
    {
        if (dims.Length != Size.Count + 2 || dims[0] != 0)
            throw new ArgumentException(
                $"A permutation of {Size.Count + 2} dimensions with the batch first was expected, not " +
                $"[{string.Join(", ", dims)}].", nameof(dims));

        long[] shape = [Channels, .. Size];
        var size = dims[2..].Select(dim => shape[dim - 1]).ToArray();
        if (dims[1] == 1) return Join(Moments(), size);

        // A spatial dimension becomes the channels: each of them holds all channels there were.
        var mixed = MixtureMoments.Of(Moments(), Channels);
        return Join(FlattenMoments.Of(mixed, shape[dims[1] - 1]), size);
    }

    /// <summary>The state behind a squeeze of spatial dimensions of length 1.</summary>
    /// <param name="dim">Dimension of the value, at least 2; null for all of length 1.</param>
    public ChannelState Squeeze(long? dim = null)
    {
        var dimension = dim is { } some ? Dimension(some) : -1;
        return Join(Moments(), [.. Size.Where((length, i) => length != 1 || (dim is not null && i + 2 != dimension))]);
    }

    /// <summary>The state behind a layer scale: every channel times a number.</summary>
    /// <param name="scale">C numbers in any shape.</param>
    public ChannelState LayerScale(Tensor scale)
    {
        var row = scale.view(1, -1);
        return Join(new(Moments().Mean * row, Moments().Variance * row.square()), Size);
    }

    /// <summary>The state behind stochastic depth in training: the value or zero, scaled to keep its mean.</summary>
    /// <param name="p">Probability of zero, in [0, 1).</param>
    public ChannelState StochasticDepth(double p) => Dropout(p);

    /// <summary>The state behind a PReLU.</summary>
    /// <param name="slope">The slope below zero, one or C numbers.</param>
    public ChannelState PRelu(Tensor slope) => Join(PReluMoments.Of(Moments(), slope.view(1, -1)), Size);

    // Over the channels, a mean and a sum want the mean of each moment; a maximum wants what all of them mixed have.
    private ChannelState Reduce(long[] dims, bool keepdim, Func<Moments, long, Moments> combine, Func<Moments, Moments>? mixed = null)
    {
        var dimensions = dims.Select(dim => Dimension(dim)).ToHashSet();
        var reduced = Moments();
        if (dimensions.Contains(1))
        {
            if (!keepdim)
                throw new ArgumentException(
                    "A sum, mean or maximum over the channels has moments only where it keeps the dimension.", nameof(keepdim));
            reduced = combine(mixed?.Invoke(reduced) ?? reduced.Select(tensor => tensor.mean([1], keepdim: true)), Channels);
        }

        var positions = Windows.Count(Size.Where((_, i) => dimensions.Contains(i + 2)));
        if (positions > 1 || dimensions.Any(dimension => dimension > 1)) reduced = combine(reduced, positions);
        var size = Size.Select((length, i) => dimensions.Contains(i + 2) ? 1 : length);
        return Join(reduced, [.. keepdim ? size : size.Where((_, i) => !dimensions.Contains(i + 2))]);
    }

    private int Dimension(long dim)
    {
        var rank = Size.Count + 2;
        var dimension = dim < 0 ? dim + rank : dim;
        if (dimension < 1 || dimension >= rank)
            throw Setting.OutOfRange(nameof(dim), dim, $"must be a dimension behind the batch of a value of rank {rank}");
        return (int)dimension;
    }
}
