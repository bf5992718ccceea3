using System.Collections.Generic;
using System.Linq;
using static TorchSharp.torch;

namespace KnDsl;

/// <summary>A use of the filter in the autograd graph.</summary>
internal sealed class FilterNode(FilterSettings settings, long priorRows) : GraphNode
{
    /// <summary>Inputs: x, weight, bias and, with a prior, m0 and v0.</summary>
    protected override Tensor?[] Backward(
        Tensor?[] gradients, IReadOnlyList<Tensor> inputs, IReadOnlyList<Tensor> kept)
    {
        var x = inputs[0];
        var gy = gradients[0] ?? x.new_zeros(x.shape);
        var result = FilterOperations.Backward(gy, gradients[1], gradients[2], x, [.. kept], priorRows, settings);
        return [.. result.Take(inputs.Count)];
    }
}
