using System.Linq;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace KnDsl;

/// <summary>
/// Transposed convolution: the stride decides which taps an output position sees, so that positions of different phase have
/// different moments. A channel mixes all phases.
/// </summary>
internal static class TransposedConvolutionMoments
{
    public static Moments Of(Moments x, ConvolutionTranspose convolution)
    {
        // [in, out / groups, taps], the taps of one phase added up: [in, out / groups, phases].
        var taps = convolution.weight.flatten(2);
        var phases = Windows.Count(convolution.stride);
        var phaseOfTap = tensor(PhaseOfTap(convolution), ScalarType.Int64, taps.device);
        Tensor Phases(Tensor values) => zeros([values.size(0), values.size(1), phases], taps.dtype, taps.device)
            .index_add(2, phaseOfTap, values, 1);

        var mean = Product(x.Mean, Phases(taps), convolution.groups);
        var variance = Product(x.Variance, Phases(taps.square()), convolution.groups);
        return MixtureMoments.Of(new(mean, variance), phases);
    }

    /// <summary>Moments, [rows, in], by the phases: [rows, out * phases].</summary>
    private static Tensor Product(Tensor x, Tensor phases, long groups)
    {
        var byGroup = phases.view(groups, phases.size(0) / groups, -1).transpose(1, 2);
        return ConvolutionMoments.Product(x, byGroup.reshape(-1, phases.size(0) / groups), groups);
    }

    private static long[] PhaseOfTap(ConvolutionTranspose convolution)
    {
        var taps = (int)Windows.Count(convolution.kernel_size);
        return [.. Enumerable.Range(0, taps).Select(tap =>
        {
            long rest = tap, phase = 0, weight = 1;
            for (var i = convolution.kernel_size.Length - 1; i >= 0; i--)
            {
                var position = rest % convolution.kernel_size[i] * convolution.dilation[i];
                phase += position % convolution.stride[i] * weight;
                weight *= convolution.stride[i];
                rest /= convolution.kernel_size[i];
            }

            return phase;
        })];
    }
}
