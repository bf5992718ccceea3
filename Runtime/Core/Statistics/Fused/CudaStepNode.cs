using System;
using System.Collections.Generic;
using static KnDsl.Numbers;
using static TorchSharp.torch;

namespace KnDsl;

/// <summary>A step between two normalization layers on a CUDA device in the autograd graph.</summary>
internal sealed class CudaStepNode(DeviceKernels kernels, FusedStepShape shape, SeenTaps? seen, MomentForm form) : GraphNode
{
    /// <summary>What the backward pass needs besides the inputs, in the order in which it reads them.</summary>
    public static Tensor[] Kept(Tensor moments, Tensor? tapMeans, MomentForm form) =>
    [
        moments,
        .. tapMeans is null ? (Tensor[])[] : [tapMeans],
        .. form.SpreadOnDevice is { } spread ? [spread.alias()] : (Tensor[])[],
    ];

    /// <summary>Inputs and outputs are those of <see cref="FusedStepNode{T}"/>.</summary>
    protected override Tensor?[] Backward(Tensor?[] gradients, IReadOnlyList<Tensor> inputs, IReadOnlyList<Tensor> kept)
    {
        var ofLayer = gradients.Length > 2 ? gradients[2] : null;
        if (gradients[0] is null && gradients[1] is null)
            return inputs.Count == 3 ? [null, null, ofLayer] : [null, null, ofLayer, null];
        var (source, weight) = (new MomentSource(inputs[0], inputs[1], form), inputs[2]);
        var (tapMeans, spread) = (seen is null ? null : kept[1], form.SpreadOnDevice is null ? null : kept[^1]);
        var (gm, gv) = (gradients[0]?.contiguous(), gradients[1]?.contiguous());
        var adds = ofLayer is not null && ofLayer.is_contiguous() && ofLayer.dtype == weight.dtype;
        var dweight = adds ? ofLayer! : empty_like(weight);
        var (dmean, dvariance) = (empty_like(source.Mean), empty_like(source.Variance));
        var parameters = new StepParameters(shape, source, spread, weight, seen, kept[0], tapMeans, kernels.Threads)
        {
            Gm = NativeTensor.Address(gm),
            Gv = NativeTensor.Address(gv),
            Dweight = NativeTensor.Address(dweight),
            Dmean = NativeTensor.Address(dmean),
            Dvariance = NativeTensor.Address(dvariance),
            Adds = adds ? 1 : 0,
        };
        var taps = shape.Rows * shape.Outputs * shape.Taps;
        using var factors = empty(taps, weight.dtype, weight.device);
        using var partial = empty(2 * parameters.Splits * shape.Rows * shape.Inputs * shape.Taps, ScalarType.Float64, weight.device);
        (parameters.Factors, parameters.Partial) = (NativeTensor.Address(factors), NativeTensor.Address(partial));
        Launch("step_factors", kernels.Over(taps));
        Launch("step_gradient", (
            (shape.KernelLength + kernels.Threads - 1) / kernels.Threads, Math.Min(shape.Groups, CudaStep.MostInGrid), parameters.Splits));
        Launch("step_source", kernels.Over(shape.Rows * shape.Inputs));
        if (ofLayer is not null && !adds)
            dweight.add_(ofLayer, One);
        if (inputs.Count == 3)
            return [dmean, dvariance, dweight];
        return [dmean, dvariance, dweight, gm?.sum([0]) ?? zeros_like(inputs[3])];

        void Launch(string kernel, (long, long, long) grid) => kernels.Launch(kernel, weight.dtype, weight.dtype, grid, parameters);
    }
}
