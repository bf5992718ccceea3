using System.Collections.Generic;
using System.Linq;
using KnDsl.Language.Operations.Contract;

namespace KnDsl.Language.Operations;

/// <summary>A normalization policy of the language and the C# factory that makes it.</summary>
/// <param name="HasChain">Whether its layers hand their statistics on to the next.</param>
internal sealed record NormPolicyDefinition(
    string Name, string Factory, string Summary, bool HasChain, IReadOnlyList<OperationParameter> Parameters)
{
    public OperationParameter? Parameter(string name) => Parameters.FirstOrDefault(parameter => parameter.Name == name);
}

/// <summary>All policies.</summary>
internal static class NormPolicies
{
    private static readonly OperationParameter Eps =
        new("eps", ParameterKind.Number, "Added to the variance.", "1e-5", Minimum: 0, IncludesMinimum: false);

    private static readonly OperationParameter Momentum =
        new("momentum", ParameterKind.Number, "Share of the new statistics in the running averages.", "0.1", Minimum: 0, Below: 1);

    private static readonly OperationParameter Microbatch =
        new("microbatch", ParameterKind.Integer, "Samples behind one statistic.", "the whole batch", Minimum: 1);

    /// <summary>Gains that are trained: one of each layer, or one of each channel.</summary>
    private static readonly IReadOnlyList<string> GainWords = ["learned", "adaptive", "learned(channel)", "adaptive(channel)"];

    public static readonly IReadOnlyList<NormPolicyDefinition> All =
    [
        new("kalman", "Kalman", "Kalman Normalization (Wang et al., NeurIPS 2018): the statistics are a filter's estimate.", true,
        [
            new("gain", ParameterKind.Gain, "Weight of the observation, in (0, 1]: one number, or one for the mean and one for the variance.",
                "by the samples n behind a statistic: mean 1, variance 0.05 up to 8 samples and rising to 1 (0.95 at 64); both 0.03 at one sample", GainWords, Minimum: 0, Below: 1, IncludesMinimum: false),
            Microbatch,
            new("transition", ParameterKind.Word, "How a prior is made of the statistics before.", "analytic", ["analytic", "sampled", "learned"]),
            Eps, Momentum,
        ]),
        new("batch", "Batch", "Batch normalization (Ioffe and Szegedy 2015).", false, [Microbatch, Eps, Momentum]),
        new("group", "Group", "Group normalization (Wu and He 2018).", false,
            [new("groups", ParameterKind.Integer, "Groups that the channels are divided into.", "32", Minimum: 1), Eps]),
        new("renorm", "Renorm", "Batch renormalization (Ioffe 2017), its bounds widening in training.", false,
        [
            new("r_max", ParameterKind.Number, "The last bound of the factor r.", "3.0", Minimum: 1),
            new("d_max", ParameterKind.Number, "The last bound of the shift d.", "5.0", Minimum: 0),
            new("warm_up", ParameterKind.Integer, "Batches of plain batch normalization at first.", "5000", Minimum: 0),
            new("r_steps", ParameterKind.Integer, "The batch at which r's bound is reached.", "40000", Minimum: 0),
            new("d_steps", ParameterKind.Integer, "The batch at which d's bound is reached.", "25000", Minimum: 0),
            Microbatch, Eps,
            new("momentum", ParameterKind.Number, "Share of the new statistics in the running averages.", "0.01", Minimum: 0, Below: 1, IncludesMinimum: false),
        ]),
        new("layer", "Layer", "Layer normalization (Ba et al. 2016): each sample over all channels and positions, as group(1).", false, [Eps]),
        new("instance", "Instance", "Instance normalization (Ulyanov et al. 2016): each sample and channel over positions.", false,
            [Eps, new("affine", ParameterKind.Flag, "Whether layers have a weight and a bias; PyTorch's InstanceNorm has none by default.", "true")]),
        new("groupkalman", "GroupKalman", "Group Kalman Normalization (Wang et al., NeurIPS 2018): group statistics, filtered.", true,
        [
            new("groups", ParameterKind.Integer, "Groups that the channels are divided into.", "32", Minimum: 1),
            new("gain", ParameterKind.Gain, "Weight of the observation, in (0, 1].", "mean 1, variance 0.5", Minimum: 0, Below: 1, IncludesMinimum: false),
            Eps, Momentum,
        ]),
        new("none", "None", "No normalization.", false, []),
    ];

    public static NormPolicyDefinition? Find(string name) => All.FirstOrDefault(policy => policy.Name == name);
}
