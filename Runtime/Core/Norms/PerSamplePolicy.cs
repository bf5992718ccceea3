using System.Collections.Generic;
using static TorchSharp.torch;

namespace KnDsl;

/// <summary>
/// Statistics of each sample by itself: over groups of channels (<see cref="NormPolicy.Group"/>), over all of them
/// (<see cref="NormPolicy.Layer"/>) or over each (<see cref="NormPolicy.Instance"/>).
/// </summary>
internal sealed record PerSamplePolicy : NormPolicy
{
    private readonly string _name;

    private PerSamplePolicy(string name, double eps)
    {
        _name = name;
        Eps = Setting.Positive(eps, nameof(eps));
    }

    public static PerSamplePolicy OverGroups(int groups, double eps) =>
        new("group", eps) { Groups = (int)Setting.AtLeastOne(groups, nameof(groups)) };

    public static PerSamplePolicy OverAllChannels(double eps) => new("layer", eps) { Groups = 1 };

    public static PerSamplePolicy OverEachChannel(double eps, bool affine) => new("instance", eps) { IsAffine = affine };

    /// <summary>Groups of channels; null for one of each channel.</summary>
    public int? Groups { get; private init; }

    /// <summary>Whether layers have a scale and a shift.</summary>
    public bool IsAffine { get; private init; } = true;

    public double Eps { get; }

    public override NormLayer Create(long channels, Device? device = null, ScalarType? dtype = null) =>
        IsAffine ? new GroupNormLayer(channels, this, device, dtype) : new PlainInstanceNormLayer(channels, this);

    public override NormPolicy With(double? eps = null, double? momentum = null) =>
        new PerSamplePolicy(_name, eps ?? Eps) { Groups = Groups, IsAffine = IsAffine };

    protected override string Name => _name;

    protected override IEnumerable<string> Settings()
    {
        if (_name == "group" && Groups != DefaultGroups)
            yield return $"{Groups}";
        if (!IsAffine)
            yield return "affine: false";
        if (Eps != DefaultEps)
            yield return $"eps: {Setting.Spell(Eps)}";
    }
}
