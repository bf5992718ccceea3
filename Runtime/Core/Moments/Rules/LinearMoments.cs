using TorchSharp.Modules;
using static TorchSharp.torch;

namespace KnDsl;

/// <summary>Linear layer: the mean passes the weight, the variance the weight's squares.</summary>
internal static class LinearMoments
{
    /// <summary>Of features, [N, C].</summary>
    public static Moments Of(Moments x, Tensor weight, Tensor? bias)
    {
        weight = weight.to(x.Mean.dtype);
        var mean = x.Mean.matmul(weight.t());
        return new(bias is null ? mean : mean + bias, x.Variance.matmul(weight.square().t()));
    }

    /// <summary>
    /// Over the last dimension of [N, C, ..., L], whose positions have their channel's moments. With the sums s of the
    /// weight's rows, those q of their squares, and averages over the outputs, which are positions: mean of (s m + b); mean
    /// of q times v, plus the variance of (s m + b), for positions differ in their means.
    /// </summary>
    public static Moments OfPositions(Moments x, Linear linear)
    {
        var weight = linear.weight.to(x.Mean.dtype);
        var means = x.Mean.unsqueeze(2) * weight.sum([1]);
        if (linear.bias is { } bias) means += bias;
        var mean = means.mean([2], keepdim: true);
        return new(
            mean.squeeze(2), x.Variance * weight.square().sum([1]).mean() + (means - mean).square().mean([2]));
    }
}
