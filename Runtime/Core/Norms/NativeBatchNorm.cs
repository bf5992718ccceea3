using static TorchSharp.torch;

namespace KnDsl;

/// <summary>PyTorch's batch normalization, with gradients that are right in every layout (<see cref="Strides"/>).</summary>
internal static class NativeBatchNorm
{
    public static Tensor Normalize(
        Tensor input, Tensor mean, Tensor variance, Tensor weight, Tensor bias, bool training, double momentum, double eps)
    {
        var settled = Strides.Settle(input);
        var output = nn.functional.batch_norm(settled, mean, variance, weight, bias, training, momentum, eps);
        if (ReferenceEquals(settled, input))
            return output;
        using (settled)
        using (output)
            return output.reshape(input.shape);
    }
}
