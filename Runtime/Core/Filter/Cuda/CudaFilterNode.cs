using System.Collections.Generic;
using static TorchSharp.torch;

namespace KnDsl;

/// <summary>A use of the filter on a CUDA device in the autograd graph.</summary>
internal sealed class CudaFilterNode : GraphNode
{
    private readonly DeviceKernels _kernels;
    private readonly Layout _layout;
    private readonly MomentForm? _prior;
    private readonly bool _learnsGains;
    private readonly bool _adds;
    private readonly Activation _activation;

    // Addresses in it are those of the forward pass: all but those of results are set again.
    private FilterParameters _parameters;

    /// <param name="kernels">The device's kernels.</param>
    /// <param name="layout">The layout of the value.</param>
    /// <param name="parameters">Those of the forward pass.</param>
    /// <param name="arguments">The arguments of the filter; no tensor of theirs is kept.</param>
    public CudaFilterNode(DeviceKernels kernels, Layout layout, FilterParameters parameters, FilterArguments arguments)
    {
        (_kernels, _layout, _parameters) = (kernels, layout, parameters);
        _prior = arguments.Prior?.Form;
        _learnsGains = _prior is not null && arguments.Gains.Learned is not null;
        (_activation, _adds) = (arguments.Epilogue.Activation, arguments.Epilogue.Addend is not null);
    }

    /// <summary>Whether the gradient of the epilogue is that of its output: a sum is not kept.</summary>
    public bool NeedsOutput => _adds && _activation != Activation.None;

    /// <summary>
    /// Inputs as <see cref="FilterArguments.Differentiable"/> lists them, the addend left out, then the output y where
    /// <see cref="NeedsOutput"/>; outputs y and, where they are wanted, m, v. Kept are the statistics, and the spread of the prior where
    /// the device knows it.
    /// </summary>
    protected override Tensor?[] Backward(Tensor?[] gradients, IReadOnlyList<Tensor> inputs, IReadOnlyList<Tensor> kept)
    {
        var (x, weight) = (inputs[0], inputs[1]);
        var gy = (gradients[0] ?? zeros_like(x)).to(x.dtype).contiguous();
        var (gm, gv) = gradients is [_, var ofMean, var ofVariance]
            ? (ofMean?.to(weight.dtype).contiguous(), ofVariance?.to(weight.dtype).contiguous()) : default;
        var before = NeedsOutput ? empty_like(x) : null;
        // An image asks for no gradient.
        var dx = x.requires_grad ? empty_like(x) : null;
        var (dweight, dbias) = (empty_like(weight), empty_like(weight));
        var (dm0, dv0) = _prior is null ? default((Tensor?, Tensor?)) : (empty_like(inputs[3]), empty_like(inputs[4]));
        long[] statistics = [_layout.Batches.Count, _layout.Groups];
        var (dqm, dqv) = _learnsGains
            ? (empty(statistics, weight.dtype, x.device), empty(statistics, weight.dtype, x.device)) : default((Tensor?, Tensor?));

        var forward = _parameters;
        forward.Work = NativeTensor.Address(kept[0]);
        (forward.X, forward.Weight) = (NativeTensor.Address(x), NativeTensor.Address(weight));
        if (_prior is not null)
        {
            (forward.PriorMean, forward.PriorVariance) = (NativeTensor.Address(inputs[3]), NativeTensor.Address(inputs[4]));
            forward.PriorSpread = kept.Count > 1 ? NativeTensor.Address(kept[1]) : 0;
        }

        if (!FilterParameters.IsAligned(gy))
            forward.TogetherInRow = 1;
        var parameters = new GradientParameters
        {
            Forward = forward,
            Gy = NativeTensor.Address(gy),
            Output = NeedsOutput ? NativeTensor.Address(inputs[^1]) : 0,
            Gm = NativeTensor.Address(gm),
            Gv = NativeTensor.Address(gv),
            Before = NativeTensor.Address(before),
            Dx = NativeTensor.Address(dx),
            Weight = NativeTensor.Address(dweight),
            Bias = NativeTensor.Address(dbias),
            PriorMean = NativeTensor.Address(dm0),
            PriorVariance = NativeTensor.Address(dv0),
            MeanGain = NativeTensor.Address(dqm),
            VarianceGain = NativeTensor.Address(dqv),
        };
        var channels = _layout.Batches.Count * _layout.Channels;
        (parameters.Lanes, parameters.Splits) = FilterParameters.Share(
            _layout.Batches.Size * _layout.Positions / forward.TogetherInRow, channels, _kernels.Threads);
        using var work = empty(parameters.WorkLength(_layout), ScalarType.Float64, x.device);
        parameters.Work = NativeTensor.Address(work);

        Launch("gradient_sums", (CudaFilter.Blocks(channels, _kernels.Threads / parameters.Lanes), parameters.Splits, 1));
        Launch("gradient_statistics",
            (_layout.GroupSize == 1 ? CudaFilter.Blocks(_layout.Statistics, _kernels.Threads) : _layout.Statistics, 1, 1));
        if (dx is not null)
            Launch("gradient_value", _kernels.Over(x.numel() / forward.TogetherInRow));

        List<Tensor?> result = [dx, dweight, dbias];
        if (_prior is not null)
            result.AddRange([dm0, dv0]);
        if (_learnsGains)
            result.AddRange([Broadcast.SumTo(dqm!, inputs[5]), Broadcast.SumTo(dqv!, inputs[6])]);
        if (_adds)
            result.Add(before ?? gy);
        return [.. result];

        void Launch(string kernel, (long, long, long) grid) => _kernels.Launch(kernel, x.dtype, weight.dtype, grid, parameters);
    }

    protected override Tensor? Compose(IReadOnlyList<Tensor> inputs, Tensor? output) => _prior is not null
        ? null : FilterComposition.Of(inputs, output, _layout, _parameters.Eps, _activation, _adds);
}
