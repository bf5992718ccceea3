using System;
using static TorchSharp.torch;

namespace KnDsl;

/// <summary>
/// Observes the statistics of a value, filters them with a prior and normalizes the value, as one differentiable function
/// with two passes over the value forward and two backward.
/// </summary>
/// <remarks>
/// Wang et al. (NeurIPS 2018). With observed mean mu and biased variance var, prior (m0, v0) and gains qm, qv:
/// <code>
/// m = m0 + qm (mu - m0)
/// v = v0 + qv (var - v0) + qv (1 - qv) (mu - m0)^2
/// y = weight (x - m) / sqrt(v + eps) + bias
/// </code>
/// Without a prior, or where the channel-mean of v0 / var is 100 or more (the authors' guard), m = mu and v = var.
/// </remarks>
internal static class KalmanFilter
{
    /// <summary>Normalizes a value.</summary>
    /// <param name="input">[n, G*C, ...]: n samples, micro-batches among the channels.</param>
    /// <param name="weight">[C].</param>
    /// <param name="bias">[C].</param>
    /// <param name="prior">[G, C] or [1, C] each, or null where the chain begins.</param>
    /// <param name="settings">Gains, eps, micro-batches.</param>
    public static Filtered Normalize(
        Tensor input, Tensor weight, Tensor bias, Moments? prior, FilterSettings settings)
    {
        CheckCount(input, prior);
        Tensor[] inputs = prior is { } known
            ? [input, weight, bias, known.Mean, known.Variance]
            : [input, weight, bias];

        Tensor[] result;
        using (no_grad()) result = FilterOperations.Forward(input, weight, bias, prior, settings);
        var outputs = result[..4];
        if (GraphNode.Records(inputs))
        {
            var node = new FilterNode(settings, prior?.Mean.size(0) ?? 0);
            outputs = node.Attach(inputs, outputs, notDifferentiable: [outputs[3]], kept: result[4..]);
        }
        else
        {
            foreach (var tensor in result[4..]) tensor.Dispose();
        }

        return new(outputs[0], outputs[1], outputs[2], outputs[3]);
    }

    private static void CheckCount(Tensor input, Moments? prior)
    {
        if (prior is null && input.numel() == input.size(1))
            throw new ArgumentException(
                "Expected more than 1 value per channel when training without a prior, got a value of shape " +
                $"[{string.Join(", ", input.shape)}].", nameof(input));
    }
}
