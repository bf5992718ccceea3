using TorchSharp.Modules;
using static TorchSharp.torch;

namespace KnDsl;

/// <summary>A learned factor per channel (Touvron et al. 2021, "Going deeper with image transformers").</summary>
public sealed class LayerScale : nn.Module<Tensor, Tensor>
{
    /// <summary>Makes the factors.</summary>
    /// <param name="channels">The number of channels.</param>
    /// <param name="initial">Every factor's value at first.</param>
    /// <param name="device">Where they are made.</param>
    /// <param name="dtype">Their type.</param>
    public LayerScale(long channels, double initial = 1e-5, Device? device = null, ScalarType? dtype = null)
        : base(nameof(LayerScale))
    {
        gamma = Operations.learned([channels], initial, 0, device, dtype);
        RegisterComponents();
    }

    /// <summary>The factors, [C].</summary>
    public readonly Parameter gamma;

    /// <inheritdoc/>
    /// <param name="input">[N, C, ...].</param>
    public override Tensor forward(Tensor input)
    {
        using var scale = Operations.along(gamma, 1, input.dim());
        return input * scale;
    }
}
