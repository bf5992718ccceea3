using System.Collections.Generic;
using KnDsl.Language.Diagnostics;
using KnDsl.Language.Operations.Contract;
using KnDsl.Language.Values;

namespace KnDsl.Language.Operations;

/// <summary>Attention of several heads with learned projections (Vaswani et al. 2017, torch.nn.MultiheadAttention), the batch first.</summary>
/// <param name="isCross">Whether keys and values come from another value than the queries.</param>
internal sealed class Attention(bool isCross) : Operation
{
    public override string Name => isCross ? "cross_attention" : "attention";

    public override string Summary => isCross
        ? "Attention of a value's tokens to those of another one (torch.nn.MultiheadAttention of x, memory, memory, the batch first)."
        : "Attention of tokens to each other (torch.nn.MultiheadAttention of x, x, x, the batch first); its parameters are named in_proj_weight, in_proj_bias, out_proj.weight and out_proj.bias.";

    public override string Example => isCross ? "y = attend: cross_attention(queries, memory, heads: 8)" : "y = tokens -> self_attention: attention(heads: 12)";

    public override IReadOnlyList<OperationParameter> Parameters { get; } =
    [
        new("heads", ParameterKind.Integer, "Number of heads; it divides the features.", Minimum: 1),
        new("dropout", ParameterKind.Number, "Probability that a weight of the attention is left out while training.", "0.0", Minimum: 0, Below: 1, IncludesBelow: false),
        new("bias", ParameterKind.Flag, "Whether the projections have biases.", "true"),
    ];

    public override int? InputCount => isCross ? 2 : 1;

    public override string ShapeRule => isCross ? "[N, L, C], [N, S, C] -> [N, L, C]" : "[N, L, C], unchanged";

    public override string? MomentRule => null;

    public override string ModuleType => "AttentionLayer";

    private static Size Features(OperationCall call) => call.Input[2];

    public override Shape? Infer(OperationCall call)
    {
        var hint = call.Input.Rank == 4 ? "Put the positions of an image in a row and the channels last: flatten(2) -> permute(0, 2, 1)." : null;
        if (!call.RequireRank(3, "[N, L, C]", hint) || !call.RequireKnown(Features(call), "features") || !RequireDivides(call, Features(call)))
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
            call.Place, $"'{Name}'", call.Input.ToString(), memory.Shape.ToString(), $"{what} {call.Input[axis]} and {memory.Shape[axis]}", memory.Origin)
            .WithHint(axis == 2 ? $"Project one of them first: linear({call.Input[2]})." : null));
    }

    /// <summary>Demands that the heads share the features evenly.</summary>
    internal static bool RequireDivides(OperationCall call, Size features)
    {
        var heads = call.Integer("heads");
        var rest = Size.Modulo(features, heads);
        return rest == Size.Zero || call.Require(rest, 0,
            () => DiagnosticCatalogue.Divide(call.PlaceOf("heads"), call.Operation.Name, "features", features.ToString(), heads.ToString()));
    }

    public override string Construct(OperationCall call, CodeContext code) =>
        $"new AttentionLayer({code.Of(Features(call))}, {code.Of(call.Integer("heads"))}, {call.Number("dropout", code, 0)}, {call.Flag("bias", code, true)}, device, dtype)";

    public override string Forward(OperationCall call, CodeContext code, string module, IReadOnlyList<string> inputs) =>
        $"{module}.call({inputs[0]}, {inputs[inputs.Count - 1]})";

    public override Size ParameterCount(OperationCall call)
    {
        var features = Features(call);
        return 4 * features * features + (call.Flag("bias", true) == true ? 4 * features : Size.Zero);
    }

    /// <summary>Four projections, the products of queries and keys, and the means of the values.</summary>
    public override Size Macs(OperationCall call, Shape output)
    {
        var (queries, keys, features) = (call.Input[1], call.Inputs[isCross ? 1 : 0].Shape[1], Features(call));
        return 2 * features * (features * (queries + keys) + queries * keys);
    }
}
