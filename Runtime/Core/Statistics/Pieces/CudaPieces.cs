using System;
using static TorchSharp.torch;

namespace KnDsl;

/// <summary>Moments after a function of straight lines on a CUDA device: one kernel each way.</summary>
internal sealed class CudaPieces(DeviceKernels kernels) : PiecesNode
{
    /// <summary>A use of the kernels; null where there are none for these moments.</summary>
    public static CudaPieces? For(Moments moments, int pieces) => DevicePath.IsTaken(moments.Mean) && pieces <= PieceParameters.Most
        && moments.Variance.dtype == moments.Mean.dtype && DevicePath.AreTogether(moments.Variance, moments.Mean)
        && moments.Variance.numel() == moments.Mean.numel() && moments.Variance.dim() == moments.Mean.dim() && moments.Mean.numel() > 0
        && DeviceKernels.For(moments.Mean, moments.Mean.dtype) is { } kernels ? new(kernels) : null;

    protected override void Compute(Moments moments, ReadOnlySpan<Piece> pieces, Moments outputs, Tensor? slopes)
    {
        var parameters = new PieceParameters(moments, pieces)
        {
            OutMean = NativeTensor.Address(outputs.Mean),
            OutVariance = NativeTensor.Address(outputs.Variance),
            Slopes = NativeTensor.Address(slopes),
        };
        Launch("pieces", moments.Mean.dtype, parameters);
        GC.KeepAlive(moments);
    }

    protected override void Propagate(Tensor slopes, Tensor? gm, Tensor? gv, Moments results) =>
        Launch("pieces_gradient", slopes.dtype, new PieceParameters
        {
            Length = slopes.size(1),
            Slopes = NativeTensor.Address(slopes),
            Gm = NativeTensor.Address(gm),
            Gv = NativeTensor.Address(gv),
            Dmean = NativeTensor.Address(results.Mean),
            Dvariance = NativeTensor.Address(results.Variance),
        });

    private void Launch(string kernel, ScalarType type, PieceParameters parameters) =>
        kernels.Launch(kernel, type, type, kernels.Over(parameters.Length), parameters);
}
