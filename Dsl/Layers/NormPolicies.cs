using System.Collections.Generic;
using System.Linq;

namespace KnDsl.Dsl.Layers;

/// <summary>A normalization policy of the language and the C# factory that makes it.</summary>
/// <param name="HasChain">Whether its layers hand their statistics on to the next.</param>
internal sealed record NormPolicyDefinition(
    string Name, string Factory, string Summary, bool HasChain, IReadOnlyList<LayerParameter> Parameters)
{
    public LayerParameter? Parameter(string name) => Parameters.FirstOrDefault(parameter => parameter.Name == name);
}

/// <summary>All policies.</summary>
internal static class NormPolicies
{
    private static readonly LayerParameter Eps =
        new("eps", ParameterKind.Number, "Added to the variance.", "1e-5", Minimum: 0, IncludesMinimum: false);

    private static readonly LayerParameter Momentum =
        new("momentum", ParameterKind.Number, "Share of the new statistics in the running averages.", "0.1", Minimum: 0, Below: 1);

    private static readonly LayerParameter Microbatch =
        new("microbatch", ParameterKind.Integer, "Samples behind one statistic.", "the whole batch", Minimum: 1);

    public static readonly IReadOnlyList<NormPolicyDefinition> All =
    [
        new("kalman", "Kalman", "Kalman Normalization (Wang et al., NeurIPS 2018): the statistics are a filter's estimate.", true,
        [
            new("gain", ParameterKind.Gain, "Weight of the observation, in (0, 1]: one number, or one for the mean and one for the variance.",
                "mean 1 (0.01 at one sample), variance 0.05", Minimum: 0, Below: 1, IncludesMinimum: false),
            Microbatch,
            new("transition", ParameterKind.Word, "How a prior is made of the statistics before.", "analytic", ["analytic", "sampled"]),
            Eps, Momentum,
        ]),
        new("batch", "Batch", "Batch normalization (Ioffe and Szegedy 2015).", false, [Microbatch, Eps, Momentum]),
        new("group", "Group", "Group normalization (Wu and He 2018).", false,
            [new("groups", ParameterKind.Integer, "Groups that the channels are divided into.", "32", Minimum: 1), Eps]),
        new("none", "None", "No normalization.", false, []),
    ];

    public static NormPolicyDefinition? Find(string name) => All.FirstOrDefault(policy => policy.Name == name);
}
