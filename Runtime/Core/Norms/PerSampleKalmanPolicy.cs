using System.Collections.Generic;
using static TorchSharp.torch;

namespace KnDsl;

/// <summary>
/// Statistics of each sample by itself, filtered with the chain's prior: over groups of channels
/// (<see cref="NormPolicy.GroupKalman"/>), over all of them (<see cref="NormPolicy.LayerKalman"/>) or over each
/// (<see cref="NormPolicy.InstanceKalman"/>).
/// </summary>
internal sealed record PerSampleKalmanPolicy : NormPolicy
{
    private readonly string _name;

    private PerSampleKalmanPolicy(string name, Gain? gain, double eps, double momentum)
    {
        _name = name;
        Gain = gain ?? DefaultGain;
        if (Gain.Kind != GainKind.Fixed)
            throw Setting.OutOfRange(nameof(gain), Gain, "must be fixed where statistics are of each sample");
        Eps = Setting.Positive(eps, nameof(eps));
        Momentum = Setting.Share(momentum);
    }

    public static PerSampleKalmanPolicy OverGroups(int groups, Gain? gain, double eps, double momentum) =>
        new("groupkalman", gain, eps, momentum) { Groups = (int)Setting.AtLeastOne(groups, nameof(groups)) };

    public static PerSampleKalmanPolicy OverAllChannels(Gain? gain, double eps, double momentum) =>
        new("layerkalman", gain, eps, momentum) { Groups = 1 };

    public static PerSampleKalmanPolicy OverEachChannel(Gain? gain, double eps, double momentum) =>
        new("instancekalman", gain, eps, momentum);

    /// <summary>The mean is observed, and a quarter of the variance: the best that is stable on deep networks.</summary>
    public static Gain DefaultGain { get; } = new(mean: 1, variance: 0.25);

    /// <summary>Groups of channels; null for one of each channel.</summary>
    public int? Groups { get; private init; }

    public Gain Gain { get; }

    public double Eps { get; }

    public double Momentum { get; }

    public override NormLayer Create(long channels, Device? device = null, ScalarType? dtype = null) =>
        new PerSampleKalmanLayer(channels, this, device, dtype);

    public override NormPolicy With(double? eps = null, double? momentum = null) =>
        new PerSampleKalmanPolicy(_name, Gain, eps ?? Eps, momentum ?? Momentum) { Groups = Groups };

    protected override string Name => _name;

    protected override IEnumerable<string> Settings()
    {
        if (_name == "groupkalman" && Groups != DefaultGroups)
            yield return $"{Groups}";
        if (Gain != DefaultGain)
            yield return $"gain: {Gain}";
        foreach (var setting in Spell(null, Eps, Momentum))
            yield return setting;
    }
}
