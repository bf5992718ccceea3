using System.Collections.Generic;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace KnDsl;

/// <summary>
/// Convolution and transposed convolution. Where every tap of the kernel meets the input, the mean passes the sum of the
/// taps and the variance the sum of their squares. At a border, or between the positions of a transposed convolution, some
/// taps meet zeros: then each counts with the share of positions where it meets the input, and positions differ in their
/// means, which is variance too.
/// </summary>
internal static class ConvolutionMoments
{
    /// <param name="x">The moments before.</param>
    /// <param name="size">The spatial size before.</param>
    /// <param name="convolution">The convolution.</param>
    public static Moments Of(Moments x, IReadOnlyList<long> size, Convolution convolution)
    {
        var taps = Taps(convolution).to(x.Mean.dtype);
        var moments = SeenTaps.Of(size, convolution) is { } seen
            ? OfSome(x, taps, seen, convolution.groups)
            : OfAll(x, taps, convolution.groups);
        return convolution.bias is { } bias ? moments with { Mean = moments.Mean + bias } : moments;
    }

    private static Moments OfAll(Moments x, Tensor taps, long groups) => new(
        Product(x.Mean, taps.sum([2L]), groups), Product(x.Variance, taps.square().sum([2L]), groups));

    /// <summary>With A the mean that a tap alone passes: sum of share A; sum of share W^2 v + A' covariance A.</summary>
    private static Moments OfSome(Moments x, Tensor taps, SeenTaps seen, long groups)
    {
        var shares = tensor(seen.Shares, taps.dtype, taps.device);
        var covariance = tensor(seen.Covariance, taps.dtype, taps.device);
        var means = Product(x.Mean, taps.transpose(1, 2).flatten(0, 1), groups).view(x.Mean.size(0), -1, shares.numel());
        var within = Product(x.Variance, taps.square().matmul(shares), groups);
        return new(means.matmul(shares), within + (means.matmul(covariance) * means).sum([2L]));
    }

    /// <summary>The weight as [out, in / groups, taps].</summary>
    private static Tensor Taps(Convolution convolution)
    {
        var (weight, groups) = (convolution.weight.flatten(2), convolution.groups);
        if (convolution is not ConvolutionTranspose) return weight;

        // [in, out / groups, taps]: the outputs of a group belong to the inputs of that group.
        return weight.view(groups, weight.size(0) / groups, weight.size(1), -1).transpose(1, 2).flatten(0, 1);
    }

    /// <summary>Moments, [rows, in], by a matrix of groups, [out, in / groups].</summary>
    private static Tensor Product(Tensor x, Tensor matrix, long groups)
    {
        if (groups == 1) return x.matmul(matrix.t());

        // [rows, groups, in / groups] by [groups, out / groups, in / groups].
        var inputs = x.reshape(x.size(0), groups, -1).transpose(0, 1);
        var weights = matrix.reshape(groups, -1, matrix.size(1)).transpose(1, 2);
        return inputs.matmul(weights).transpose(0, 1).reshape(x.size(0), -1);
    }
}
