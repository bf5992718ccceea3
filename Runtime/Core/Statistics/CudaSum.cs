using System;
using static TorchSharp.torch;

namespace KnDsl;

/// <summary>The moments of a value or a sum on a CUDA device: one kernel each way.</summary>
internal sealed class CudaSum(DeviceKernels kernels, long[][] shapes, int sign) : SumNode(shapes, sign)
{
    private protected override void Compute(MomentSource[] sources, Moments outputs, Tensor? slopes)
    {
        var parameters = new SumParameters(sources)
        {
            Rows = outputs.Rows, Channels = outputs.Channels, Sign = Sign, OutMean = NativeTensor.Address(outputs.Mean),
            OutVariance = NativeTensor.Address(outputs.Variance), Slopes = NativeTensor.Address(slopes),
        };
        Launch("sum_moments", outputs.Mean.dtype, parameters);
        GC.KeepAlive(sources);
    }

    private protected override void Propagate(Tensor slopes, Tensor? gm, Tensor? gv, MomentSource[] results)
    {
        var given = (gm ?? gv)!;
        var parameters = new SumParameters(results)
        {
            Rows = given.size(0), Channels = given.size(1), Sign = Sign, Slopes = NativeTensor.Address(slopes),
            Gm = NativeTensor.Address(gm), Gv = NativeTensor.Address(gv),
        };
        Launch("sum_moments_gradient", slopes.dtype, parameters);
    }

    private void Launch(string kernel, ScalarType type, SumParameters parameters) =>
        kernels.Launch(kernel, type, type, kernels.Over(parameters.Rows * parameters.Channels), parameters);
}
