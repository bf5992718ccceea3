using System;
using System.Diagnostics.CodeAnalysis;
using TorchSharp.Modules;
using static KnDsl.Numbers;
using static TorchSharp.torch;

namespace KnDsl;

/// <summary>
/// Global response normalization (Woo et al. 2023, "ConvNeXt V2: Co-designing and scaling ConvNets with masked autoencoders"):
/// y = x + gamma x n + beta, where n is a channel's norm over the image, divided by the mean of all channels' norms.
/// </summary>
public sealed class GlobalResponseNormLayer : nn.Module<Tensor, Tensor>
{
    private readonly long _axis;
    private readonly double _eps;

    /// <summary>Makes the factors and shifts, all 0: at first the module returns its input's values.</summary>
    /// <param name="channels">The number of channels.</param>
    /// <param name="axis">Their dimension; negative ones count from the end.</param>
    /// <param name="rank">The input's number of dimensions; all but the batch and the channels are positions.</param>
    /// <param name="eps">Added to the mean of the norms.</param>
    /// <param name="device">Where its parameters are made.</param>
    /// <param name="dtype">Their type.</param>
    /// <exception cref="ArgumentOutOfRangeException">
    /// There are no channels, there is no such dimension, or <paramref name="eps"/> is not positive.
    /// </exception>
    [DynamicDependency(Components.Reflected, typeof(GlobalResponseNormLayer))]
    public GlobalResponseNormLayer(
        long channels, long axis = 1, long rank = 4, double eps = 1e-6, Device? device = null, ScalarType? dtype = null)
        : base(nameof(GlobalResponseNormLayer))
    {
        Setting.AtLeastOne(channels);
        if (axis < -rank || axis >= rank)
            throw Setting.OutOfRange(nameof(axis), axis, $"must be a dimension of a value of rank {rank}");
        (_axis, _eps) = (axis < 0 ? axis + rank : axis, Setting.Positive(eps));
        var shape = new long[rank];
        Array.Fill(shape, 1);
        shape[_axis] = channels;
        gamma = Operations.learned(shape, 0, 0, device, dtype);
        beta = Operations.learned(shape, 0, 0, device, dtype);
        register_parameter(nameof(gamma), gamma);
        register_parameter(nameof(beta), beta);
    }

    /// <summary>The factors, C in the channels' dimension and 1 in the others: [1, 1, 1, C] where the channels come last.</summary>
    public readonly Parameter gamma;

    /// <summary>The shifts, of the same shape.</summary>
    public readonly Parameter beta;

    /// <inheritdoc/>
    /// <param name="input">A tensor with C channels in the layer's dimension.</param>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        // 16 bits cannot hold every norm of what they hold.
        var norms = Moments.Wide(input).movedim([_axis], [-1]).flatten(1, -2).norm(1);
        var norm = norms.view([input.size(0), .. gamma.shape[1..]]);
        var relative = (norm / Sum(norm.mean([_axis], keepdim: true), _eps)).to(input.dtype);
        return scope.MoveToOuter(Sum(gamma * (input * relative), beta, input));
    }
}
