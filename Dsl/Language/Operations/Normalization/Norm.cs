using System.Collections.Generic;
using System.Linq;
using KnDsl.Language.Diagnostics;
using KnDsl.Language.Operations.Contract;
using KnDsl.Language.Values;

namespace KnDsl.Language.Operations;

/// <summary>
/// Normalization under the network's policy. It alone observes a state and gives one: the generator threads the prior in and
/// the emitted and posterior states out (see Runtime/Core/Norms/NormLayer.cs).
/// </summary>
internal sealed class Norm : Operation
{
    public override string Name => "norm";

    public override string Summary =>
        "Normalization under the network's policy (norm = ...), or the given one. Its prior comes from the norms before it, "
        + "passed through every operation in between.";

    public override string Example => "y = x -> conv1: conv(64, 3) -> bn1: norm -> relu";

    private static readonly PolicyParameter OwnPolicy = new("policy", "Another policy for this norm.") { DefaultText = "the network's" };

    private static readonly NumberParameter Epsilon = new("eps", "A different number added to the variance.")
    {
        DefaultText = "the policy's",
        Minimum = 0,
        ExcludesMinimum = true,
        IsNameOnly = true,
    };

    private static readonly NumberParameter Momentum = new(
        "momentum", "A different share of what is new in the running averages: statistics, or the priors of single samples.")
    {
        DefaultText = "the policy's",
        Minimum = 0,
        Maximum = 1,
        IsNameOnly = true,
    };

    private static readonly WordParameter Chain =
        new("chain", "'start' begins a new chain: no prior.", "on", "start") { IsNameOnly = true };

    private static readonly LabelParameter From =
        new("from", "The label of the only norm that gives the prior.") { DefaultText = "all that reach this one", IsNameOnly = true };

    public override IReadOnlyList<OperationParameter> Parameters { get; } = [OwnPolicy, Epsilon, Momentum, Chain, From];

    /// <summary>What a stage sets of its policy for itself.</summary>
    private static readonly NumberParameter[] OfPolicy = [Epsilon, Momentum];

    private static readonly OperationParameter[] OfChain = [Chain, From];

    public override string ShapeRule => "[N, C, ...], unchanged";

    public override string MomentRule =>
        "observes its input's state (which becomes the posterior) and emits mean bias, variance weight^2 times what the filter left";

    public override ModuleType Module { get; } = ModuleType.KnDsl("NormLayer");

    public override PolicyParameter PolicyOfNetwork => OwnPolicy;

    public override NormStage? Normalization(OperationCall call) =>
        new NormStage(call.Get(OwnPolicy), call.Get(Chain) == "start", call.Find(From), From);

    public override Shape? Infer(OperationCall call)
    {
        if (!call.RequireRankAtLeast(2, "[N, C, ...]") || !call.RequireKnown(call.Input.Channels, "channels") || !RequireSettings(call))
            return null;
        var channels = call.Input.Channels;
        return call.Get(OwnPolicy).Groups is { } groups && !call.RequireGroups(OwnPolicy, groups, channels, "channels")
            || !RequireNumbers(call) ? null : call.Input;
    }

    /// <summary>Demands that no statistic is of a single number, whose variance is 0, where the policy has no prior for it.</summary>
    private static bool RequireNumbers(OperationCall call)
    {
        var policy = call.Get(OwnPolicy);
        return policy.Statistic is not { } statistic || statistic.CountIn(call.Input) is not { } factors || call.RequireSeveral(factors,
            () => DiagnosticCatalogue.SingleNumber(
                    call.PlaceOf(OwnPolicy), call.Operation.Name, $"{policy.Policy}", call.Input.ToString(), statistic.IsOfTraining)
                .WithHint($"Write norm(batch()) for statistics of the whole batch, "
                    + (call.Input.Channels == Size.One ? "" : "norm(layer()) for those of all channels, ")
                    + $"or norm({statistic.WithPrior}), which has a prior besides."));
    }

    /// <summary>Demands that the policy, where the file says which it is, has what the stage sets.</summary>
    private static bool RequireSettings(OperationCall call)
    {
        if (call.Get(OwnPolicy).Policy is not PolicyCall policy || NormPolicies.Find(policy.Name) is not { } definition)
            return true;
        foreach (var setting in OfPolicy)
            if (call.Has(setting) && !call.RequireEffect(setting,
                HasParameter(definition, setting.Name), $"the policy {policy} has no {setting.Name}"))
                return false;
        foreach (var setting in OfChain)
            if (call.Has(setting) && !call.RequireEffect(setting, definition.HasChain, $"norms of the policy {policy} are in no chain"))
                return false;
        return true;
    }

    private static bool HasParameter(NormPolicyDefinition policy, string name) =>
        policy.Parameters.Any(parameter => parameter.Name == name);

    /// <summary>A layer of no normalization takes any; of a policy that only a user knows it may be one.</summary>
    public override InputNumbers Takes(OperationCall call) =>
        call.Get(OwnPolicy).Policy is PolicyCall policy && NormPolicies.Find(policy.Name) is { HasLayers: true }
            ? InputNumbers.Floating
            : InputNumbers.Any;

    public override Construction Construct(OperationCall call) => new NormConstruction(
        call.Get(OwnPolicy).Policy,
        [.. OfPolicy.Where(call.Has).Select(setting => Named(setting.Name, call.Get(setting)))],
        call.Input.Channels);

    public override ChannelOrder OutputChannels(OperationCall call) => ChannelOrder.Second;

    public override string? ForChannelsLast(OperationCall call) =>
        "Write layernorm to normalize each position over its channels, or bring them to the second dimension before: "
        + $"permute({string.Join(", ", new[] { 0, call.Input.Rank - 1 }.Concat(Enumerable.Range(1, call.Input.Rank - 2)))}).";

    public override Computation Compute(OperationCall call) => Apply();

    public override Size ParameterCount(OperationCall call) => call.Get(OwnPolicy).Parameters.Count(call.Input.Channels);
}
