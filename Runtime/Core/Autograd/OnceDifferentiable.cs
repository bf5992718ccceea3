using System.Collections.Generic;
using System.Linq;
using static TorchSharp.torch;

namespace KnDsl;

/// <summary>
/// A gradient that can be asked for with <c>create_graph</c>, but not differentiated: PyTorch's <c>once_differentiable</c>. Whoever
/// differentiates it gets an error, and no wrong number.
/// </summary>
internal sealed class OnceDifferentiable : GraphNode
{
    private OnceDifferentiable()
    {
    }

    /// <summary>Puts gradients into the graph.</summary>
    /// <param name="gradients">The gradients, null where there is none.</param>
    /// <param name="depending">All that they depend on.</param>
    public static Tensor?[] Mark(Tensor?[] gradients, IEnumerable<Tensor> depending)
    {
        Tensor[] inputs = [.. depending.Where(tensor => tensor.requires_grad)];
        if (!Records(inputs))
            return gradients;
        int[] given = [.. Enumerable.Range(0, gradients.Length).Where(i => gradients[i] is not null)];
        if (given.Length == 0)
            return gradients;
        Tensor[] outputs = [.. given.Select(i => gradients[i]!)];
        var marked = new OnceDifferentiable().Attach(inputs, outputs, notDifferentiable: [], kept: [], saved: 0);
        var result = new Tensor?[gradients.Length];
        foreach (var (i, gradient) in given.Zip(marked))
            result[i] = gradient;
        return result;
    }

    protected override Tensor?[] Backward(Tensor?[] gradients, IReadOnlyList<Tensor> inputs, IReadOnlyList<Tensor> kept) =>
        throw NoSecondDerivative();

    protected override Tensor?[] Recorded(Tensor?[] gradients, Tensor[] saved) => throw NoSecondDerivative();
}
