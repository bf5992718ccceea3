using System;
using System.Collections.Generic;
using System.Linq;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace KnDsl;

/// <summary>
/// The state of the analytic transition: a Gaussian per micro-batch and channel, channels and positions independent.
/// </summary>
internal class AnalyticState : ChannelState
{
    private readonly Moments _moments;

    public AnalyticState(Moments moments, IReadOnlyList<long> size)
        : base(size)
    {
        _moments = moments;
    }

    /// <summary>For a state that works its moments out when it is asked.</summary>
    private protected AnalyticState(IReadOnlyList<long> size)
        : base(size)
    {
    }

    public override long Channels => Moments().Channels;

    internal override Moments Moments() => _moments;

    /// <summary>The state as the source of a step through a convolution or linear layer.</summary>
    internal virtual TransitionSource Source()
    {
        var (mean, variance) = Moments();
        return new(mean, variance, Emitted: false, Rectified: false);
    }

    public override ChannelState Through(Convolution convolution)
    {
        var source = Source();
        var moments = convolution is not ConvolutionTranspose && CpuTransition.Serves(source, convolution.weight)
            ? CpuTransition.Through(source, convolution.weight, convolution.bias, convolution.groups, SeenTaps.Of(Size, convolution))
            : ConvolutionMoments.Of(Moments(), Size, convolution);
        return To(moments, ConvolutionSize.Of(Size, convolution));
    }

    internal override (Tensor Output, ChannelState State) Call(Convolution convolution, Tensor input)
    {
        var source = Source();
        if (!convolution.weight.requires_grad || !PlainConvolution.Is(convolution) || !CpuTransition.Serves(source, convolution.weight))
            return base.Call(convolution, input);

        var (moments, weight) = CpuTransition.ThroughSharing(
            source, convolution.weight, convolution.bias, convolution.groups, SeenTaps.Of(Size, convolution));
        return (PlainConvolution.Forward(convolution, input, weight), To(moments, ConvolutionSize.Of(Size, convolution)));
    }

    public override ChannelState Through(Linear linear)
    {
        if (Size.Count != 0) return To(LinearMoments.OfPositions(Moments(), linear), [.. Size.SkipLast(1), linear.out_features]);

        var source = Source();
        return To(
            CpuTransition.Serves(source, linear.weight)
                ? CpuTransition.Through(source, linear.weight, linear.bias, groups: 1, seen: null)
                : LinearMoments.Of(Moments(), linear.weight, linear.bias),
            Size);
    }

    public override ChannelState Relu() => new RectifiedState(this);

    public override ChannelState Apply(Func<Tensor, Tensor> elementwise) =>
        To(ElementwiseMoments.Of(Moments(), elementwise), Size);

    public override ChannelState Threshold(double threshold, double value) =>
        To(PiecewiseLinearMoments.OfThreshold(Moments(), threshold, value), Size);

    public override ChannelState Clamp(double low, double high) => To(PiecewiseLinearMoments.OfClamp(Moments(), low, high), Size);

    public override ChannelState Hardshrink(double lambda) => To(PiecewiseLinearMoments.OfShrink(Moments(), lambda, 0), Size);

    public override ChannelState Softshrink(double lambda) => To(PiecewiseLinearMoments.OfShrink(Moments(), lambda, lambda), Size);

    public override ChannelState MaxPool(
        long[] kernel, long[] stride, long[] padding, long[]? dilation = null, bool ceilMode = false)
    {
        var size = Windows.OutputSize(Size, kernel, stride, padding, dilation, ceilMode);
        return To(MaxMoments.Of(Moments(), Windows.Seen(Size, size, kernel, stride, padding, dilation)), size);
    }

    public override ChannelState AvgPool(
        long[] kernel, long[] stride, long[] padding, bool ceilMode = false, bool countIncludePad = true)
    {
        var size = Windows.OutputSize(Size, kernel, stride, padding, null, ceilMode);
        return To(AvgPoolMoments.Of(Moments(), Size, size, kernel, stride, padding, countIncludePad), size);
    }

    public override ChannelState AdaptiveAvgPool(long[] size) =>
        To(AverageMoments.Of(Moments(), Windows.AdaptiveShare(Size, size)), size);

    public override ChannelState AdaptiveMaxPool(long[] size) =>
        To(MaxMoments.Of(Moments(), Windows.Adaptive(Size, size)), size);

    public override ChannelState Flatten(long startDim = 1, long endDim = -1)
    {
        var shape = FlattenMoments.Shape.Of(Size, startDim, endDim);
        return To(FlattenMoments.Of(Moments(), shape.PositionsPerChannel), shape.Size);
    }

    public override ChannelState Dropout(double p) => To(DropoutMoments.Of(Moments(), p), Size);

    public override ChannelState Pad(long[] pad, double value = 0)
    {
        var shape = PadMoments.Shape.Of(Size, pad);
        return To(PadMoments.Of(Moments(), shape, value), shape.Size);
    }

    public override ChannelState MoveToOuter(DisposeScope scope)
    {
        scope.MoveToOuter(_moments.Mean, _moments.Variance);
        return this;
    }

    private protected override ChannelState Permuted(long[] dims) => PermutedState.Of(this, dims);

    private protected override ChannelState Join(Moments moments, IReadOnlyList<long> size) => To(moments, size);

    private static AnalyticState To(Moments moments, IReadOnlyList<long> size) => new(moments, size);
}
