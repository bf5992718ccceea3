using System.Collections.Generic;
using static TorchSharp.torch;

namespace KnDsl;

/// <summary>
/// Comes after the reader of a value that is to be computed again: its gradient passes here before it reaches the reader.
/// </summary>
internal sealed class RecomputeTrigger : GraphNode
{
    private readonly Recomputation _recomputation;

    private RecomputeTrigger(Recomputation recomputation) => _recomputation = recomputation;

    /// <summary>Puts one after what a reader made.</summary>
    /// <param name="made">The reader's output.</param>
    /// <param name="recomputation">That of the value that it has read.</param>
    /// <returns>The output, now with the trigger on the way back; another handle, which takes the place of the first.</returns>
    public static Tensor After(Tensor made, Recomputation recomputation)
    {
        using var scope = NewDisposeScope();
        var output = new RecomputeTrigger(recomputation).Attach([made], [made.detach()], notDifferentiable: [], kept: [], saved: 0)[0];
        return scope.MoveToOuter(output);
    }

    protected override Tensor?[] Backward(Tensor?[] gradients, IReadOnlyList<Tensor> inputs, IReadOnlyList<Tensor> kept)
    {
        _recomputation.Ensure();
        return [gradients[0]];
    }

    protected override Tensor? Compose(IReadOnlyList<Tensor> inputs, Tensor? output)
    {
        _recomputation.Ensure();
        return inputs[0].alias();
    }
}
