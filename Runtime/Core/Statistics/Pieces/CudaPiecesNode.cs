using System.Collections.Generic;
using static TorchSharp.torch;

namespace KnDsl;

/// <summary>A use of <see cref="CudaPieces"/> in the autograd graph: kept are the derivatives, [4, N].</summary>
internal sealed class CudaPiecesNode(DeviceKernels kernels) : GraphNode
{
    protected override Tensor?[] Backward(Tensor?[] gradients, IReadOnlyList<Tensor> inputs, IReadOnlyList<Tensor> kept)
    {
        var slopes = kept[0];
        var (gm, gv) = (gradients[0]?.contiguous(), gradients[1]?.contiguous());
        var like = (gm ?? gv)!;
        var (dmean, dvariance) = (empty_like(like), empty_like(like));
        var parameters = new PieceParameters
        {
            Length = slopes.size(1),
            Slopes = NativeTensor.Address(slopes),
            Gm = NativeTensor.Address(gm),
            Gv = NativeTensor.Address(gv),
            Dmean = NativeTensor.Address(dmean),
            Dvariance = NativeTensor.Address(dvariance),
        };
        kernels.Launch("pieces_gradient", slopes.dtype, slopes.dtype, kernels.Over(parameters.Length), parameters);
        return [dmean, dvariance];
    }
}
