using System;
using System.Collections.Generic;
using static TorchSharp.torch;

namespace KnDsl;

/// <summary>
/// Comes after values whose makers have read others that are to be computed again: the gradients of all of them pass here before they
/// reach a maker.
/// </summary>
internal sealed class RecomputeTrigger : GraphNode
{
    private readonly Action _ensure;
    private readonly Action? _release;

    private RecomputeTrigger(Action ensure, Action? release) => (_ensure, _release) = (ensure, release);

    /// <summary>Puts one after what readers made.</summary>
    /// <param name="made">Their outputs.</param>
    /// <param name="ensure">Computes again what they have read.</param>
    /// <param name="release">Called when the graph is gone.</param>
    /// <returns>The outputs, now with the trigger on the way back; other handles, which take the place of the first.</returns>
    public static Tensor[] After(Tensor[] made, Action ensure, Action? release = null)
    {
        using var scope = NewDisposeScope();
        var outputs = new RecomputeTrigger(ensure, release).Attach(
            made, Array.ConvertAll(made, value => value.detach()), notDifferentiable: [], kept: [], saved: 0);
        foreach (var output in outputs)
            scope.MoveToOuter(output);
        return outputs;
    }

    protected override Tensor?[] Backward(Tensor?[] gradients, IReadOnlyList<Tensor> inputs, IReadOnlyList<Tensor> kept)
    {
        _ensure();
        return [.. gradients];
    }

    /// <summary>The gradients themselves are those of the inputs, differentiable or not.</summary>
    protected override Tensor?[] Recorded(Tensor?[] gradients, Tensor[] saved)
    {
        _ensure();
        return [.. gradients];
    }

    protected override void Release() => _release?.Invoke();
}
