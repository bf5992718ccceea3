using System;
using System.Diagnostics.CodeAnalysis;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace KnDsl;

/// <summary>A learned factor per channel (Touvron et al. 2021, "Going deeper with image transformers").</summary>
public sealed class LayerScale : nn.Module<Tensor, Tensor>
{
    private readonly long _axis;

    /// <summary>Makes the factors.</summary>
    /// <param name="channels">The number of channels.</param>
    /// <param name="initial">Every factor's value at first.</param>
    /// <param name="axis">The dimension of the channels; negative ones count from the end.</param>
    /// <param name="device">Where they are made.</param>
    /// <param name="dtype">Their type.</param>
    /// <exception cref="ArgumentOutOfRangeException">There are no channels.</exception>
    [DynamicDependency(Components.Reflected, typeof(LayerScale))]
    public LayerScale(long channels, double initial = 1e-5, long axis = 1, Device? device = null, ScalarType? dtype = null)
        : base(nameof(LayerScale))
    {
        _axis = axis;
        gamma = Operations.learned([Setting.AtLeastOne(channels)], initial, 0, device, dtype);
        register_parameter(nameof(gamma), gamma);
    }

    /// <summary>The factors, [C].</summary>
    public readonly Parameter gamma;

    /// <inheritdoc/>
    /// <param name="input">A tensor with C channels in the layer's dimension.</param>
    public override Tensor forward(Tensor input)
    {
        using var scale = Operations.along(gamma, _axis, input.dim());
        return input * scale;
    }

    /// <summary>Calls the module as part of a statistic chain; its hooks run.</summary>
    /// <param name="input">[N, C, ...].</param>
    /// <param name="state">The state of the input, or null where nothing is known.</param>
    /// <returns>The output, and its state; null where the input has none, where a hook changed input or output, and where the channels
    /// are not the second dimension, which the state is of.</returns>
    public (Tensor output, ChannelState? state) call(Tensor input, ChannelState? state) => state is null || !IsOfState(input)
        ? ChainedLayers.Call(this, input)
        : ChainedLayers.Call(this, new ScaleRule(gamma), input, state);

    /// <summary>Calls the module for a value that several chains go through, and follows the states of all.</summary>
    /// <param name="input">[N, C, ...].</param>
    /// <param name="state">A state of the input, or null where nothing is known.</param>
    /// <param name="others">The other states of the input.</param>
    /// <returns>The output, and its states in the same order.</returns>
    public (Tensor output, ChannelState?[] states) call(
        Tensor input, ChannelState? state, ReadOnlySpan<ChannelState?> others) => IsOfState(input)
        ? ChainedLayers.Call(this, new ScaleRule(gamma), input, [state, .. others])
        : (call(input), new ChannelState?[others.Length + 1]);

    /// <summary>Whether the channels are those that a state has: the second dimension.</summary>
    private bool IsOfState(Tensor input) => _axis == 1 || _axis + input.dim() == 1;
}
