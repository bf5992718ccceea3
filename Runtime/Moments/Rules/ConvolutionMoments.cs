using TorchSharp.Modules;
using static TorchSharp.torch;

namespace KnDsl;

/// <summary>
/// Convolution: the mean passes the sum of each kernel over its taps, the variance the sum of its squares. Padding is taken
/// for more of the same.
/// </summary>
internal static class ConvolutionMoments
{
    public static Moments Of(Moments x, Convolution convolution)
    {
        var moments = convolution is ConvolutionTranspose transposed
            ? TransposedConvolutionMoments.Of(x, transposed)
            : OfTaps(x, convolution.weight.flatten(2), convolution.groups);
        return convolution.bias is { } bias ? moments with { Mean = moments.Mean + bias } : moments;
    }

    private static Moments OfTaps(Moments x, Tensor taps, long groups) => new(
        Product(x.Mean, taps.sum([2L]), groups), Product(x.Variance, taps.square().sum([2L]), groups));

    /// <summary>Moments, [rows, in], by a matrix of groups, [out, in / groups].</summary>
    public static Tensor Product(Tensor x, Tensor matrix, long groups)
    {
        if (groups == 1) return x.matmul(matrix.t());

        // [rows, groups, in / groups] by [groups, out / groups, in / groups].
        var inputs = x.reshape(x.size(0), groups, -1).transpose(0, 1);
        var weights = matrix.view(groups, -1, matrix.size(1)).transpose(1, 2);
        return inputs.matmul(weights).transpose(0, 1).reshape(x.size(0), -1);
    }
}
