using System;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace KnDsl;

/// <summary>Folds a scale and shift per channel into the layer that makes the channels.</summary>
internal static class Folding
{
    public static void Into(Convolution convolution, (Tensor Scale, Tensor Shift) affine)
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

        convolution.bias = Bias(convolution.bias, affine);
    }

    public static void Into(Linear linear, (Tensor Scale, Tensor Shift) affine)
    {
        Check(linear.out_features, affine.Scale);
        linear.weight.mul_(affine.Scale.view(-1, 1));
        linear.bias = Bias(linear.bias, affine);
    }

    private static Parameter Bias(Parameter? bias, (Tensor Scale, Tensor Shift) affine) =>
        new(bias is null ? affine.Shift.clone() : bias * affine.Scale + affine.Shift);

    private static void Check(long outputs, Tensor scale)
    {
        if (outputs != scale.size(0))
            throw new ArgumentException(
                $"The layer to fold into has {outputs} output channels where {scale.size(0)} were expected.");
    }
}
