using System.Collections.Generic;
using System.Numerics;
using static KnDsl.Numbers;
using static TorchSharp.torch;

namespace KnDsl;

/// <summary>A step between two normalization layers in the autograd graph.</summary>
internal sealed class FusedStepNode<T>(FusedStepShape shape, SeenTaps? seen, MomentSource source) : GraphNode
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly MomentForm _form = source.Form;

    /// <summary>
    /// Inputs: means and variances (or shift and scale), weight and perhaps bias. Outputs m', v' and perhaps the weight, for
    /// the layer itself to use: its gradient comes here then, and this step's is added to it in place. Kept are the means that
    /// single taps pass, where they matter.
    /// </summary>
    protected override Tensor?[] Backward(
        Tensor?[] gradients, IReadOnlyList<Tensor> inputs, IReadOnlyList<Tensor> kept)
    {
        var ofLayer = gradients.Length > 2 ? gradients[2] : null;
        if (gradients[0] is null && gradients[1] is null)
            return inputs.Count == 3 ? [null, null, ofLayer] : [null, null, ofLayer, null];
        var source = new MomentSource(inputs[0], inputs[1], _form);
        var weight = inputs[2];
        var gm = Contiguous(gradients[0], weight);
        var gv = Contiguous(gradients[1], weight);
        var adds = ofLayer is not null && ofLayer.is_contiguous() && ofLayer.dtype == weight.dtype;
        var dw = adds ? ofLayer! : RecycledTensor.Like(weight);
        using var gradient = new FusedStepGradient<T>(shape, source, seen, kept.Count == 0 ? null : kept[0], gm, gv);
        gradient.Propagate(weight, dw, adds);
        if (ofLayer is not null && !adds)
            dw.add_(ofLayer, One);
        var (dm, dv) = gradient.ThroughSource();
        return inputs.Count == 3 ? [dm, dv, dw] : [dm, dv, dw, gm.sum([0])];
    }

    private Tensor Contiguous(Tensor? gradient, Tensor like) =>
        gradient?.contiguous() ?? zeros([shape.Rows, shape.Outputs], like.dtype, like.device);
}
