using System;
using System.Collections.Generic;
using System.Linq;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace KnDsl;

/// <summary>
/// The state of the sampled transition, the released code of Wang et al. (NeurIPS 2018): the moments from which one Gaussian
/// pseudo-feature map per micro-batch is drawn, and the operations that the map passes before anything is known of it.
/// A convolution draws the map, hands it through with the same weights, and takes its moments.
/// </summary>
/// <remarks>
/// As in that code, a sum adds the moments that maps are drawn from, without the operations that wait, and an average pool
/// or padded channels change those moments' size only.
/// </remarks>
internal sealed class SampledState : ChannelState
{
    private readonly Moments _drawn;
    private readonly IReadOnlyList<long> _drawnSize;
    private readonly IReadOnlyList<Func<Tensor, Tensor>> _waiting;

    public SampledState(Moments moments, IReadOnlyList<long> size)
        : this(moments, size, [], size)
    {
    }

    private SampledState(
        Moments drawn, IReadOnlyList<long> drawnSize, IReadOnlyList<Func<Tensor, Tensor>> waiting,
        IReadOnlyList<long> size)
        : base(size)
    {
        _drawn = drawn;
        _drawnSize = drawnSize;
        _waiting = waiting;
    }

    public override long Channels => _drawn.Channels;

    internal override Moments Moments() => _waiting.Count == 0 ? _drawn : MomentsOf(PseudoFeatures());

    public override ChannelState Through(Convolution convolution)
    {
        // A map of one position has no variance to take: it passes in closed form.
        var size = ConvolutionSize.Of(Size, convolution);
        if (Windows.Count(size) == 1) return new SampledState(ConvolutionMoments.Of(Moments(), Size, convolution), size);

        var map = convolution.call(PseudoFeatures().to(convolution.weight.dtype));
        return new SampledState(MomentsOf(map.to(_drawn.Mean.dtype)), map.shape[2..]);
    }

    public override ChannelState Through(Linear linear) => Size.Count == 0
        ? new SampledState(LinearMoments.Of(Moments(), linear.weight, linear.bias), Size)
        : new SampledState(LinearMoments.OfPositions(Moments(), linear), [.. Size.SkipLast(1), linear.out_features]);

    public override ChannelState Relu() => Wait(map => map.relu(), Size);

    public override ChannelState Apply(Func<Tensor, Tensor> elementwise) => Wait(elementwise, Size);

    public override ChannelState Threshold(double threshold, double value) =>
        Wait(map => nn.functional.threshold(map, threshold, value), Size);

    public override ChannelState Clamp(double low, double high) => Wait(map => map.clamp(low, high), Size);

    public override ChannelState Softshrink(double lambda) => Wait(map => nn.functional.softshrink(map, lambda), Size);

    public override ChannelState Hardshrink(double lambda) => Wait(map => nn.functional.hardshrink(map, lambda), Size);

    public override ChannelState MaxPool(
        long[] kernel, long[] stride, long[] padding, long[]? dilation = null, bool ceilMode = false) =>
        Wait(
            map => Pools.Max(map, kernel, stride, padding, dilation, ceilMode),
            Windows.OutputSize(Size, kernel, stride, padding, dilation, ceilMode));

    public override ChannelState AvgPool(
        long[] kernel, long[] stride, long[] padding, bool ceilMode = false, bool countIncludePad = true)
    {
        var size = Windows.OutputSize(Size, kernel, stride, padding, null, ceilMode);
        return _waiting.Count == 0
            ? new SampledState(_drawn, size)
            : Wait(map => Pools.Average(map, kernel, stride, padding, ceilMode, countIncludePad), size);
    }

    public override ChannelState AdaptiveAvgPool(long[] size) => _waiting.Count == 0
        ? new SampledState(_drawn, size)
        : new SampledState(AverageMoments.Of(Moments(), Windows.AdaptiveShare(Size, size)), size);

    public override ChannelState AdaptiveMaxPool(long[] size) =>
        new SampledState(MaxMoments.Of(Moments(), Windows.Adaptive(Size, size)), size);

    public override ChannelState Flatten(long startDim = 1, long endDim = -1)
    {
        var shape = FlattenMoments.Shape.Of(Size, startDim, endDim);
        return new SampledState(FlattenMoments.Of(Moments(), shape.PositionsPerChannel), shape.Size);
    }

    public override ChannelState Dropout(double p) => new SampledState(DropoutMoments.Of(Moments(), p), Size);

    public override ChannelState Pad(long[] pad, double value = 0)
    {
        // The authors pad the flattened [G * C] vector, which misaligns several micro-batches: pad each.
        var shape = PadMoments.Shape.Of(Size, pad);
        return new SampledState(PadMoments.Of(Moments(), shape, value), shape.Size);
    }

    public override ChannelState MoveToOuter(DisposeScope scope)
    {
        scope.MoveToOuter(_drawn.Mean, _drawn.Variance);
        return this;
    }

    private protected override Moments JoinMoments() => _drawn;

    private protected override ChannelState Join(Moments moments, IReadOnlyList<long> size) =>
        new SampledState(moments, size);

    /// <summary>One Gaussian map per micro-batch, [G, C, ...], behind the operations that waited.</summary>
    private Tensor PseudoFeatures()
    {
        var shape = _drawn.Mean.shape;
        long[] ones = [.. shape, .. _drawnSize.Select(_ => 1L)];
        var noise = randn([.. shape, .. _drawnSize], _drawn.Mean.dtype, _drawn.Mean.device);

        // Padded channels have no variance; the root's gradient there would be infinite.
        var deviation = _drawn.Variance.clamp_min(1e-24).sqrt();
        var map = noise * deviation.view(ones) + _drawn.Mean.view(ones);
        return _waiting.Aggregate(map, (value, operation) => operation(value));
    }

    private static Moments MomentsOf(Tensor map)
    {
        var positions = map.flatten(2);
        var mean = positions.mean([2], keepdim: true);
        return new(mean.squeeze(2), (positions - mean).square().mean([2]));
    }

    private SampledState Wait(Func<Tensor, Tensor> operation, IReadOnlyList<long> size) =>
        new(_drawn, _drawnSize, [.. _waiting, operation], size);
}
