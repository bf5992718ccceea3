using System.Collections.Generic;
using System.Numerics;
using static TorchSharp.torch;

namespace KnDsl;

/// <summary>A step between two normalization layers in the autograd graph.</summary>
internal sealed class TransitionNode<T>(TransitionShape shape, SeenTaps? seen, bool emitted, bool rectified) : GraphNode
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    /// <summary>
    /// Inputs: means and variances (or shift and scale), weight and perhaps bias; outputs m', v'; kept are the means that
    /// single taps pass, where they matter.
    /// </summary>
    protected override Tensor?[] Backward(
        Tensor?[] gradients, IReadOnlyList<Tensor> inputs, IReadOnlyList<Tensor> kept)
    {
        var source = new TransitionSource(inputs[0], inputs[1], emitted, rectified);
        var weight = inputs[2];
        var gm = Contiguous(gradients[0], weight);
        var gv = Contiguous(gradients[1], weight);
        var dw = empty_like(weight);
        using var gradient = new TransitionGradient<T>(shape, source, seen, kept.Count == 0 ? null : kept[0], gm, gv);
        gradient.Propagate(weight, dw);
        var (dm, dv) = gradient.ThroughSource();
        return inputs.Count == 3 ? [dm, dv, dw] : [dm, dv, dw, gm.sum([0])];
    }

    private Tensor Contiguous(Tensor? gradient, Tensor like) =>
        gradient?.contiguous() ?? zeros([shape.Rows, shape.Outputs], like.dtype, like.device);
}
