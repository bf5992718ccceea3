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
            var view = weight.view(groups, weight.size(0) / groups, weight.size(1), -1);
            view.mul_(affine.Scale.view(groups, 1, weight.size(1), 1));
        }
        else
        {
            weight.flatten(1).mul_(affine.Scale.view(-1, 1));
        }

        convolution.bias = Bias(convolution.bias, weight, affine);
    }

    internal static void Into(Linear linear, (Tensor Scale, Tensor Shift) affine)
    {
        Check(linear.out_features, affine.Scale);
        linear.weight.mul_(affine.Scale.view(-1, 1));
        linear.bias = Bias(linear.bias, linear.weight, affine);
    }

    /// <summary>The new bias: of the weight's type, and trained where the weight is.</summary>
    private static Parameter Bias(Parameter? bias, Parameter weight, (Tensor Scale, Tensor Shift) affine) =>
        new((bias is null ? affine.Shift : Sum(bias * affine.Scale, affine.Shift)).to(weight.dtype, copy: true), weight.requires_grad);

    private static void Check(long outputs, Tensor scale)
    {
        if (outputs != scale.size(0))
        {
            throw new ArgumentException(
                $"The layer to fold into has {outputs} output channels where {scale.size(0)} were expected.");
        }
    }
}
