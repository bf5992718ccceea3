using static TorchSharp.torch;

namespace KnDsl;

/// <summary>Linear layer: the mean passes the weight, the variance the weight's squares.</summary>
internal static class LinearMoments
{
    public static Moments Of(Moments x, Tensor weight, Tensor? bias)
    {
        var mean = x.Mean.matmul(weight.t());
        return new(bias is null ? mean : mean + bias, x.Variance.matmul(weight.square().t()));
    }
}
