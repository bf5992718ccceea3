using System;
using System.Diagnostics.CodeAnalysis;
using TorchSharp.Modules;
using static KnDsl.Numbers;
using static TorchSharp.torch;

namespace KnDsl;

/// <summary>
/// Root mean square normalization (Zhang and Sennrich 2019, "Root mean square layer normalization") of each position over its
/// channels, whichever dimension they are: layer normalization without a mean and a shift.
/// </summary>
public sealed class ChannelRmsNorm : nn.Module<Tensor, Tensor>
{
    private readonly long _axis;
    private readonly double _eps;

    /// <summary>Makes the factors, all 1.</summary>
    /// <param name="channels">The number of channels.</param>
    /// <param name="axis">Their dimension; negative ones count from the end.</param>
    /// <param name="eps">Added to the mean square.</param>
    /// <param name="device">Where they are made.</param>
    /// <param name="dtype">Their type.</param>
    /// <exception cref="ArgumentOutOfRangeException">There are no channels, or <paramref name="eps"/> is not positive.</exception>
    [DynamicDependency(Components.Reflected, typeof(ChannelRmsNorm))]
    public ChannelRmsNorm(long channels, long axis = -1, double eps = 1e-5, Device? device = null, ScalarType? dtype = null)
        : base(nameof(ChannelRmsNorm))
    {
        Setting.AtLeastOne(channels);
        (_axis, _eps) = (axis, Setting.Positive(eps));
        weight = Operations.learned([channels], 1, 0, device, dtype);
        register_parameter(nameof(weight), weight);
    }

    /// <summary>The factors, [C].</summary>
    public readonly Parameter weight;

    /// <inheritdoc/>
    /// <param name="input">A tensor with C channels in the layer's dimension.</param>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        // 16 bits cannot hold the squares.
        var wide = Moments.Wide(input);
        var scale = Square(wide).mean([_axis], keepdim: true).add_(Held(_eps), One).rsqrt_();
        return scope.MoveToOuter((wide * scale).to(input.dtype) * Operations.along(weight, _axis, input.dim()));
    }
}
