using TorchSharp.Modules;
using static TorchSharp.torch;

namespace KnDsl;

/// <summary>
/// Convolution and transposed convolution: the mean passes the sum of each kernel over its taps, the variance the sum of
/// its squares. Padding is taken for more of the same.
/// </summary>
internal static class ConvolutionMoments
{
    public static Moments Of(Moments x, Convolution convolution)
    {
        var weight = convolution.weight;
        var taps = weight.dim() > 2 ? weight.flatten(2) : weight.unsqueeze(2);
        var sum = Matrix(taps.sum(2), convolution);
        var squares = Matrix(taps.square().sum(2), convolution);
        var mean = Product(x.Mean, sum, convolution.groups);
        if (convolution.bias is not null) mean = mean + convolution.bias;
        return new(mean, Product(x.Variance, squares, convolution.groups));
    }

    /// <summary>The kernel sums as [out, in / groups], whichever way the convolution goes.</summary>
    private static Tensor Matrix(Tensor sums, Convolution convolution)
    {
        if (convolution is not ConvolutionTranspose transposed) return sums;

        // [in, out / groups]: the stride decides how many taps an output position sees.
        long visits = 1;
        foreach (var stride in transposed.stride) visits *= stride;
        var groups = transposed.groups;
        return sums.view(groups, -1, sums.size(1)).transpose(1, 2).reshape(-1, sums.size(0) / groups) / visits;
    }

    private static Tensor Product(Tensor x, Tensor matrix, long groups)
    {
        if (groups == 1) return x.matmul(matrix.t());

        // [G, groups, in / groups] by [groups, out / groups, in / groups].
        var inputs = x.view(x.size(0), groups, -1).transpose(0, 1);
        var weights = matrix.view(groups, -1, matrix.size(1)).transpose(1, 2);
        return inputs.matmul(weights).transpose(0, 1).reshape(x.size(0), -1);
    }
}
