using System.Collections.Generic;
using System.Linq;
using static TorchSharp.torch;

namespace KnDsl;

/// <summary>A use of the compiled filter in the autograd graph.</summary>
internal sealed class CompiledFilterNode(long microBatches, long priorRows, FilterSettings settings) : GraphNode
{
    /// <summary>Inputs as <see cref="FilterArguments.Differentiable"/> lists them; outputs y, m, v.</summary>
    protected override Tensor?[] Backward(
        Tensor?[] gradients, IReadOnlyList<Tensor> inputs, IReadOnlyList<Tensor> kept)
    {
        var x = inputs[0];
        var result = CompiledOperations.Backward(
            gradients[0] ?? zeros_like(x), gradients[1], gradients[2], x, [.. kept], priorRows, inputs.Count > 5, microBatches, settings);
        for (var i = 5; i < inputs.Count; i++)
            result[i] = Broadcast.SumTo(result[i], inputs[i]);
        return [.. result.Take(inputs.Count)];
    }
}
