using System;
using System.Diagnostics.CodeAnalysis;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace KnDsl;

/// <summary>
/// Layer normalization (Ba et al. 2016) of each position over its channels, whichever dimension they are: torch.nn.LayerNorm
/// of one dimension where that is the last, torchvision's LayerNorm2d where it is the second.
/// </summary>
public sealed class ChannelLayerNorm : nn.Module<Tensor, Tensor>
{
    private readonly long _axis;
    private readonly double _eps;

    /// <summary>Makes the factors, all 1, and the shifts, all 0.</summary>
    /// <param name="channels">The number of channels.</param>
    /// <param name="axis">Their dimension; negative ones count from the end.</param>
    /// <param name="eps">Added to the variance.</param>
    /// <param name="device">Where they are made.</param>
    /// <param name="dtype">Their type.</param>
    /// <exception cref="ArgumentOutOfRangeException">There are no channels, or <paramref name="eps"/> is not positive.</exception>
    [DynamicDependency(Components.Reflected, typeof(ChannelLayerNorm))]
    public ChannelLayerNorm(long channels, long axis = -1, double eps = 1e-5, Device? device = null, ScalarType? dtype = null)
        : base(nameof(ChannelLayerNorm))
    {
        Setting.AtLeastOne(channels);
        (_axis, _eps) = (axis, Setting.Positive(eps));
        weight = Operations.learned([channels], 1, 0, device, dtype);
        bias = Operations.learned([channels], 0, 0, device, dtype);
        register_parameter(nameof(weight), weight);
        register_parameter(nameof(bias), bias);
    }

    /// <summary>The factors, [C].</summary>
    public readonly Parameter weight;

    /// <summary>The shifts, [C].</summary>
    public readonly Parameter bias;

    /// <inheritdoc/>
    /// <param name="input">A tensor with C channels in the layer's dimension.</param>
    public override Tensor forward(Tensor input)
    {
        if (_axis == -1 || _axis == input.dim() - 1)
            return nn.functional.layer_norm(input, weight.shape, weight, bias, _eps);
        using var last = input.movedim([_axis], [-1]);
        using var normalized = nn.functional.layer_norm(last, weight.shape, weight, bias, _eps);
        return normalized.movedim([-1], [_axis]);
    }
}
