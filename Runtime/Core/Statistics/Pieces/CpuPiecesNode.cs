using System.Collections.Generic;
using System.Numerics;
using static TorchSharp.torch;

namespace KnDsl;

/// <summary>A use of <see cref="CpuPieces"/> in the autograd graph: kept are the derivatives, [4, N].</summary>
internal sealed unsafe class CpuPiecesNode<T> : GraphNode
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    protected override Tensor?[] Backward(Tensor?[] gradients, IReadOnlyList<Tensor> inputs, IReadOnlyList<Tensor> kept)
    {
        var (gm, gv) = (gradients[0]?.contiguous(), gradients[1]?.contiguous());
        var like = (gm ?? gv)!;
        var (dmean, dvariance) = (empty_like(like), empty_like(like));
        var length = kept[0].size(1);
        var slopes = NativeTensor.Pointer<T>(kept[0]);
        var ofMean = gm is null ? null : NativeTensor.Pointer<T>(gm);
        var ofVariance = gv is null ? null : NativeTensor.Pointer<T>(gv);
        var byMean = NativeTensor.Pointer<T>(dmean);
        var byVariance = NativeTensor.Pointer<T>(dvariance);
        for (long i = 0; i < length; i++)
        {
            var (m, v) = (ofMean is null ? T.Zero : ofMean[i], ofVariance is null ? T.Zero : ofVariance[i]);
            byMean[i] = m * slopes[i] + v * slopes[2 * length + i];
            byVariance[i] = m * slopes[length + i] + v * slopes[3 * length + i];
        }

        return [dmean, dvariance];
    }
}
