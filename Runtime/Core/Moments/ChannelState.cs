using System;
using System.Collections.Generic;
using System.Linq;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace KnDsl;

/// <summary>
/// What is known of a value's statistics: for every micro-batch and channel a distribution, in the form that the
/// policy's transition has. A state is a local of a network's forward pass: a normalization layer emits it, every operation
/// on the way makes a new one of it, and it arrives as the prior of the next normalization layer. A state is never changed.
/// </summary>
/// <remarks>
/// Wang et al., "Kalman Normalization", NeurIPS 2018. The moment rules lie in one file a family of operations, in the
/// folder Moments. The tensors of a new state belong to the current dispose scope, those of its sources stay where they are.
/// </remarks>
public abstract partial class ChannelState
{
    private protected ChannelState(IReadOnlyList<long> size)
    {
        Size = size;
    }

    /// <summary>
    /// A state that is known from elsewhere than the chain, as a prior for a layer of a policy of your own: independent
    /// Gaussians, one a channel.
    /// </summary>
    /// <param name="mean">[C], or [G, C] with one row for each micro-batch.</param>
    /// <param name="variance">The same shape, none below 0. Both are used as they are and should not change afterwards.</param>
    /// <param name="size">The spatial size of the value that the state describes: [H, W] for [N, C, H, W].</param>
    /// <exception cref="ArgumentException">The shapes differ, or have more than two dimensions.</exception>
    public static ChannelState Gaussian(Tensor mean, Tensor variance, IReadOnlyList<long> size)
    {
        if (mean.dim() is not (1 or 2) || !mean.shape.SequenceEqual(variance.shape))
            throw new ArgumentException(
                $"A state has a mean and a variance of one shape, [C] or [G, C], and got [{string.Join(", ", mean.shape)}] and "
                + $"[{string.Join(", ", variance.shape)}].", nameof(variance));
        return new AnalyticState(mean.dim() == 2 ? new(mean, variance) : new(mean.unsqueeze(0), variance.unsqueeze(0)), size);
    }

    /// <summary>The spatial size of the value that the state describes: [H, W] for [N, C, H, W], empty for [N, C].</summary>
    public IReadOnlyList<long> Size { get; }

    /// <summary>The channels of the value that the state describes.</summary>
    public abstract long Channels { get; }

    /// <summary>What a layer of a policy of your own needs of its prior; the opposite of <see cref="Gaussian"/>.</summary>
    /// <returns>[G, C] each, or [1, C] where one row stands for all micro-batches. They may be the state's own: do not change them.</returns>
    public (Tensor mean, Tensor variance) MeanAndVariance()
    {
        var (mean, variance) = Moments();
        return (mean, variance);
    }

    /// <summary>The state as moments, [G, C] or [1, C] each.</summary>
    internal abstract Moments Moments();

    /// <summary>The state behind a convolution or transposed convolution.</summary>
    /// <param name="convolution">The module that the value passes.</param>
    public abstract ChannelState Through(Convolution convolution);

    /// <summary>
    /// The state behind a linear layer over the last dimension: over the channels for values of shape [N, C], over positions
    /// of every channel for others.
    /// </summary>
    /// <param name="linear">The module that the value passes.</param>
    public abstract ChannelState Through(Linear linear);

    /// <summary>A convolution of a value, and the state behind it.</summary>
    internal virtual (Tensor Output, ChannelState State) Call(Convolution convolution, Tensor input)
    {
        // The state comes first: in the backward pass the output's gradient of the weight is there first then, and the
        // state's is added to it without a copy.
        var state = Through(convolution);
        return (convolution.call(input), state);
    }

    /// <summary>A linear layer of a value, and the state behind it.</summary>
    internal virtual (Tensor Output, ChannelState State) Call(Linear linear, Tensor input)
    {
        var state = Through(linear);
        return (linear.call(input), state);
    }

    /// <summary>The state behind a ReLU.</summary>
    public abstract ChannelState Relu();

    /// <summary>The state behind any function of single elements, such as <c>functional.silu</c>.</summary>
    /// <param name="elementwise">A function that maps every element by itself, keeping the shape.</param>
    public abstract ChannelState Apply(Func<Tensor, Tensor> elementwise);

    /// <summary>The state behind a threshold: the value where it is above a number, else another number.</summary>
    /// <param name="threshold">What the value must exceed.</param>
    /// <param name="value">What stands elsewhere.</param>
    public abstract ChannelState Threshold(double threshold, double value);

    /// <summary>The state behind a hard shrink: the value where its size is above a number, else 0.</summary>
    /// <param name="lambda">The number, at least 0.</param>
    public abstract ChannelState Hardshrink(double lambda);

    /// <summary>The state behind a soft shrink: the value moved towards zero by a number, and 0 where it is smaller.</summary>
    /// <param name="lambda">The number, at least 0.</param>
    public abstract ChannelState Softshrink(double lambda);

    /// <summary>The state of a value that is limited to a range.</summary>
    /// <param name="low">The least it becomes.</param>
    /// <param name="high">The greatest it becomes, at least as much.</param>
    public abstract ChannelState Clamp(double low, double high);

    /// <summary>The state behind a max pool.</summary>
    /// <param name="kernel">Window, one length a spatial dimension.</param>
    /// <param name="stride">Step, one a spatial dimension.</param>
    /// <param name="padding">Padding, one a spatial dimension.</param>
    /// <param name="dilation">Spacing of the window, or null for 1.</param>
    /// <param name="ceilMode">Whether the output size is rounded up.</param>
    public abstract ChannelState MaxPool(
        long[] kernel, long[] stride, long[] padding, long[]? dilation = null, bool ceilMode = false);

    /// <summary>The state behind an average pool.</summary>
    /// <param name="kernel">Window, one length a spatial dimension.</param>
    /// <param name="stride">Step, one a spatial dimension.</param>
    /// <param name="padding">Padding by zeros, one a spatial dimension.</param>
    /// <param name="ceilMode">Whether the output size is rounded up.</param>
    /// <param name="countIncludePad">Whether padding counts in the average.</param>
    public abstract ChannelState AvgPool(
        long[] kernel, long[] stride, long[] padding, bool ceilMode = false, bool countIncludePad = true);

    /// <summary>The state behind an adaptive average pool; size [1, 1] is the global pool.</summary>
    /// <param name="size">The output's spatial size.</param>
    public abstract ChannelState AdaptiveAvgPool(long[] size);

    /// <summary>The state behind an adaptive max pool; size [1, 1] is the global pool.</summary>
    /// <param name="size">The output's spatial size.</param>
    public abstract ChannelState AdaptiveMaxPool(long[] size);

    /// <summary>The state behind a flatten of dimensions of the value, 0 being the batch.</summary>
    /// <param name="startDim">First dimension, at least 1.</param>
    /// <param name="endDim">Last dimension, -1 for the last of all.</param>
    public abstract ChannelState Flatten(long startDim = 1, long endDim = -1);

    /// <summary>The state behind a dropout in training, of single elements or whole channels.</summary>
    /// <param name="p">Probability of a zero, in [0, 1).</param>
    public abstract ChannelState Dropout(double p);

    /// <summary>The state behind padding with a constant, of spatial dimensions or channels.</summary>
    /// <param name="pad">PyTorch's order: begin and end of the last dimension, then of the one before, and so on.</param>
    /// <param name="value">What is padded with.</param>
    public abstract ChannelState Pad(long[] pad, double value = 0);

    /// <summary>Hands the state's tensors on to the scope around a scope; tensors of others stay theirs.</summary>
    /// <param name="scope">The scope that is about to end.</param>
    /// <returns>The state itself.</returns>
    public abstract ChannelState MoveToOuter(DisposeScope scope);

    /// <summary>The moments that a sum takes from the state.</summary>
    private protected virtual Moments JoinMoments() => Moments();

    /// <summary>A state of the same form, of the moments that a join of states gave.</summary>
    private protected abstract ChannelState Join(Moments moments, IReadOnlyList<long> size);
}
