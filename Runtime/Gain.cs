using System;

namespace KnDsl;

/// <summary>
/// The Kalman gain of a normalization layer: how much of what a micro-batch shows enters the filtered statistics.
/// 1 takes the observation alone (batch normalization), values near 0 trust the prior from the preceding layer.
/// </summary>
/// <remarks>
/// Wang et al., "Kalman Normalization", NeurIPS 2018, use one gain for the mean and the variance (their
/// <c>p_rate</c> is one minus the gain): 0.1 at statistics of 2 samples, 0.95 at 128.
/// </remarks>
public sealed record Gain
{
    private const double DefaultVarianceGain = 0.05;
    private const double MeanGainOfOneSample = 0.01;

    private readonly double? _mean;

    /// <summary>A gain for the mean and one for the variance.</summary>
    /// <param name="mean">In (0, 1].</param>
    /// <param name="variance">In (0, 1].</param>
    /// <exception cref="ArgumentOutOfRangeException">A gain lies outside (0, 1].</exception>
    public Gain(double mean, double variance)
    {
        _mean = Setting.InUnitInterval(mean, "gain of the mean");
        Variance = Setting.InUnitInterval(variance, "gain of the variance");
    }

    /// <summary>One gain for both.</summary>
    /// <param name="both">In (0, 1].</param>
    /// <exception cref="ArgumentOutOfRangeException">The gain lies outside (0, 1].</exception>
    public Gain(double both)
    {
        _mean = Variance = Setting.InUnitInterval(both, "gain");
    }

    private Gain()
    {
        Variance = DefaultVarianceGain;
    }

    /// <summary>
    /// The default: the mean is observed (gain 1), and where a statistic has only one sample nearly all prior (0.01);
    /// the variance is filtered with gain 0.05.
    /// </summary>
    public static Gain Default { get; } = new();

    /// <summary>The gain of the variance.</summary>
    public double Variance { get; }

    /// <summary>The gain of the mean for a statistic of so many samples of the batch.</summary>
    /// <param name="samples">Samples behind each statistic, at least 1.</param>
    public double Mean(long samples) => _mean ?? (samples == 1 ? MeanGainOfOneSample : 1);

    /// <summary>One gain for both.</summary>
    public static implicit operator Gain(double both) => new(both);

    /// <summary>The gain as a .knnet file spells it: <c>0.1</c> or <c>(mean: 1, variance: 0.05)</c>.</summary>
    public override string ToString() => _mean switch
    {
        null => "default",
        var mean when mean == Variance => Setting.Spell(Variance),
        var mean => $"(mean: {Setting.Spell(mean.Value)}, variance: {Setting.Spell(Variance)})",
    };
}
