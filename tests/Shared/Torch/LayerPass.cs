using System.Collections.Generic;
using System.Linq;
using static TorchSharp.torch;

namespace KnDsl.Tests;

/// <summary>A layer's forward and backward pass in training, and everything that it gives.</summary>
internal static class LayerPass
{
    /// <param name="layer">A layer of 4 channels and 64 bits.</param>
    /// <param name="value">[N, 4, ...], where the layer is.</param>
    /// <param name="direction">What the output's gradient is, of the value's shape.</param>
    /// <param name="withPrior">Whether a prior comes, whose gradient is among the results.</param>
    /// <returns>Output, loss, gradients and buffers, by what they are.</returns>
    public static Dictionary<string, Tensor> Run(NormLayer layer, Tensor value, Tensor direction, bool withPrior)
    {
        var x = value.clone().requires_grad_();
        var mean = tensor([0.5, 1, 1.5, 0.9], float64, value.device).requires_grad_();
        var variance = tensor([3.0, 4, 5, 2], float64, value.device).requires_grad_();
        layer.zero_grad();
        manual_seed(1);
        var (y, emitted, posterior) = layer.call(x, withPrior ? ChannelState.Gaussian(mean, variance, x.shape[2..]) : null);
        var loss = (y * direction).sum();
        foreach (var state in new[] { emitted, posterior }.OfType<ChannelState>())
        {
            var (m, v) = state.MeanAndVariance();
            loss = loss + (m * 0.3).sum() + v.sqrt().sum();
        }

        loss.backward();
        var result = new Dictionary<string, Tensor> { ["output"] = y.detach(), ["loss"] = loss.detach(), ["gradient of x"] = x.grad! };
        foreach (var (what, tensor) in new[] { ("prior's mean", mean), ("prior's variance", variance) })
        {
            if (tensor.grad is { } gradient)
                result.Add($"gradient of the {what}", gradient);
        }

        foreach (var (what, parameter) in layer.named_parameters())
            result.Add($"gradient of {what}", parameter.grad ?? zeros_like(parameter));
        foreach (var (what, buffer) in layer.named_buffers())
            result.Add(what, buffer.clone());
        return result;
    }
}
