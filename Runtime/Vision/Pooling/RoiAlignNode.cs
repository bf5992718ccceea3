using System.Collections.Generic;
using System.Numerics;
using static TorchSharp.torch;

namespace KnDsl.Vision;

/// <summary>A use of roi_align on a CPU in the autograd graph: input and output are one each.</summary>
internal sealed class RoiAlignNode<T>(RoiAlignKernel<T> kernel) : GraphNode
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    /// <inheritdoc/>
    protected override Tensor?[] Backward(Tensor?[] gradients, IReadOnlyList<Tensor> inputs, IReadOnlyList<Tensor> kept) =>
        [gradients[0] is { } gradient ? kernel.Backward(gradient.to(inputs[0].dtype)) : null];
}
