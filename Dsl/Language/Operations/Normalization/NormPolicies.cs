using System;
using System.Collections.Generic;
using System.Linq;
using KnDsl.Language.Operations.Contract;
using KnDsl.Language.Values;

namespace KnDsl.Language.Operations;

/// <summary>A normalization policy of the language. Its defaults are also the runtime's: a test ties the two.</summary>
/// <param name="HasChain">Whether its layers hand their statistics on to the next.</param>
internal sealed record NormPolicyDefinition(string Name, string Summary, bool HasChain, params IReadOnlyList<OperationParameter> Parameters)
{
    /// <summary>Whether its layers have parameters at all.</summary>
    public bool HasLayers { get; init; } = true;

    /// <summary>Of what its layers take each statistic, with some settings; null where a prior can stand in, or there is none.</summary>
    public Func<Arguments, PlainStatistic>? Statistic { get; init; }

    /// <summary>The setting that makes each statistic one of so many samples, where the policy is not made for one alone.</summary>
    public IntegerParameter? SamplesAboveOne { get; init; }

    /// <summary>Whether each statistic is of one sample, with gains that nobody has chosen for it.</summary>
    public bool IsOfOneSample(Arguments arguments) => SamplesAboveOne is { } samples
        && Find(arguments, samples)?.Value == 1 && arguments.Find(NormPolicies.KalmanGain.Name) is null;

    /// <summary>The policy with its settings.</summary>
    public PolicyValue Bind(Arguments arguments)
    {
        var groups = Parameters.Contains(NormPolicies.Groups) ? Find(arguments, NormPolicies.Groups) ?? NormPolicies.Groups.Default : null;
        return new PolicyValue(
            new PolicyCall(Name, arguments.All.Select(argument => new PolicySetting(argument.Name, argument.Value)).ToArray()), HasChain,
            groups, ParametersOf(arguments))
        {
            Statistic = Statistic?.Invoke(arguments),
        };
    }

    private PolicyParameters ParametersOf(Arguments arguments)
    {
        var gain = (Find(arguments, NormPolicies.KalmanGain) as WordValue)?.Word;
        var affine = HasLayers && Find(arguments, NormPolicies.Affine)?.Value != false ? 2 : 0;
        var ofGain = gain is null ? 0 : 2;
        var ofTransition = Find(arguments, NormPolicies.Transition) == "learned" ? 3 : 0;
        var isOfChannel = gain?.EndsWith("(channel)", StringComparison.Ordinal) == true;
        return new PolicyParameters(affine + ofTransition + (isOfChannel ? ofGain : 0), isOfChannel ? 0 : ofGain);
    }

    /// <summary>The settings that may not be less than another one, with their numbers.</summary>
    /// <param name="valueOf">A setting's number, given or by default; null where it is not known.</param>
    public IEnumerable<SettingRelation> Relations(Func<IntegerParameter, Size?> valueOf)
    {
        foreach (var setting in Parameters.OfType<IntegerParameter>())
            if (setting.AtLeast is { } other && valueOf(setting) is { } size && valueOf(other) is { } least)
                yield return new SettingRelation(setting, other, size, least);
    }

    public static T? Find<T>(Arguments arguments, OperationParameter<T> parameter)
        where T : class => arguments.Find(parameter.Name) is { } argument ? parameter.Read(argument.Value) : null;
}

/// <summary>A setting that may not be less than another one.</summary>
internal sealed record SettingRelation(IntegerParameter Setting, IntegerParameter Other, Size Size, Size Least)
{
    /// <summary>What the setting must be.</summary>
    public string Expected => $"at least {Other.Name}, which is {Least}";
}

/// <summary>
/// All policies. Only what a policy is mostly called for, its groups or its gain, goes by position: torch's modules are given their
/// channels there.
/// </summary>
internal static class NormPolicies
{
    public static readonly IntegerParameter Groups = new("groups", "Groups that the channels are divided into.", 32) { Minimum = 1 };

    public static readonly FlagParameter Affine =
        new("affine", "Whether layers have a weight and a bias; PyTorch's InstanceNorm has none by default.", true)
        {
            IsNameOnly = true,
        };

    private static readonly FlagParameter Synchronized =
        new("synchronized", "Whether statistics are those of the batches of all processes that train together.", false)
        {
            IsNameOnly = true,
        };

    /// <summary>Whether statistics are of all processes, as the file says.</summary>
    public static bool IsSynchronized(Arguments arguments) => NormPolicyDefinition.Find(arguments, Synchronized)?.Value == true;

    private static readonly NumberParameter Epsilon = new("eps", "Added to the variance.", "1e-5")
    {
        Minimum = 0,
        ExcludesMinimum = true,
        IsNameOnly = true,
    };

    private static readonly NumberParameter Momentum =
        new("momentum", "Share of the new statistics in the running averages; 0 leaves them as they are.", "0.1")
        {
            Minimum = 0, Maximum = 1, IsNameOnly = true,
        };

    public static readonly IntegerParameter Microbatch =
        new("microbatch", "Samples per statistic.") { DefaultText = "the whole batch", Minimum = 1, IsNameOnly = true };

    private static readonly IntegerParameter WarmUp =
        new("warm_up", "Initial batches of plain batch normalization.", 5000) { Minimum = 0, IsNameOnly = true };

    /// <summary>Gains that are trained: one of each layer, or one of each channel.</summary>
    private static readonly IReadOnlyList<string> GainWords = ["learned", "adaptive", "learned(channel)", "adaptive(channel)"];

    /// <summary>The gain of a filter; a trained one is two parameters, for the mean and the variance.</summary>
    public static readonly GainParameter KalmanGain =
        new("gain", "Weight of the observation, in (0, 1]: one number, or one for the mean and one for the variance.")
        {
            DefaultText =
                "depends on the n samples per statistic: mean 1, variance 0.25 + 0.75 n^3 / (n^3 + 24^3), which is 0.25 at 2, 0.28 at 8 "
                    + "and 0.96 at 64; both 0.25 at one sample",
            Words = GainWords,
            Minimum = 0,
            Maximum = 1,
            ExcludesMinimum = true,
        };

    private static GainParameter GainOfSamples(string defaultText, bool isNameOnly = false) =>
        new("gain", "Weight of the observation, in (0, 1].")
        {
            DefaultText = defaultText,
            Minimum = 0,
            Maximum = 1,
            ExcludesMinimum = true,
            IsNameOnly = isNameOnly,
        };

    /// <summary>A learned one is three parameters of each channel: scale, shift and process noise.</summary>
    public static readonly WordParameter Transition =
        new("transition", "How the previous statistics become a prior.", "analytic", "sampled", "learned") { IsNameOnly = true };

    public static readonly IReadOnlyList<NormPolicyDefinition> All =
    [
        new("kalman", "Kalman Normalization (Wang et al., NeurIPS 2018): the statistics are a filter's estimate.", true,
            KalmanGain, Microbatch, Transition, Epsilon, Momentum)
        {
            SamplesAboveOne = Microbatch,
        },
        new("batch", "Batch normalization (Ioffe and Szegedy 2015).", false, Microbatch, Epsilon, Momentum, Synchronized)
        {
            Statistic = OfSamples,
        },
        new("group", "Group normalization (Wu and He 2018).", false, Groups, Epsilon)
        {
            Statistic = arguments => NormPolicyDefinition.Find(arguments, Groups) is { } groups
                ? OfGroups(groups, $"groupkalman({groups})")
                : OfGroups(Groups.Default, "groupkalman()"),
        },
        new("renorm", "Batch renormalization (Ioffe 2017), with bounds that widen during training.", false,
            new NumberParameter("r_max", "The final bound of the factor r.", "3.0") { Minimum = 1, IsNameOnly = true },
            new NumberParameter("d_max", "The final bound of the shift d.", "5.0") { Minimum = 0, IsNameOnly = true },
            WarmUp,
            new IntegerParameter("r_steps", "The batch at which the bound of r is final.", 40000) { AtLeast = WarmUp, IsNameOnly = true },
            new IntegerParameter("d_steps", "The batch at which the bound of d is final.", 25000) { AtLeast = WarmUp, IsNameOnly = true },
            Microbatch, Epsilon, new NumberParameter("momentum", Momentum.Summary, "0.01") { Minimum = 0, Maximum = 1, IsNameOnly = true })
        {
            Statistic = OfSamples,
        },
        new("layer", "Layer normalization (Ba et al. 2016): each sample over all channels and positions, as group(1).", false, Epsilon)
        {
            Statistic = _ => OfGroups(1, "layerkalman()"),
        },
        new("instance", "Instance normalization (Ulyanov et al. 2016): each sample and channel over positions.", false, Epsilon, Affine)
        {
            Statistic = _ => OfGroups(null, "instancekalman()"),
        },
        new("instancekalman", "Instance Kalman Normalization: filtered statistics of each sample and channel, for one sample a batch.",
            true,
            GainOfSamples("depends on the values of a sample's channel: mean 0.1 and variance 0.25 for few, 0.91 and 0.92 at 7x7, then 1"),
            Epsilon, Momentum),
        new("groupkalman", "Group Kalman Normalization (Wang et al., NeurIPS 2018): filtered statistics of each sample and group.", true,
            Groups, GainOfSamples("mean 1, variance 0.25", isNameOnly: true), Epsilon, Momentum),
        new("layerkalman", "Layer Kalman Normalization: filtered statistics of each sample, as groupkalman(1).", true,
            GainOfSamples("mean 1, variance 0.25"), Epsilon, Momentum),
        new("none", "No normalization.", false) { HasLayers = false },
    ];

    /// <summary>The policy of norm stages where neither a network nor a user says otherwise.</summary>
    public static readonly PolicyValue Default = All[0].Bind(Arguments.None);

    /// <summary>Statistics of the batch, which inference does not take.</summary>
    private static PlainStatistic OfSamples(Arguments arguments)
    {
        var samples = NormPolicyDefinition.Find(arguments, Microbatch);
        return new PlainStatistic(samples, null, true, samples?.Value == 1 ? "instancekalman()" : $"kalman(microbatch: {samples})");
    }

    /// <summary>Statistics of each sample by itself.</summary>
    private static PlainStatistic OfGroups(Size? groups, string withPrior) => new(1, groups, false, withPrior);

    public static NormPolicyDefinition? Find(string name) => All.FirstOrDefault(policy => policy.Name == name);
}
