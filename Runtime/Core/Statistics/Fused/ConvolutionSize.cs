using System.Collections.Generic;
using TorchSharp;
using TorchSharp.Modules;

namespace KnDsl;

/// <summary>
/// The spatial size of a convolution's output, for a state that is computed before the output is, and for the shares of
/// padding.
/// </summary>
internal static class ConvolutionSize
{
    public static IReadOnlyList<long> After(IReadOnlyList<long> size, Convolution convolution)
    {
        var result = new long[size.Count];
        for (var i = 0; i < result.Length; i++)
        {
            var reach = convolution.dilation[i] * (convolution.kernel_size[i] - 1);
            var stride = convolution.stride[i];
            var padding = convolution.padding?[i] ?? 0;
            result[i] = convolution switch
            {
                ConvolutionTranspose transposed =>
                    (size[i] - 1) * stride - 2 * padding + reach + transposed.output_padding[i] + 1,
                { padding_type: Padding.Same } => size[i],
                _ => (size[i] + 2 * padding - reach - 1) / stride + 1,
            };
        }

        return result;
    }
}
