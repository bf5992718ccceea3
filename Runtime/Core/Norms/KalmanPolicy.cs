using System.Collections.Generic;
using static TorchSharp.torch;

namespace KnDsl;

/// <summary>Kalman normalization; made by <see cref="NormPolicy.Kalman"/>.</summary>
internal sealed record KalmanPolicy : NormPolicy
{
    public KalmanPolicy(Gain gain, int? microbatch, Transition transition, double eps, double momentum)
    {
        if (!System.Enum.IsDefined(transition))
            throw Setting.OutOfRange(nameof(transition), transition, "must be a member of Transition");

        Gain = gain;
        Microbatch = Setting.WholeOrAtLeastOne(microbatch, nameof(microbatch));
        Transition = transition;
        Eps = Setting.Positive(eps, nameof(eps));
        Momentum = Setting.Share(momentum);
    }

    public Gain Gain { get; }

    public int? Microbatch { get; }

    public Transition Transition { get; }

    public double Eps { get; }

    public double Momentum { get; }

    public override NormLayer Create(long channels, Device? device = null, ScalarType? dtype = null) =>
        new KalmanNormLayer(channels, this, device, dtype);

    public override NormPolicy With(double? eps = null, double? momentum = null) =>
        new KalmanPolicy(Gain, Microbatch, Transition, eps ?? Eps, momentum ?? Momentum);

    protected override string Name => "kalman";

    protected override IEnumerable<string> Settings()
    {
        if (Gain != Gain.Default)
            yield return $"gain: {Gain}";
        if (Transition != Transition.Analytic)
            yield return $"transition: {Transition.ToString().ToLowerInvariant()}";
        foreach (var setting in Spell(Microbatch, Eps, Momentum))
            yield return setting;
    }
}
