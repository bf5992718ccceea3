using System.Collections.Generic;
using static TorchSharp.torch;

namespace KnDsl;

/// <summary>No normalization; made by <see cref="NormPolicy.None"/>.</summary>
internal sealed record NonePolicy : NormPolicy
{
    public override NormLayer Create(long channels, Device? device = null, ScalarType? dtype = null) =>
        new IdentityNormLayer(channels);

    public override NormPolicy With(double? eps = null, double? momentum = null) =>
        this;

    protected override string Name => "none";

    protected override IEnumerable<string> Settings() => [];
}
