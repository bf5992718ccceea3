using System;
using System.Globalization;
using System.Linq;
using System.Text.RegularExpressions;

namespace KnDsl.Samples.Study.Methods;

/// <summary>A normalization that takes part in the study.</summary>
/// <param name="Name">Its name on the command line and in the tables.</param>
/// <param name="CreatePolicy">Creates the policy from the samples per statistic (null: the whole batch) and the number of steps.</param>
/// <param name="DependsOnSamples">Whether the policy depends on the samples per statistic; one that does not is trained once.</param>
internal sealed partial record Contestant(string Name, Func<int?, int, NormPolicy> CreatePolicy, bool DependsOnSamples)
{
    /// <summary>The groups of the methods that have any: the narrowest layer has 8 channels.</summary>
    private const int Groups = 8;

    /// <summary>The gain that the authors of Kalman normalization use with statistics of 2 samples.</summary>
    private const double AuthorsGain = 0.1;

    private static readonly Contestant[] Known =
    [
        PerBatch("kalman", n => NormPolicy.Kalman(microbatch: n)),
        PerBatch("batch", n => NormPolicy.Batch(n)),
        new("renorm", Renorm, DependsOnSamples: true),
        PerSample("instancekalman", () => NormPolicy.InstanceKalman()),
        PerSample("groupkalman", () => NormPolicy.GroupKalman(Groups)),
        PerSample("layerkalman", () => NormPolicy.LayerKalman()),
        PerSample("group", () => NormPolicy.Group(Groups)),
        PerSample("layer", () => NormPolicy.Layer()),
        PerSample("instance", () => NormPolicy.Instance()),
        PerSample("none", () => NormPolicy.None()),
        PerBatch("batch-scaled", n => new ScaledPolicy(NormPolicy.Batch(n))),
        PerBatch("kalman-history", n => new HistoryPolicy(NormPolicy.Kalman(microbatch: n))),
        PerBatch("kalman-wrong-layer", n => new WrongLayerPolicy(NormPolicy.Kalman(microbatch: n))),
        PerSample("instancekalman-chained", () => new ChainedInferencePolicy(NormPolicy.InstanceKalman())),
        // Without a share in the averages no prior is kept for inference.
        PerSample("instancekalman-unfiltered", () => NormPolicy.InstanceKalman(momentum: 0)),
        PerBatch("kalman-rescaled", n => new RescaledPriorPolicy(NormPolicy.Kalman(microbatch: n), PriorScale.Observed)),
        PerBatch("kalman-rescaled-learned", n => new RescaledPriorPolicy(NormPolicy.Kalman(microbatch: n), PriorScale.Learned)),
        PerBatch("kalman-learned", n => NormPolicy.Kalman(microbatch: n, transition: Transition.Learned)),
        PerBatch("kalman-adaptive", n => NormPolicy.Kalman(Gain.Adaptive(), n)),
        PerBatch("kalman-sampled", n => NormPolicy.Kalman(AuthorsGain, n, Transition.Sampled)),
    ];

    /// <summary>Finds a contestant: one of the known names, or one with gains of mean and variance, <c>kalman(0.5/0.05)</c>.</summary>
    /// <exception cref="ArgumentException">There is no such contestant; the message lists those that there are.</exception>
    public static Contestant Parse(string name)
    {
        if (Known.FirstOrDefault(contestant => contestant.Name == name) is { } known)
            return known;

        var gains = WithGains().Match(name);
        if (!gains.Success)
        {
            throw new ArgumentException(
                $"there is no method '{name}'; expected some of {string.Join(", ", Known.Select(k => k.Name))}, or kalman(0.5/0.05) "
                + "with gains of mean and variance; instancekalman, groupkalman and layerkalman likewise");
        }

        try
        {
            var gain = new Gain(Number(gains.Groups["mean"]), Number(gains.Groups["variance"]));
            return gains.Groups["policy"].Value switch
            {
                "instancekalman" => PerSample(name, () => NormPolicy.InstanceKalman(gain)),
                "groupkalman" => PerSample(name, () => NormPolicy.GroupKalman(Groups, gain)),
                "layerkalman" => PerSample(name, () => NormPolicy.LayerKalman(gain)),
                _ => PerBatch(name, n => NormPolicy.Kalman(gain, n)),
            };
        }
        catch (ArgumentOutOfRangeException e)
        {
            throw new ArgumentException($"'{name}': {e.Message}", e);
        }

        static double Number(Group group) => double.Parse(group.ValueSpan, CultureInfo.InvariantCulture);
    }

    [GeneratedRegex(@"^(?<policy>(instance|group|layer)?kalman)\((?<mean>\d*\.?\d+)/(?<variance>\d*\.?\d+)\)$")]
    private static partial Regex WithGains();

    private static Contestant PerBatch(string name, Func<int?, NormPolicy> create) =>
        new(name, (n, _) => create(n), DependsOnSamples: true);

    private static Contestant PerSample(string name, Func<NormPolicy> create) => new(name, (_, _) => create(), DependsOnSamples: false);

    /// <summary>
    /// Ioffe's schedule takes 40,000 steps; here it takes the same shares of a far shorter training: plain batch
    /// normalization for an eighth of the steps, then bounds that widen until half of the steps are done. His running
    /// averages, to which each step adds a hundredth, would not keep up with so few steps; here it adds a tenth, as in all
    /// other methods.
    /// </summary>
    private static NormPolicy Renorm(int? samples, int steps) => NormPolicy.Renorm(
        warmUp: steps / 8, rSteps: steps / 2, dSteps: steps / 2, microbatch: samples, momentum: 0.1);
}
