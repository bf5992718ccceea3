using System.Collections.Generic;
using KnDsl.Language.Diagnostics;
using KnDsl.Language.Operations.Contract;
using KnDsl.Language.Values;

namespace KnDsl.Language.Operations;

/// <summary>
/// Attention of several heads with learned projections (Vaswani et al. 2017, torch.nn.MultiheadAttention), the batch first.
/// </summary>
/// <param name="isCross">Whether keys and values come from another value than the queries.</param>
internal sealed class Attention(bool isCross) : Operation
{
    public override string Name => isCross ? "cross_attention" : "attention";

    public override string Summary => isCross
        ? "Attention of the tokens of one value to those of another (torch.nn.MultiheadAttention of x, memory, memory, the batch first)."
        : "Attention of tokens to each other (torch.nn.MultiheadAttention of x, x, x, the batch first); its parameters are named "
            + "in_proj_weight, in_proj_bias, out_proj.weight and out_proj.bias.";

    public override string Example =>
        isCross ? "y = attend: cross_attention(queries, memory, heads: 8)" : "y = tokens -> self_attention: attention(heads: 12)";

    private static readonly IntegerParameter Heads = new("heads", "Number of heads; it divides the features.") { Minimum = 1 };

    private static readonly NumberParameter Dropout =
        new("dropout", "Probability that an attention weight is dropped during training.", "0.0")
        {
            Minimum = 0, Maximum = 1, ExcludesMaximum = true, IsNameOnly = true,
        };

    private static readonly FlagParameter Bias = new("bias", "Whether the projections have biases.", true) { IsNameOnly = true };

    public override IReadOnlyList<OperationParameter> Parameters { get; } = [Heads, Dropout, Bias];

    public override int? InputCount => isCross ? 2 : 1;

    public override string ShapeRule => isCross ? "[N, L, C], [N, S, C] -> [N, L, C]" : "[N, L, C], unchanged";

    public override string? MomentRule => null;

    public override ModuleType Module { get; } = ModuleType.KnDsl("AttentionLayer");

    private static Size Features(OperationCall call) => call.Input[2];

    public override Shape? Infer(OperationCall call)
    {
        var hint = call.Input.Rank == 4
            ? "Put the positions of an image in one dimension and the channels last: flatten(2) -> permute(0, 2, 1)." : null;
        if (!call.RequireRank(3, "[N, L, C]", hint) || !call.RequireKnown(Features(call), "features")
            || !RequireDivides(call, Heads, Features(call)))
            return null;
        if (!isCross)
            return call.Input;
        var memory = call.Inputs[1];
        if (memory.Shape.Rank != 3)
        {
            call.Report(DiagnosticCatalogue.Rank(call.Place, Name, "[N, S, C] as its second value", memory.Shape.ToString()));
            return null;
        }
        return Fits(0, "batches") && Fits(2, "features") ? call.Input : null;

        bool Fits(int axis, string what) => call.Require(call.Input[axis], memory.Shape[axis], () => DiagnosticCatalogue.Join(
            call.Place, $"'{Name}'", call.Input.ToString(), memory.Shape.ToString(), $"{what} {call.Input[axis]} and {memory.Shape[axis]}",
            memory.Origin)
            .WithHint(axis == 2 ? $"Project one of them first: linear({call.Input[2]})." : null));
    }

    /// <summary>Demands that the heads share the features evenly.</summary>
    internal static bool RequireDivides(OperationCall call, IntegerParameter parameter, Size features)
    {
        var heads = call.Get(parameter);
        return call.RequireMultiple(features, heads,
            () => DiagnosticCatalogue.Divide(call.PlaceOf(parameter), call.Operation.Name, "features", features.ToString(),
                heads.ToString()));
    }

    public override Construction Construct(OperationCall call) =>
        new ModuleConstruction(Module, [Features(call), call.Get(Heads), call.Get(Dropout), call.Get(Bias)]);

    public override InputNumbers Takes(OperationCall call) => InputNumbers.Floating;

    public override ChannelOrder OutputChannels(OperationCall call) => ChannelOrder.Last;

    public override Computation Compute(OperationCall call) => new ModuleCall([Input(), Input(isCross ? 1 : 0)]);

    public override Size ParameterCount(OperationCall call)
    {
        var features = Features(call);
        return 4 * features * features + Size.Choose(call.Get(Bias), 4 * features, Size.Zero);
    }

    /// <summary>Four projections, the products of queries and keys, and the means of the values.</summary>
    public override Size Macs(OperationCall call, Shape output)
    {
        var (queries, keys, features) = (call.Input[1], call.Inputs[isCross ? 1 : 0].Shape[1], Features(call));
        return 2 * features * (features * (queries + keys) + queries * keys);
    }
}
