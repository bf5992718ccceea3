using System.Collections.Generic;
using static TorchSharp.torch;

namespace KnDsl;

/// <summary>Group normalization; made by <see cref="NormPolicy.Group"/>.</summary>
internal sealed record GroupPolicy : NormPolicy
{
    private const int DefaultGroups = 32;

    public GroupPolicy(int groups, double eps)
    {
        Groups = (int)Setting.AtLeastOne(groups, nameof(groups));
        Eps = Setting.Positive(eps, nameof(eps));
    }

    public int Groups { get; }

    public double Eps { get; }

    public override NormLayer Create(long channels, Device? device = null, ScalarType? dtype = null) =>
        new GroupNormLayer(channels, this, device, dtype);

    public override NormPolicy With(double? eps = null, double? momentum = null) =>
        new GroupPolicy(Groups, eps ?? Eps);

    private protected override string Name => "group";

    private protected override IEnumerable<string> Settings()
    {
        if (Groups != DefaultGroups) yield return $"{Groups}";
        if (Eps != DefaultEps) yield return $"eps: {Setting.Spell(Eps)}";
    }
}
