using System;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace KnDsl;

/// <summary>
/// Layers of TorchSharp as parts of a statistic chain: a state goes in and comes out with the value. The layer's hooks run; what they
/// put in the place of the input or the output has no state that is known.
/// </summary>
public static class ChainedLayers
{
    /// <summary>Convolves a value, and follows what is known of its statistics.</summary>
    /// <param name="convolution">The convolution or transposed convolution.</param>
    /// <param name="input">[N, C, ...].</param>
    /// <param name="state">The state of the input, or null where nothing is known.</param>
    /// <returns>The output, and its state; null where the input has none.</returns>
    public static (Tensor output, ChannelState? state) call(this Convolution convolution, Tensor input, ChannelState? state) =>
        state is null ? Call(convolution, input) : Call(convolution, new ConvolutionRule(convolution), input, state);

    /// <summary>Convolves a value that several chains go through, and follows the states of all.</summary>
    /// <param name="convolution">The convolution or transposed convolution.</param>
    /// <param name="input">[N, C, ...].</param>
    /// <param name="state">A state of the input, or null where nothing is known.</param>
    /// <param name="others">The other states of the input.</param>
    /// <returns>The output, and its states in the same order; null where the input has none.</returns>
    public static (Tensor output, ChannelState?[] states) call(
        this Convolution convolution, Tensor input, ChannelState? state, ReadOnlySpan<ChannelState?> others) =>
        Call(convolution, new ConvolutionRule(convolution), input, [state, .. others]);

    /// <summary>Passes a value of features through a linear layer, and follows what is known of its statistics.</summary>
    /// <param name="linear">The linear layer.</param>
    /// <param name="input">[N, C].</param>
    /// <param name="state">The state of the input, or null where nothing is known.</param>
    /// <returns>The output, and its state; null where the input has none.</returns>
    public static (Tensor output, ChannelState? state) call(this Linear linear, Tensor input, ChannelState? state) =>
        state is null ? Call(linear, input) : Call(linear, new LinearRule(linear), input, state);

    /// <summary>Passes a value that several chains go through, and follows the states of all.</summary>
    /// <param name="linear">The linear layer.</param>
    /// <param name="input">[N, C].</param>
    /// <param name="state">A state of the input, or null where nothing is known.</param>
    /// <param name="others">The other states of the input.</param>
    /// <returns>The output, and its states in the same order; null where the input has none.</returns>
    public static (Tensor output, ChannelState?[] states) call(
        this Linear linear, Tensor input, ChannelState? state, ReadOnlySpan<ChannelState?> others) =>
        Call(linear, new LinearRule(linear), input, [state, .. others]);

    /// <summary>Activates a value by a PReLU, and follows what is known of its statistics.</summary>
    /// <param name="prelu">The activation.</param>
    /// <param name="input">[N, C, ...].</param>
    /// <param name="state">The state of the input, or null where nothing is known.</param>
    /// <returns>The output, and its state; null where the input has none.</returns>
    public static (Tensor output, ChannelState? state) call(this PReLU prelu, Tensor input, ChannelState? state) =>
        state is null ? Call(prelu, input) : Call(prelu, new PReluRule(prelu.weight), input, state);

    /// <summary>Activates a value that several chains go through, and follows the states of all.</summary>
    /// <param name="prelu">The activation.</param>
    /// <param name="input">[N, C, ...].</param>
    /// <param name="state">A state of the input, or null where nothing is known.</param>
    /// <param name="others">The other states of the input.</param>
    /// <returns>The output, and its states in the same order; null where the input has none.</returns>
    public static (Tensor output, ChannelState?[] states) call(
        this PReLU prelu, Tensor input, ChannelState? state, ReadOnlySpan<ChannelState?> others) =>
        Call(prelu, new PReluRule(prelu.weight), input, [state, .. others]);

    /// <summary>A call where nothing is known of the input.</summary>
    internal static (Tensor output, ChannelState? state) Call(nn.Module<Tensor, Tensor> layer, Tensor input) =>
        (Handles.Own(layer.call(input), input), null);

    /// <summary>A call of a layer whose weights have a rule.</summary>
    internal static (Tensor output, ChannelState? state) Call(
        nn.Module<Tensor, Tensor> layer, MomentRule rule, Tensor input, ChannelState state)
    {
        if (!Hooks.Any(layer))
            return Forward(layer, rule, input, state);
        var hooked = Hooks.Before(layer, input);
        var (made, after) = Forward(layer, rule, hooked, Hooks.StateOf(hooked, input, state));
        var output = Hooks.After(layer, hooked, made);
        return (Handles.Own(output, input), Hooks.StateOf(output, made, after));
    }

    /// <summary>A call of a layer whose weights have a rule, for several states.</summary>
    internal static (Tensor output, ChannelState?[] states) Call(
        nn.Module<Tensor, Tensor> layer, MomentRule rule, Tensor input, ReadOnlySpan<ChannelState?> states)
    {
        var after = new ChannelState?[states.Length];
        var hooked = Hooks.Before(layer, input);
        (var made, after[0]) = Forward(layer, rule, hooked, Hooks.StateOf(hooked, input, states[0]));
        for (var i = 1; i < after.Length; i++)
            after[i] = Hooks.StateOf(hooked, input, states[i])?.Pass(rule, made);
        var output = Hooks.After(layer, hooked, made);
        for (var i = 0; i < after.Length; i++)
            after[i] = Hooks.StateOf(output, made, after[i]);
        return (Handles.Own(output, input), after);
    }

    private static (Tensor Output, ChannelState? State) Forward(
        nn.Module<Tensor, Tensor> layer, MomentRule rule, Tensor input, ChannelState? state)
    {
        switch (state, rule)
        {
            case (not null, ConvolutionRule convolution):
                CheckRank((Convolution)layer, input);
                return convolution.Forward(input, state);
            case (not null, LinearRule linear):
                return linear.Forward(input, state);
            default:
                var output = layer.forward(input);
                return (output, state?.Pass(rule, output));
        }
    }

    /// <summary>Demands that a value has the dimensions of a convolution: a hook may have put one of others in its place.</summary>
    private static void CheckRank(Convolution convolution, Tensor input)
    {
        var weight = convolution.weight!.shape;
        if (input.dim() != weight.Length)
        {
            throw new ArgumentException(
                $"{convolution.GetName()} with a weight of [{string.Join(", ", weight)}] takes {weight.Length} dimensions, found "
                    + $"[{string.Join(", ", input.shape)}]. A hook before it may have put a value of other dimensions in the place of one.",
                nameof(input));
        }
    }
}
