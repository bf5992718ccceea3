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
        gamma = new Parameter(full([channels], initial, dtype: dtype ?? get_default_dtype(), device: device ?? get_default_device()));
        RegisterComponents();
    }

    /// <summary>The factors, [C].</summary>
    public readonly Parameter gamma;

    /// <inheritdoc/>
    /// <param name="input">[N, C, ...].</param>
    public override Tensor forward(Tensor input)
    {
        var shape = new long[input.dim()];
        System.Array.Fill(shape, 1);
        shape[1] = gamma.shape[0];
        using var scale = gamma.view(shape);
        return input * scale;
    }
}
