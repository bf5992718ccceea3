using System;
using System.Collections.Generic;
using static TorchSharp.torch;

namespace KnDsl;

/// <summary>
/// Moments after a function of straight lines, computed with their derivatives at once, and their use in the autograd graph: kept are the
/// derivatives, [4, N]: of the mean by mean and variance, then of the variance.
/// </summary>
internal abstract class PiecesNode : GraphNode
{
    /// <inheritdoc cref="PiecewiseLinear.Pass"/>
    public Moments Pass(Moments moments, ReadOnlySpan<Piece> pieces)
    {
        moments = moments.Select(Strides.Contiguous);
        Tensor[] inputs = [moments.Mean, moments.Variance];
        var records = Records(inputs);
        Tensor[] outputs;
        Tensor? slopes;
        using (no_grad())
        {
            outputs = [empty_like(moments.Mean), empty_like(moments.Variance)];
            slopes = records ? empty([4, moments.Mean.numel()], moments.Mean.dtype, moments.Mean.device) : null;
            Compute(moments, pieces, new(outputs[0], outputs[1]), slopes);
        }

        if (slopes is not null)
            outputs = Attach(inputs, outputs, notDifferentiable: [], kept: [slopes], saved: 0);
        return new(outputs[0], outputs[1]);
    }

    /// <summary>Writes the moments and, where they are wanted, the derivatives.</summary>
    protected abstract void Compute(Moments moments, ReadOnlySpan<Piece> pieces, Moments outputs, Tensor? slopes);

    /// <summary>Writes the gradients of the argument's moments.</summary>
    /// <param name="slopes">The derivatives.</param>
    /// <param name="gm">The gradient of the mean, or null; not both are null.</param>
    /// <param name="gv">The gradient of the variance, or null.</param>
    /// <param name="results">The gradients to write.</param>
    protected abstract void Propagate(Tensor slopes, Tensor? gm, Tensor? gv, Moments results);

    protected sealed override Tensor?[] Backward(Tensor?[] gradients, IReadOnlyList<Tensor> inputs, IReadOnlyList<Tensor> kept)
    {
        var (gm, gv) = (gradients[0]?.contiguous(), gradients[1]?.contiguous());
        var like = (gm ?? gv)!;
        var results = new Moments(empty_like(like), empty_like(like));
        Propagate(kept[0], gm, gv, results);
        return [results.Mean, results.Variance];
    }
}
