using System;
using System.Collections.Generic;
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
        Moments().Select(tensor => tensor.reshape(tensor.size(0), groups, -1).transpose(1, 2).flatten(1)), Size);

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
    /// <exception cref="ArgumentException">No dimension but the batch would be left.</exception>
    public ChannelState Mean(long[] dims, bool keepdim = false) => Reduce(dims, keepdim, (moments, count) =>
        AverageMoments.Of(moments, 1.0 / count), MeanOfChannels);

    /// <summary>The state of a sum over dimensions.</summary>
    /// <param name="dims">Dimensions of the value, none of them the batch.</param>
    /// <param name="keepdim">Whether the dimensions stay, with length 1.</param>
    /// <exception cref="ArgumentException">No dimension but the batch would be left.</exception>
    public ChannelState Sum(long[] dims, bool keepdim = false) => Reduce(dims, keepdim, (moments, count) =>
        moments.Select(tensor => tensor * count), MeanOfChannels);

    private static Moments MeanOfChannels(Moments moments) => moments.Select(tensor => tensor.mean([1], keepdim: true));

    /// <summary>The state of a maximum over dimensions; over the channels, of as many draws from all of them mixed.</summary>
    /// <param name="dims">Dimensions of the value, none of them the batch.</param>
    /// <param name="keepdim">Whether the dimensions stay, with length 1.</param>
    /// <exception cref="ArgumentException">No dimension but the batch would be left.</exception>
    public ChannelState Max(long[] dims, bool keepdim = false) =>
        Reduce(dims, keepdim, MaxMoments.Of, moments => MixtureMoments.Of(moments, Channels));

    /// <summary>The state behind a softmax.</summary>
    /// <param name="dim">Dimension of the value, at least 1; 1 is the channels.</param>
    public ChannelState Softmax(long dim) => Softmax(dim, log: false);

    /// <summary>The state behind the logarithm of a softmax.</summary>
    /// <param name="dim">Dimension of the value, at least 1; 1 is the channels.</param>
    public ChannelState LogSoftmax(long dim) => Softmax(dim, log: true);

    /// <summary>The state behind a reshape that keeps the batch.</summary>
    /// <param name="shape">The new shape without the batch: channels, then the spatial size; one may be -1 for what is left.</param>
    /// <exception cref="ArgumentException">The number of elements would change.</exception>
    public ChannelState Reshape(params long[] shape)
    {
        long positions = Windows.Count(Size), elements = Channels * positions;
        var known = Windows.Count(shape.Where(length => length >= 0));
        var channels = shape[0] >= 0 ? shape[0] : elements / known;
        var size = shape[1..].Select(length => length >= 0 ? length : elements / known).ToArray();
        if (channels * Windows.Count(size) != elements)
            throw new ArgumentException(
                $"[N, {string.Join(", ", Size.Prepend(Channels))}] cannot be reshaped to [N, {string.Join(", ", shape)}].", nameof(shape));
        return Join(ReshapeMoments.Of(Moments(), positions, elements / channels), size);
    }

    /// <summary>
    /// The state behind a permutation of dimensions that leaves the batch first. What is known of the channels stays known
    /// wherever they go, as long as single elements and linear layers over them follow; in another place than the second
    /// dimension nothing else knows them apart.
    /// </summary>
    /// <param name="dims">For every dimension of the result the dimension that it comes from.</param>
    /// <exception cref="ArgumentException">It is no such permutation.</exception>
    public ChannelState Permute(params long[] dims)
    {
        var rank = Size.Count + 2;
        var order = dims.Select(dim => dim < 0 ? dim + rank : dim).ToArray();
        if (order.Length != rank || order[0] != 0 || !order.Order().SequenceEqual(Enumerable.Range(0, rank).Select(dim => (long)dim)))
            throw new ArgumentException(
                $"A permutation of {rank} dimensions with the batch first was expected, not [{string.Join(", ", dims)}].", nameof(dims));
        return Permuted(order);
    }

    /// <summary>The state behind a squeeze of dimensions of length 1.</summary>
    /// <param name="dim">Dimension of the value, at least 1; null for all spatial ones of length 1.</param>
    /// <exception cref="ArgumentException">No dimension but the batch would be left.</exception>
    public ChannelState Squeeze(long? dim = null)
    {
        var dimension = dim is { } some ? Dimension(some) : -1;
        if (dimension == 1) return SpatialAsChannels(Moments(), Size);
        return Join(Moments(), [.. Size.Where((length, i) => length != 1 || (dim is not null && i + 2 != dimension))]);
    }

    /// <summary>The state behind a layer scale: every channel times a number.</summary>
    /// <param name="scale">C numbers in any shape, or one.</param>
    public ChannelState LayerScale(Tensor scale)
    {
        var row = scale.view(1, -1);
        return Join(new(Moments().Mean * row, Moments().Variance * row.square()), Size);
    }

    /// <summary>The state behind a learned shift: a number is added to every channel.</summary>
    /// <param name="shift">C numbers in any shape, or one.</param>
    public ChannelState Shift(Tensor shift)
    {
        var moments = Moments();
        return Join(new(moments.Mean + shift.view(1, -1), moments.Variance.alias()), Size);
    }

    /// <summary>The state behind stochastic depth in training: the value or zero, scaled to keep its mean.</summary>
    /// <param name="p">Probability of zero, in [0, 1).</param>
    public ChannelState StochasticDepth(double p) => Dropout(p);

    /// <summary>The state behind a PReLU.</summary>
    /// <param name="slope">The slope below zero, one or C numbers.</param>
    public ChannelState PRelu(Tensor slope) => Join(PReluMoments.Of(Moments(), slope.view(1, -1)), Size);

    /// <summary>The state behind a permutation whose dimensions are checked.</summary>
    private protected virtual ChannelState Permuted(long[] dims)
    {
        long[] shape = [Channels, .. Size];
        var size = dims[2..].Select(dim => shape[dim - 1]).ToArray();
        if (dims[1] == 1) return Join(Moments(), size);

        // A spatial dimension becomes the channels: each of them holds all channels there were.
        var mixed = MixtureMoments.Of(Moments(), Channels);
        return Join(FlattenMoments.Of(mixed, shape[dims[1] - 1]), size);
    }

    private ChannelState Softmax(long dim, bool log)
    {
        var dimension = Dimension(dim);
        return Join(
            dimension == 1 ? SoftmaxMoments.OverChannels(Moments(), log) : SoftmaxMoments.OverPositions(Moments(), Size[dimension - 2], log),
            Size);
    }

    /// <param name="dims">Dimensions of the value, none of them the batch.</param>
    /// <param name="keepdim">Whether the dimensions stay, with length 1.</param>
    /// <param name="combine">The moments of so many independent elements taken together.</param>
    /// <param name="anyChannel">What stands for each of the channels where they are taken together.</param>
    private ChannelState Reduce(
        long[] dims, bool keepdim, Func<Moments, long, Moments> combine, Func<Moments, Moments> anyChannel)
    {
        var dimensions = dims.Select(dim => Dimension(dim)).ToHashSet();
        var reduced = dimensions.Contains(1) ? anyChannel(Moments()) : Moments();
        var elements = Windows.Count(Size.Where((_, i) => dimensions.Contains(i + 2))) * (dimensions.Contains(1) ? Channels : 1);
        if (elements > 1) reduced = combine(reduced, elements);

        if (keepdim) return Join(reduced, [.. Size.Select((length, i) => dimensions.Contains(i + 2) ? 1 : length)]);
        long[] size = [.. Size.Where((_, i) => !dimensions.Contains(i + 2))];
        return dimensions.Contains(1) ? SpatialAsChannels(reduced, size) : Join(reduced, size);
    }

    /// <summary>Where the channels are left out, the first spatial dimension takes their place.</summary>
    private ChannelState SpatialAsChannels(Moments oneChannel, IReadOnlyList<long> size)
    {
        if (size.Count == 0)
            throw new ArgumentException("No dimension but the batch would be left, and a state has channels.");
        return Join(FlattenMoments.Of(oneChannel, size[0]), [.. size.Skip(1)]);
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
