using System.Collections.Generic;
using System.Linq;
using KnDsl.Language.Diagnostics;
using KnDsl.Language.Operations.Contract;
using KnDsl.Language.Values;

namespace KnDsl.Language.Operations;

/// <summary>
/// Normalization under the network's policy. It alone observes a state and gives one: the generator threads the prior in and
/// the emitted and posterior states out (see Runtime/Norms/NormLayer).
/// </summary>
internal sealed class Norm : Operation
{
    public override string Name => "norm";

    public override string Summary =>
        "Normalization under the network's policy (norm = ...), or under the one given. Its prior comes from the norms before it, "
        + "passed through every operation between.";

    public override string Example => "y = x -> conv1: conv(64, 3) -> bn1: norm -> relu";

    public override IReadOnlyList<OperationParameter> Parameters { get; } =
    [
        new("policy", ParameterKind.Policy, "Another policy for this layer.", "the network's"),
        new("eps", ParameterKind.Number, "Another number added to the variance.", "the policy's", Minimum: 0, IncludesMinimum: false),
        new("momentum", ParameterKind.Number, "Another share of the new statistics in the running averages.", "the policy's", Minimum: 0, Below: 1),
        new("chain", ParameterKind.Word, "'start' begins a new chain: no prior.", "on", ["on", "start"]),
        new("from", ParameterKind.Label, "The label of the norm that alone gives the prior.", "all that reach this one"),
    ];

    public override string ShapeRule => "[N, C, ...], unchanged";

    public override string MomentRule => "observes its input's state (which becomes the posterior) and emits mean bias, variance weight^2";

    public override string ModuleType => "NormLayer";

    /// <summary>Whether the stage begins a chain instead of taking the prior that reaches it.</summary>
    public static bool StartsChain(OperationCall call) => call.Word("chain") == "start";

    public override Shape? Infer(OperationCall call)
    {
        if (!call.RequireRankAtLeast(2, "[N, C, ...]") || !call.RequireKnown(call.Input.Channels, "channels"))
            return null;
        if (Policy(call)?.Groups is { } groups && Size.Modulo(call.Input.Channels, groups) is var rest && rest != Size.Zero
            && !call.Require(rest, 0, () => DiagnosticCatalogue.Groups(call.PlaceOf("policy"), Name, groups.ToString(), "channels", call.Input.Channels.ToString()).WithHint(Sizing.DivisorsOf(call.Input.Channels))))
            return null;
        return call.Input;
    }

    public static PolicyValue? Policy(OperationCall call) => call.Argument("policy") as PolicyValue;

    public override string Construct(OperationCall call, CodeContext code) =>
        $"{code.Of(Policy(call)!.Policy)}{Settings(call, code)}.Create({code.Of(call.Input.Channels)}, device, dtype)";

    private static string Settings(OperationCall call, CodeContext code)
    {
        var given = new[] { "eps", "momentum" }.Where(call.Has).Select(name => $"{name}: {call.Number(name, code, 0)}").ToArray();
        return given.Length == 0 ? "" : $".With({string.Join(", ", given)})";
    }

    public override string Forward(OperationCall call, CodeContext code, string module, IReadOnlyList<string> inputs) => $"{module}.call({inputs[0]})";

    public override Size ParameterCount(OperationCall call) => Policy(call) is { IsAffine: false } ? Size.Zero : call.Input.Channels * 2;
}
