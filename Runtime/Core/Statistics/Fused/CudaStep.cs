using System;
using static TorchSharp.torch;

namespace KnDsl;

/// <summary>The step between two normalization layers on a CUDA device, in kernels of our own.</summary>
internal static class CudaStep
{
    /// <summary>A grid has no more blocks in its second dimension; each takes several rows or groups then.</summary>
    public const long MostInGrid = 65535;

    /// <summary>
    /// The moments, and the weight for the layer itself to use where it is shared: see <see cref="FusedStep"/>. All tensors are contiguous.
    /// </summary>
    public static (Tensor Mean, Tensor Variance, Tensor Weight) Pass(
        FusedStepShape shape, MomentSource source, Tensor weight, Tensor? bias, SeenTaps? seen, bool sharesWeight)
    {
        var (kernels, type) = (DeviceKernels.For(weight, weight.dtype)!, weight.dtype);
        Tensor mean, variance, moments;
        Tensor? tapMeans;
        using (no_grad())
        {
            mean = empty([shape.Rows, shape.Outputs], type, weight.device);
            variance = empty([shape.Rows, shape.Outputs], type, weight.device);
            moments = empty([2, shape.Rows, shape.Inputs], type, weight.device);
            tapMeans = seen is null ? null : empty([shape.Rows, shape.Outputs, shape.Taps], ScalarType.Float64, weight.device);
            var parameters = new StepParameters(
                shape, source, source.Form.SpreadOnDevice, weight, seen, moments, tapMeans, kernels.Threads)
            {
                Bias = NativeTensor.Address(bias), OutMean = NativeTensor.Address(mean), OutVariance = NativeTensor.Address(variance),
            };
            kernels.Launch("step_inputs", type, type, kernels.Over(shape.Rows * shape.Inputs), parameters);
            kernels.Launch("step_outputs", type, type, (shape.Outputs, Math.Min(shape.Rows, MostInGrid), 1), parameters);
        }

        Tensor[] inputs = bias is null
            ? [source.Mean, source.Variance, weight]
            : [source.Mean, source.Variance, weight, bias];
        if (!GraphNode.Records(inputs))
        {
            moments.Dispose();
            tapMeans?.Dispose();
            return (mean, variance, weight);
        }

        Tensor[] outputs = sharesWeight ? [mean, variance, weight.detach()] : [mean, variance];
        var node = new CudaStepNode(kernels, shape, seen, source.Form);
        outputs = node.Attach(inputs, outputs, notDifferentiable: [], kept: CudaStepNode.Kept(moments, tapMeans, source.Form));
        return (outputs[0], outputs[1], sharesWeight ? outputs[2] : weight);
    }
}
