using System;
using static TorchSharp.torch;

namespace KnDsl;

/// <summary>Moments after a function of straight lines on a CUDA device: one kernel, which also gives their derivatives.</summary>
internal static class CudaPieces
{
    /// <summary>Whether there is a kernel for them.</summary>
    public static bool Serves(Moments moments, int pieces) => DevicePath.IsTaken(moments.Mean) && pieces <= PieceParameters.Most
        && moments.Variance.dtype == moments.Mean.dtype && DevicePath.AreTogether(moments.Variance, moments.Mean)
        && moments.Variance.numel() == moments.Mean.numel() && moments.Variance.dim() == moments.Mean.dim() && moments.Mean.numel() > 0
        && DeviceKernels.For(moments.Mean, moments.Mean.dtype) is not null;

    /// <inheritdoc cref="PiecewiseLinear.Pass"/>
    public static Moments Pass(Moments moments, ReadOnlySpan<Piece> pieces)
    {
        moments = moments.Select(Strides.Contiguous);
        var (kernels, type) = (DeviceKernels.For(moments.Mean, moments.Mean.dtype)!, moments.Mean.dtype);
        Tensor[] inputs = [moments.Mean, moments.Variance];
        var records = GraphNode.Records(inputs);
        Tensor[] outputs;
        Tensor? slopes;
        using (no_grad())
        {
            outputs = [empty_like(moments.Mean), empty_like(moments.Variance)];
            slopes = records ? empty([4, moments.Mean.numel()], type, moments.Mean.device) : null;
            var parameters = new PieceParameters(moments, pieces)
            {
                OutMean = NativeTensor.Address(outputs[0]),
                OutVariance = NativeTensor.Address(outputs[1]),
                Slopes = NativeTensor.Address(slopes),
            };
            kernels.Launch("pieces", type, type, kernels.Over(parameters.Length), parameters);
            GC.KeepAlive(inputs);
        }

        if (slopes is not null)
            outputs = new CudaPiecesNode(kernels).Attach(inputs, outputs, notDifferentiable: [], kept: [slopes], saved: 0);
        return new(outputs[0], outputs[1]);
    }
}
