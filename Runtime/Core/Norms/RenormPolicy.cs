using System.Collections.Generic;
using static TorchSharp.torch;

namespace KnDsl;

/// <summary>Batch renormalization; made by <see cref="NormPolicy.Renorm"/>.</summary>
internal sealed record RenormPolicy : NormPolicy
{
    public const double DefaultRMax = 3;
    public const double DefaultDMax = 5;
    public const long DefaultWarmUp = 5_000;
    public const long DefaultRSteps = 40_000;
    public const long DefaultDSteps = 25_000;
    public const double DefaultRenormMomentum = 0.01;

    public RenormPolicy(
        double rMax, double dMax, long warmUp, long rSteps, long dSteps, int? microbatch, double eps, double momentum)
    {
        RMax = rMax >= 1 && double.IsFinite(rMax)
            ? rMax : throw Setting.OutOfRange(nameof(rMax), rMax, "must be a finite number, at least 1");
        DMax = Setting.NotNegative(dMax, nameof(dMax));
        WarmUp = (long)Setting.NotNegative(warmUp, nameof(warmUp));
        RSteps = rSteps >= warmUp
            ? rSteps : throw Setting.OutOfRange(nameof(rSteps), rSteps, $"must be at least warmUp, {warmUp}");
        DSteps = dSteps >= warmUp
            ? dSteps : throw Setting.OutOfRange(nameof(dSteps), dSteps, $"must be at least warmUp, {warmUp}");
        Microbatch = Setting.WholeOrAtLeastOne(microbatch, nameof(microbatch));
        Eps = Setting.Positive(eps, nameof(eps));
        Momentum = Setting.Share(momentum);
    }

    public double RMax { get; }

    public double DMax { get; }

    public long WarmUp { get; }

    public long RSteps { get; }

    public long DSteps { get; }

    public int? Microbatch { get; }

    public double Eps { get; }

    public double Momentum { get; }

    /// <summary>The bound of r after a number of batches: 1 in the warm-up, then linearly up to its maximum.</summary>
    public double RAt(long step) => 1 + (RMax - 1) * Progress(step, RSteps);

    /// <summary>The bound of d after a number of batches: 0 in the warm-up, then linearly up to its maximum.</summary>
    public double DAt(long step) => DMax * Progress(step, DSteps);

    public override NormLayer Create(long channels, Device? device = null, ScalarType? dtype = null) =>
        new RenormLayer(channels, this, device, dtype);

    public override NormPolicy With(double? eps = null, double? momentum = null) =>
        new RenormPolicy(RMax, DMax, WarmUp, RSteps, DSteps, Microbatch, eps ?? Eps, momentum ?? Momentum);

    protected override string Name => "renorm";

    protected override IEnumerable<string> Settings()
    {
        if (RMax != DefaultRMax)
            yield return $"r_max: {Setting.Spell(RMax)}";
        if (DMax != DefaultDMax)
            yield return $"d_max: {Setting.Spell(DMax)}";
        if (WarmUp != DefaultWarmUp)
            yield return $"warm_up: {WarmUp}";
        if (RSteps != DefaultRSteps)
            yield return $"r_steps: {RSteps}";
        if (DSteps != DefaultDSteps)
            yield return $"d_steps: {DSteps}";
        foreach (var setting in Spell(Microbatch, Eps, Momentum, DefaultRenormMomentum))
            yield return setting;
    }

    private double Progress(long step, long end) => step <= WarmUp
        ? 0
        : step >= end ? 1 : (double)(step - WarmUp) / (end - WarmUp);
}
