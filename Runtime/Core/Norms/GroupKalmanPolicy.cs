using System.Collections.Generic;
using static TorchSharp.torch;

namespace KnDsl;

/// <summary>Group Kalman normalization; made by <see cref="NormPolicy.GroupKalman"/>.</summary>
internal sealed record GroupKalmanPolicy : NormPolicy
{
    public GroupKalmanPolicy(int groups, Gain? gain, double eps, double momentum)
    {
        Groups = (int)Setting.AtLeastOne(groups, nameof(groups));
        Gain = gain ?? DefaultGain;
        if (Gain.Kind != GainKind.Fixed)
            throw Setting.OutOfRange(nameof(gain), Gain, "must be fixed for groups");
        Eps = Setting.Positive(eps, nameof(eps));
        Momentum = Setting.Share(momentum);
    }

    /// <summary>A group's statistics of one sample are taken of many values: the observation counts for half of the variance.</summary>
    public static Gain DefaultGain { get; } = new(mean: 1, variance: 0.5);

    public int Groups { get; }

    public Gain Gain { get; }

    public double Eps { get; }

    public double Momentum { get; }

    public override NormLayer Create(long channels, Device? device = null, ScalarType? dtype = null) =>
        new GroupKalmanLayer(channels, this, device, dtype);

    public override NormPolicy With(double? eps = null, double? momentum = null) =>
        new GroupKalmanPolicy(Groups, Gain, eps ?? Eps, momentum ?? Momentum);

    protected override string Name => "groupkalman";

    protected override IEnumerable<string> Settings()
    {
        if (Groups != DefaultGroups)
            yield return $"{Groups}";
        if (Gain != DefaultGain)
            yield return $"gain: {Gain}";
        foreach (var setting in Spell(null, Eps, Momentum))
            yield return setting;
    }
}
