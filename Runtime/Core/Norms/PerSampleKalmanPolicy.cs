using System;
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
    // Chosen on stability and accuracy together: tests/KnDsl.Benchmarks (stability) and Samples/Study.
    private const double MeanGainOfFew = 0.1;
    private const double VarianceGainOfFew = 0.25;

    private readonly string _name;

    // Null is the default.
    private readonly Gain? _gain;

    private PerSampleKalmanPolicy(string name, Gain? gain, double eps, double momentum)
    {
        _name = name;
        _gain = gain;
        if (gain is { Kind: not GainKind.Fixed })
            throw Setting.OutOfRange(nameof(gain), gain, "must be fixed where statistics are of each sample");
        Eps = Setting.Positive(eps, nameof(eps));
        Momentum = Setting.Share(momentum);
    }

    public static PerSampleKalmanPolicy OverGroups(int groups, Gain? gain, double eps, double momentum) =>
        new("groupkalman", gain, eps, momentum) { Groups = (int)Setting.AtLeastOne(groups, nameof(groups)) };

    public static PerSampleKalmanPolicy OverAllChannels(Gain? gain, double eps, double momentum) =>
        new("layerkalman", gain, eps, momentum) { Groups = 1 };

    public static PerSampleKalmanPolicy OverEachChannel(Gain? gain, double eps, double momentum) =>
        new("instancekalman", gain, eps, momentum);

    /// <summary>Groups of channels; null for one of each channel.</summary>
    public int? Groups { get; private init; }

    /// <summary>The gains of a statistic, from the number of values that it is of.</summary>
    /// <remarks>
    /// The mean and variance of a sample's channel are well known where its map is large, and tell one sample from another where it is
    /// small: there little of them may go. Groups are large, and have fixed gains. A single value is its own mean: at a gain of 1
    /// nothing would be left of it, so the mean has the gain of the variance at most.
    /// </remarks>
    /// <param name="values">Values in each statistic, at least 1.</param>
    public Gain GainOf(long values)
    {
        if (_gain is null && Groups is null)
            return new(Gain.Rising(MeanGainOfFew, values), Gain.Rising(VarianceGainOfFew, values));
        var (mean, variance) = (_gain?.Mean(1) ?? 1, _gain?.Variance(1) ?? VarianceGainOfFew);
        return new(values == 1 ? Math.Min(mean, variance) : mean, variance);
    }

    public double Eps { get; }

    public double Momentum { get; }

    public override NormLayer Create(long channels, Device? device = null, ScalarType? dtype = null) =>
        new PerSampleKalmanLayer(channels, this, device, dtype);

    public override NormPolicy With(double? eps = null, double? momentum = null) =>
        new PerSampleKalmanPolicy(_name, _gain, eps ?? Eps, momentum ?? Momentum) { Groups = Groups };

    protected override string Name => _name;

    protected override IEnumerable<string> Settings()
    {
        if (_name == "groupkalman" && Groups != DefaultGroups)
            yield return $"{Groups}";
        if (_gain is not null)
            yield return $"gain: {_gain}";
        foreach (var setting in Spell(null, Eps, Momentum))
            yield return setting;
    }
}
