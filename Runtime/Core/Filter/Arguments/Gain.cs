using System;

namespace KnDsl;

/// <summary>
/// The Kalman gain of a normalization layer: the share of a micro-batch's observed statistics in the filtered ones.
/// 1 takes the observation alone (batch normalization), values near 0 trust the prior from the preceding layer.
/// </summary>
/// <remarks>
/// Wang et al., "Kalman Normalization", NeurIPS 2018, use one gain for the mean and the variance (their
/// <c>p_rate</c> is one minus the gain): 0.1 at statistics of 2 samples, 0.95 at 128.
/// </remarks>
public sealed record Gain
{
    // Chosen on stability and accuracy together: tests/KnDsl.Benchmarks (stability) and Samples/Study.
    private const double GainOfOneSample = 0.25;
    private const double VarianceGainOfFew = 0.25;

    /// <summary>The count at which a rising gain is halfway between that of few and 1.</summary>
    private const double CountOfHalfGain = 24;

    private const double FirstMeanGain = 0.9;
    private const double FirstVarianceGain = 0.25;

    /// <summary>Samples at which an adaptive gain begins with the given numbers.</summary>
    private const long SamplesOfInitialGain = 2;

    // Null in the default, which follows the samples.
    private readonly double? _mean;
    private readonly double? _variance;

    /// <summary>A gain for the mean and one for the variance.</summary>
    /// <param name="mean">In (0, 1].</param>
    /// <param name="variance">In (0, 1].</param>
    /// <exception cref="ArgumentOutOfRangeException">A gain is outside (0, 1].</exception>
    public Gain(double mean, double variance)
    {
        _mean = Setting.PositiveShare(mean, "gain of the mean");
        _variance = Setting.PositiveShare(variance, "gain of the variance");
    }

    /// <summary>One gain for both.</summary>
    /// <param name="both">In (0, 1].</param>
    /// <exception cref="ArgumentOutOfRangeException">The gain is outside (0, 1].</exception>
    public Gain(double both)
    {
        _mean = _variance = Setting.PositiveShare(both, "gain");
    }

    private Gain()
    {
    }

    /// <summary>
    /// The default, which follows the number n of samples in each statistic. The mean is observed (gain 1); the variance
    /// is a quarter observed up to 8 samples, and more and more from there on: 0.25 + 0.75 n^3 / (n^3 + 24^3), which is 0.25
    /// at 2 samples, 0.28 at 8, 0.42 at 16, 0.96 at 64. Where a statistic has only one sample both gains are 0.25.
    /// </summary>
    public static Gain Default { get; } = new();

    /// <summary>Whether, and how, the gain is learned.</summary>
    public GainKind Kind { get; private init; }

    /// <summary>Whether a learned gain is one of each channel, or of the whole layer.</summary>
    public bool PerChannel { get; private init; }

    /// <summary>A gain that is trained with the network, through a sigmoid.</summary>
    /// <param name="perChannel">A gain of each channel instead of one of each layer.</param>
    /// <param name="mean">The mean's gain at first, in (0, 1).</param>
    /// <param name="variance">The variance's gain at first, in (0, 1).</param>
    /// <exception cref="ArgumentOutOfRangeException">A gain is outside (0, 1).</exception>
    public static Gain Learned(bool perChannel = false, double mean = FirstMeanGain, double variance = FirstVarianceGain) =>
        new(BelowOne(mean, nameof(mean)), BelowOne(variance, nameof(variance)))
        {
            Kind = GainKind.Learned, PerChannel = perChannel,
        };

    /// <summary>
    /// The Kalman gain proper, n / (n + ratio), from the number n of samples in each statistic and a learned ratio of
    /// the observations' variance to the prior's.
    /// </summary>
    /// <param name="perChannel">A ratio of each channel instead of one of each layer.</param>
    /// <param name="mean">The mean's gain at first at 2 samples, in (0, 1).</param>
    /// <param name="variance">The variance's gain at first at 2 samples, in (0, 1).</param>
    /// <exception cref="ArgumentOutOfRangeException">A gain is outside (0, 1).</exception>
    public static Gain Adaptive(bool perChannel = false, double mean = FirstMeanGain, double variance = FirstVarianceGain) =>
        Learned(perChannel, mean, variance) with { Kind = GainKind.Adaptive };

    /// <summary>
    /// The gain of the mean for a statistic of a number of samples; of a learned gain, the one that training begins with.
    /// </summary>
    /// <param name="samples">Samples in each statistic, at least 1.</param>
    public double Mean(long samples) => _mean ?? (samples == 1 ? GainOfOneSample : 1);

    /// <summary>The gain of the variance, in the same way.</summary>
    /// <param name="samples">Samples in each statistic, at least 1.</param>
    public double Variance(long samples) => _variance ?? (samples == 1 ? GainOfOneSample : Rising(VarianceGainOfFew, samples));

    /// <summary>
    /// A gain that rises from that of few to 1 with the number n of samples, or of values: few + (1 - few) n^3 / (n^3 + 24^3).
    /// </summary>
    internal static double Rising(double few, long count) => few + (1 - few) / (1 + Math.Pow(CountOfHalfGain / count, 3));

    /// <summary>One gain for both.</summary>
    public static implicit operator Gain(double both) => new(both);

    /// <summary>The gain as a .knnet file spells it: <c>0.1</c>, <c>(mean: 1, variance: 0.25)</c>, <c>learned</c>.</summary>
    public override string ToString() => (Kind, _mean) switch
    {
        (GainKind.Fixed, null) => "default",
        (GainKind.Fixed, var mean) when mean == _variance => Setting.Spell(mean!.Value),
        (GainKind.Fixed, var mean) => $"(mean: {Setting.Spell(mean!.Value)}, variance: {Setting.Spell(_variance!.Value)})",
        _ => Kind.ToString().ToLowerInvariant() + (PerChannel ? "(channel)" : ""),
    };

    /// <summary>The arguments of the sigmoid that give the first gains; for an adaptive gain, without the samples' part.</summary>
    internal (double Mean, double Variance) InitialLogits() =>
        (Logit(Mean(SamplesOfInitialGain)), Logit(Variance(SamplesOfInitialGain)));

    private double Logit(double gain) =>
        Math.Log(gain / (1 - gain)) - (Kind == GainKind.Adaptive ? Math.Log(SamplesOfInitialGain) : 0);

    private static double BelowOne(double gain, string of) => gain < 1
        ? gain
        : throw Setting.OutOfRange($"gain of the {of}", gain, "is learned and must begin between 0 and 1");
}
