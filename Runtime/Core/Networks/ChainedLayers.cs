using TorchSharp.Modules;
using static TorchSharp.torch;

namespace KnDsl;

/// <summary>Layers of TorchSharp as parts of a statistic chain: a state goes in and comes out with the value.</summary>
public static class ChainedLayers
{
    /// <summary>Convolves a value, and follows what is known of its statistics.</summary>
    /// <param name="convolution">The convolution or transposed convolution.</param>
    /// <param name="input">[N, C, ...].</param>
    /// <param name="state">The state of the input, or null where nothing is known.</param>
    /// <returns>The output, and its state; null where the input has none.</returns>
    public static (Tensor output, ChannelState? state) call(this Convolution convolution, Tensor input, ChannelState? state) =>
        state is null ? (convolution.call(input), null) : new ConvolutionRule(convolution).Call(input, state);

    /// <summary>Passes a value of features through a linear layer, and follows what is known of its statistics.</summary>
    /// <param name="linear">The linear layer.</param>
    /// <param name="input">[N, C].</param>
    /// <param name="state">The state of the input, or null where nothing is known.</param>
    /// <returns>The output, and its state; null where the input has none.</returns>
    public static (Tensor output, ChannelState? state) call(this Linear linear, Tensor input, ChannelState? state) =>
        state is null ? (linear.call(input), null) : new LinearRule(linear).Call(input, state);
}
