using System.Collections.Generic;
using static TorchSharp.torch;

namespace KnDsl;

/// <summary>
/// Which normalization a network uses. A policy is a value: a network takes one as a constructor argument and asks it
/// for its layers, so that one declaration trains with any of them.
/// </summary>
public abstract record NormPolicy
{
    /// <summary>For policies of your own.</summary>
    protected NormPolicy()
    {
    }

    /// <summary>
    /// Kalman normalization (Wang et al., NeurIPS 2018): statistics are filtered with a prior from the preceding layer.
    /// </summary>
    /// <param name="gain">The gain; null is <see cref="Gain.Default"/>.</param>
    /// <param name="microbatch">Samples in each statistic; null is the whole batch.</param>
    /// <param name="transition">How a layer's state becomes the next layer's prior.</param>
    /// <param name="eps">Added to the variance, above 0.</param>
    /// <param name="momentum">Share of a new statistic in the running averages, in [0, 1]; 0 leaves them as they are.</param>
    /// <exception cref="System.ArgumentOutOfRangeException">A setting is out of its range.</exception>
    public static NormPolicy Kalman(
        Gain? gain = null,
        int? microbatch = null,
        Transition transition = Transition.Analytic,
        double eps = DefaultEps,
        double momentum = DefaultMomentum) =>
        new KalmanPolicy(gain ?? Gain.Default, microbatch, transition, eps, momentum);

    /// <summary>
    /// Batch normalization (Ioffe and Szegedy 2015), over the batch, over micro-batches of it, or over the batches of all processes that
    /// train together.
    /// </summary>
    /// <param name="microbatch">Samples in each statistic; null is the whole batch.</param>
    /// <param name="eps">Added to the variance, above 0.</param>
    /// <param name="momentum">Share of a new statistic in the running averages, in [0, 1]; 0 leaves them as they are.</param>
    /// <param name="synchronized">
    /// Whether statistics are those of the batches of all processes; KnDsl.Training connects the layers. It excludes micro-batches.
    /// </param>
    /// <exception cref="System.ArgumentOutOfRangeException">A setting is out of its range.</exception>
    public static NormPolicy Batch(
        int? microbatch = null, double eps = DefaultEps, double momentum = DefaultMomentum, bool synchronized = false) =>
        new BatchPolicy(microbatch, eps, momentum, synchronized);

    /// <summary>Group normalization (Wu and He 2018): statistics of each sample over groups of channels.</summary>
    /// <param name="groups">Groups of channels, at least 1; they must divide the channels of every layer.</param>
    /// <param name="eps">Added to the variance, above 0.</param>
    /// <exception cref="System.ArgumentOutOfRangeException">A setting is out of its range.</exception>
    public static NormPolicy Group(int groups = DefaultGroups, double eps = DefaultEps) => PerSamplePolicy.OverGroups(groups, eps);

    /// <summary>Layer normalization (Ba et al. 2016): statistics of each sample over all channels and positions.</summary>
    /// <param name="eps">Added to the variance, above 0.</param>
    /// <exception cref="System.ArgumentOutOfRangeException">A setting is out of its range.</exception>
    public static NormPolicy Layer(double eps = DefaultEps) => PerSamplePolicy.OverAllChannels(eps);

    /// <summary>Instance normalization (Ulyanov et al. 2016): statistics of each sample and channel over positions.</summary>
    /// <param name="eps">Added to the variance, above 0.</param>
    /// <param name="affine">Whether layers have a scale and a shift; PyTorch's InstanceNorm has none by default.</param>
    /// <exception cref="System.ArgumentOutOfRangeException">A setting is out of its range.</exception>
    public static NormPolicy Instance(double eps = DefaultEps, bool affine = true) => PerSamplePolicy.OverEachChannel(eps, affine);

    /// <summary>
    /// Batch renormalization (Ioffe 2017): batch normalization corrected towards the running averages, by a factor r and a
    /// shift d whose bounds widen in training.
    /// </summary>
    /// <param name="rMax">The last bound of r, at least 1.</param>
    /// <param name="dMax">The last bound of d, at least 0.</param>
    /// <param name="warmUp">Batches of plain batch normalization at first.</param>
    /// <param name="rSteps">The batch at which r's bound reaches its last value, not before the end of the warm-up.</param>
    /// <param name="dSteps">The batch at which d's bound reaches its last value, not before the end of the warm-up.</param>
    /// <param name="microbatch">Samples in each statistic; null is the whole batch.</param>
    /// <param name="eps">Added to the variance, above 0.</param>
    /// <param name="momentum">Share of a new statistic in the running averages, in [0, 1]; 0 leaves them as they are.</param>
    /// <exception cref="System.ArgumentOutOfRangeException">A setting is out of its range.</exception>
    public static NormPolicy Renorm(
        double rMax = RenormPolicy.DefaultRMax,
        double dMax = RenormPolicy.DefaultDMax,
        long warmUp = RenormPolicy.DefaultWarmUp,
        long rSteps = RenormPolicy.DefaultRSteps,
        long dSteps = RenormPolicy.DefaultDSteps,
        int? microbatch = null,
        double eps = DefaultEps,
        double momentum = RenormPolicy.DefaultRenormMomentum) =>
        new RenormPolicy(rMax, dMax, warmUp, rSteps, dSteps, microbatch, eps, momentum);

    /// <summary>
    /// Instance Kalman normalization: the statistics of each sample and channel, filtered with the prior from the preceding layer. For
    /// training with one sample a batch. It works on maps of a single position too, where instance normalization cannot.
    /// </summary>
    /// <param name="gain">
    /// The gain, fixed; null follows the number n of values in a sample's channel: little of the mean (0.1) and of the variance (0.25)
    /// where there are few, and more and more with r = n^3 / (n^3 + 24^3): 0.1 + 0.9 r and 0.25 + 0.75 r, which is 0.11 and 0.26 at 2x3,
    /// 0.91 and 0.92 at 7x7, 1 at 14x14.
    /// </param>
    /// <param name="eps">Added to the variance, above 0.</param>
    /// <param name="momentum">Share of a new prior in its running average, in [0, 1]; 0 leaves it as it is.</param>
    /// <exception cref="System.ArgumentOutOfRangeException">A setting is out of its range.</exception>
    public static NormPolicy InstanceKalman(Gain? gain = null, double eps = DefaultEps, double momentum = DefaultMomentum) =>
        PerSampleKalmanPolicy.OverEachChannel(gain, eps, momentum);

    /// <summary>
    /// Layer Kalman normalization: the statistics of each sample over all channels and positions, filtered with the prior from the
    /// preceding layer, as <see cref="GroupKalman"/> with one group.
    /// </summary>
    /// <param name="gain">The gain, fixed; null is 1 for the mean and 0.25 for the variance.</param>
    /// <param name="eps">Added to the variance, above 0.</param>
    /// <param name="momentum">Share of a new prior in its running average, in [0, 1]; 0 leaves it as it is.</param>
    /// <exception cref="System.ArgumentOutOfRangeException">A setting is out of its range.</exception>
    public static NormPolicy LayerKalman(Gain? gain = null, double eps = DefaultEps, double momentum = DefaultMomentum) =>
        PerSampleKalmanPolicy.OverAllChannels(gain, eps, momentum);

    /// <summary>
    /// Group Kalman normalization (Wang et al., NeurIPS 2018): the statistics of each sample over groups of channels,
    /// filtered with the prior from the preceding layer reduced to the groups.
    /// </summary>
    /// <param name="groups">Groups of channels, at least 1; they must divide the channels of every layer.</param>
    /// <param name="gain">The gain, fixed; null is 1 for the mean and 0.25 for the variance.</param>
    /// <param name="eps">Added to the variance, above 0.</param>
    /// <param name="momentum">Share of a new prior in its running average, in [0, 1]; 0 leaves it as it is.</param>
    /// <exception cref="System.ArgumentOutOfRangeException">A setting is out of its range.</exception>
    public static NormPolicy GroupKalman(
        int groups = DefaultGroups, Gain? gain = null, double eps = DefaultEps, double momentum = DefaultMomentum) =>
        PerSampleKalmanPolicy.OverGroups(groups, gain, eps, momentum);

    /// <summary>No normalization: layers return their input's values, and have no parameters.</summary>
    public static NormPolicy None() => new NonePolicy();

    /// <summary>Makes a layer for values of shape [N, channels, ...], in any number of spatial dimensions.</summary>
    /// <param name="channels">Channels of the value, at least 1.</param>
    /// <param name="device">Device of parameters and buffers; null is the default device.</param>
    /// <param name="dtype">Floating point type of parameters and buffers; null is the default type.</param>
    /// <exception cref="System.ArgumentOutOfRangeException">The policy cannot normalize this number of channels.</exception>
    public abstract NormLayer Create(long channels, Device? device = null, ScalarType? dtype = null);

    /// <summary>The same policy with other settings; one that has no such setting ignores it.</summary>
    /// <param name="eps">Added to the variance; null leaves it.</param>
    /// <param name="momentum">Share of a new statistic in the running averages; null leaves it.</param>
    /// <exception cref="System.ArgumentOutOfRangeException">A setting is out of its range.</exception>
    public abstract NormPolicy With(double? eps = null, double? momentum = null);

    /// <summary>The policy as a .knnet file spells it, defaults left out: <c>kalman(gain: 0.1, microbatch: 2)</c>.</summary>
    public sealed override string ToString() => $"{Name}({string.Join(", ", Settings())})";

    /// <summary>The policy's name in a .knnet file.</summary>
    protected abstract string Name { get; }

    /// <summary>The settings that differ from their defaults, spelled.</summary>
    protected abstract IEnumerable<string> Settings();

    private protected const double DefaultEps = 1e-5;
    private protected const double DefaultMomentum = 0.1;
    private protected const int DefaultGroups = 32;

    private protected static IEnumerable<string> Spell(
        int? microbatch, double eps, double momentum, double defaultMomentum = DefaultMomentum)
    {
        if (microbatch is not null)
            yield return $"microbatch: {microbatch}";
        if (eps != DefaultEps)
            yield return $"eps: {Setting.Spell(eps)}";
        if (momentum != defaultMomentum)
            yield return $"momentum: {Setting.Spell(momentum)}";
    }
}
