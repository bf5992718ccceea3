using System;
using System.Linq;
using TorchSharp.Modules;
using static KnDsl.Numbers;
using static TorchSharp.torch;

namespace KnDsl;

/// <summary>Folds a scale and shift per channel into the layer that makes the channels.</summary>
public static class Folding
{
    /// <summary>
    /// Demands that a network is in evaluation mode, all of its normalization layers too, so that folding either succeeds
    /// or changes nothing. A generated <c>fold()</c> begins with it.
    /// </summary>
    /// <param name="network">The network that is to be folded.</param>
    /// <exception cref="InvalidOperationException">It, or a normalization layer in it, is in training mode.</exception>
    public static void RequireEvaluation(nn.Module network)
    {
        ArgumentNullException.ThrowIfNull(network);
        if (network.training)
            throw new InvalidOperationException($"{network.GetName()} is in training mode: call eval() before fold().");
        if (network.named_modules().FirstOrDefault(entry => entry.module is NormLayer { training: true }).name is { } name)
        {
            throw new InvalidOperationException(
                $"{name} of {network.GetName()} is in training mode: call eval() of the whole network before fold().");
        }
    }

    internal static void Into(Convolution convolution, (Tensor Scale, Tensor Shift) affine)
    {
        var (weight, groups) = (convolution.weight, convolution.groups);
        Check(convolution.out_channels, affine.Scale);
        if (convolution is ConvolutionTranspose)
        {
            // [in, out / groups, ...taps]: the outputs of a group belong to the inputs of that group.
            var outputs = weight.size(1);
            var scale = affine.Scale.view(groups, 1, outputs).expand(groups, weight.size(0) / groups, outputs).reshape(-1, outputs);
            Scale(weight, OverTaps(scale, weight));
        }
        else
        {
            Scale(weight, OverTaps(affine.Scale, weight));
        }

        convolution.bias = Bias(convolution.bias, weight, affine);
    }

    /// <summary>Factors of a weight's first dimensions, for all of its taps: it may lie in memory as it likes.</summary>
    private static Tensor OverTaps(Tensor scale, Tensor weight)
    {
        var shape = new long[weight.dim()];
        Array.Fill(shape, 1);
        scale.shape.CopyTo(shape, 0);
        return scale.view(shape);
    }

    internal static void Into(Linear linear, (Tensor Scale, Tensor Shift) affine)
    {
        Check(linear.out_features, affine.Scale);
        Scale(linear.weight, affine.Scale.view(-1, 1));
        linear.bias = Bias(linear.bias, linear.weight, affine);
    }

    /// <summary>Multiplies a weight where it is, and rounds it once.</summary>
    private static void Scale(Parameter weight, Tensor scale) => weight.copy_(Moments.Wide(weight) * scale);

    /// <summary>The new bias: of the weight's type, and trained where the weight is.</summary>
    private static Parameter Bias(Parameter? bias, Parameter weight, (Tensor Scale, Tensor Shift) affine) =>
        new((bias is null ? affine.Shift : Sum(Moments.Wide(bias) * affine.Scale, affine.Shift))
            .to(weight.dtype, copy: true), weight.requires_grad);

    private static void Check(long outputs, Tensor scale)
    {
        if (outputs != scale.size(0))
        {
            throw new ArgumentException(
                $"The layer to fold into has {outputs} output channels where {scale.size(0)} were expected.");
        }
    }
}
