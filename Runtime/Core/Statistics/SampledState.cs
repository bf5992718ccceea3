using System;
using System.Collections.Generic;
using System.Linq;
using TorchSharp;
using static KnDsl.Numbers;
using static TorchSharp.torch;

namespace KnDsl;

/// <summary>
/// The state of the sampled transition, the released code of Wang et al. (NeurIPS 2018): the moments from which one Gaussian
/// pseudo-feature map for each micro-batch is drawn, and the operations that the map passes before its moments are taken. A
/// convolution draws the map, applies the same weights, and takes the moments of the result.
/// </summary>
/// <remarks>
/// As in that code, a sum adds the moments that maps are drawn from, without the operations that wait, and an average pool
/// or padded channels change those moments' size only. That code has maps only; of a value of one position as many are drawn as make a
/// map together, since one says nothing of the variance.
/// </remarks>
internal sealed class SampledState : ChannelState
{
    /// <summary>How many values are drawn of a channel that has one position.</summary>
    private const long DrawsOfOnePosition = 64;

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

    /// <summary>Whether operations wait for a map to be drawn.</summary>
    public bool IsWaiting => _waiting.Count > 0;

    internal override Moments ToMoments() => IsWaiting ? MomentsOf(PseudoFeatures()) : _drawn;

    internal override SampledState PassTo(MomentRule rule, long[] shape) => rule.Pass(this, shape[1..]);

    /// <summary>The state after an operation that waits for a map to be drawn.</summary>
    /// <param name="operation">The operation on maps, [N, C, ...]; it keeps the channels.</param>
    /// <param name="to">The spatial size after it.</param>
    public SampledState Wait(Func<Tensor, Tensor> operation, IReadOnlyList<long> to) =>
        new(_drawn, _drawnSize, [.. _waiting, operation], to);

    /// <summary>The state after an operation on a map that is drawn now.</summary>
    /// <param name="operation">The operation on maps, [N, C, ...].</param>
    /// <param name="type">The type that the operation works in.</param>
    public SampledState PassMap(Func<Tensor, Tensor> operation, ScalarType type)
    {
        var map = operation(PseudoFeatures().to(type));
        return new(MomentsOf(map.to(_drawn.Mean.dtype)), map.shape[2..]);
    }

    /// <summary>The same moments for a value of another spatial size.</summary>
    public SampledState Resized(IReadOnlyList<long> to) => new(_drawn, to);

    public override ChannelState MoveToOuter(DisposeScope scope)
    {
        scope.MoveToOuter(_drawn.Mean, _drawn.Variance);
        return this;
    }

    private protected override Moments DrawnMoments() => _drawn;

    private protected override ChannelState With(Moments moments, IReadOnlyList<long> size) => new SampledState(moments, size);

    /// <summary>
    /// Gaussian maps after the operations that waited, [K * R, C, ...]: one for each micro-batch, or K of a single position.
    /// </summary>
    private Tensor PseudoFeatures()
    {
        // A block that runs again follows no statistics: what it draws besides would be others.
        BlockTape.Recording?.Cancel();
        var draws = _drawnSize.All(size => size == 1) ? DrawsOfOnePosition : 1;
        long[] ones = [1, _drawn.Rows, _drawn.Channels, .. _drawnSize.Select(_ => 1L)];
        var noise = randn([draws, _drawn.Rows, _drawn.Channels, .. _drawnSize], _drawn.Mean.dtype, _drawn.Mean.device);

        // Padded channels have no variance: without its bound the root's gradient would be infinite there.
        var maps = Sum(noise * _drawn.Deviation().view(ones), _drawn.Mean.view(ones));
        return _waiting.Aggregate(maps.flatten(0, 1), (value, operation) => operation(value));
    }

    /// <summary>The moments of maps, [K * R, C, ...], over those of a micro-batch and their positions.</summary>
    private Moments MomentsOf(Tensor maps)
    {
        var values = maps.reshape([maps.size(0) / _drawn.Rows, _drawn.Rows, maps.size(1), -1]);
        var mean = values.mean([0, 3], keepdim: true);
        return new(mean.squeeze(3).squeeze(0), Square(values - mean).mean([0, 3]));
    }
}
