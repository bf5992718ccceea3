using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Text.RegularExpressions;

namespace KnDsl.Samples.Study;

/// <summary>A normalization that takes part in the study.</summary>
/// <param name="Name">The name by which the command line and the tables know it.</param>
/// <param name="Of">The policy for statistics of so many samples (null: the whole batch) in a training of so many steps.</param>
/// <param name="CountsSamples">Whether it depends on the samples; one that does not is trained once for all.</param>
internal sealed partial record Contestant(string Name, Func<int?, int, NormPolicy> Of, bool CountsSamples)
{
    /// <summary>Groups where there are any: the narrowest layer has 8 channels.</summary>
    private const int Groups = 8;

    /// <summary>The authors' gain at statistics of 2 samples.</summary>
    private const double AuthorsGain = 0.1;

    /// <summary>Who takes part unless told otherwise: every policy, and the controls.</summary>
    public static IReadOnlyList<string> Standard { get; } =
    [
        "kalman", "batch", "renorm", "groupkalman", "group", "layer", "instance", "none", "batch-scaled", "kalman-history",
    ];

    private static readonly Contestant[] Known =
    [
        PerBatch("kalman", n => NormPolicy.Kalman(microbatch: n)),
        PerBatch("batch", n => NormPolicy.Batch(n)),
        new("renorm", Renorm, CountsSamples: true),
        PerSample("groupkalman", NormPolicy.GroupKalman(Groups)),
        PerSample("group", NormPolicy.Group(Groups)),
        PerSample("layer", NormPolicy.Layer()),
        PerSample("instance", NormPolicy.Instance()),
        PerSample("none", NormPolicy.None()),
        PerBatch("batch-scaled", n => new ScaledPolicy(NormPolicy.Batch(n))),
        PerBatch("kalman-history", n => new HistoryPolicy(NormPolicy.Kalman(microbatch: n))),
        PerBatch("kalman-learned", n => NormPolicy.Kalman(microbatch: n, transition: Transition.Learned)),
        PerBatch("kalman-adaptive", n => NormPolicy.Kalman(Gain.Adaptive(), n)),
        PerBatch("kalman-sampled", n => NormPolicy.Kalman(AuthorsGain, n, Transition.Sampled)),
    ];

    /// <summary>Finds a contestant: one of the known names, or <c>kalman(0.5/0.05)</c> with gains of mean and variance.</summary>
    /// <exception cref="ArgumentException">There is none; the message says which there are.</exception>
    public static Contestant Named(string name)
    {
        if (Known.FirstOrDefault(contestant => contestant.Name == name) is { } known) return known;

        Match gains = WithGains().Match(name);
        if (!gains.Success)
            throw new ArgumentException(
                $"there is no method '{name}'; expected some of {string.Join(", ", Known.Select(k => k.Name))}, or kalman(0.5/0.05) "
                + "with gains of mean and variance");
        try
        {
            var gain = new Gain(Number(gains.Groups["mean"]), Number(gains.Groups["variance"]));
            return PerBatch(name, n => NormPolicy.Kalman(gain, n));
        }
        catch (ArgumentOutOfRangeException e)
        {
            throw new ArgumentException($"'{name}': {e.Message}", e);
        }

        static double Number(Group group) => double.Parse(group.ValueSpan, CultureInfo.InvariantCulture);
    }

    [GeneratedRegex(@"^kalman\((?<mean>\d*\.?\d+)/(?<variance>\d*\.?\d+)\)$")]
    private static partial Regex WithGains();

    private static Contestant PerBatch(string name, Func<int?, NormPolicy> of) => new(name, (n, _) => of(n), CountsSamples: true);

    private static Contestant PerSample(string name, NormPolicy policy) => new(name, (_, _) => policy, CountsSamples: false);

    /// <summary>
    /// Ioffe's schedule stretches over 40,000 steps; here it takes the same shares of a training that is far shorter: plain
    /// batch normalization for an eighth, then bounds that widen until half of the steps are made. His running averages, of
    /// which each step is 0.01, would not keep up with so few either; each is a tenth, as in all others.
    /// </summary>
    private static NormPolicy Renorm(int? samples, int steps) => NormPolicy.Renorm(
        warmUp: steps / 8, rSteps: steps / 2, dSteps: steps / 2, microbatch: samples, momentum: 0.1);
}
