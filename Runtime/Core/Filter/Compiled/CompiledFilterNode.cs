using System.Collections.Generic;
using System.Linq;
using static KnDsl.Numbers;
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
        Tensor?[] all = [.. result.Take(inputs.Count)];
        if (priorRows > 0 && IsPriorSpoilt(inputs[3], inputs[4], result[3], result[4]))
            (all[3], all[4]) = (null, null);
        return all;
    }

    /// <summary>
    /// Whether a prior is not finite, and every micro-batch refused it: see <see cref="CpuStatistics.IsPriorSpoilt"/>. A device is not
    /// asked.
    /// </summary>
    private static bool IsPriorSpoilt(Tensor mean, Tensor variance, Tensor ofMean, Tensor ofVariance) =>
        !DevicePath.IsTaken(mean)
        && !DevicePath.Read<bool>(FiniteValues.AreAll(Moments.Wide(mean), Moments.Wide(variance)))
        && !DevicePath.Read<bool>(ofMean.ne(Held(0)).any().logical_or(ofVariance.ne(Held(0)).any()));
}
