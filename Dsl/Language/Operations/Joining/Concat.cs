using System.Collections.Generic;
using System.Linq;
using KnDsl.Language.Diagnostics;
using KnDsl.Language.Operations.Contract;
using KnDsl.Language.Values;

namespace KnDsl.Language.Operations;

/// <summary>Puts values side by side, along the channels unless told otherwise (torch.cat).</summary>
internal sealed class Concat : Operation
{
    public override string Name => "concat";

    public override string Summary => "Puts values side by side, along the channels unless told otherwise (torch.cat).";

    public override string Example => "y = concat(x, x -> conv(32, 3))";

    public override IReadOnlyList<OperationParameter> Parameters { get; } =
        [new("axis", ParameterKind.Integer, "The dimension along which they are joined.", "1")];

    public override int? InputCount => null;

    public override string ShapeRule => "[N, C1, H, W], [N, C2, H, W] -> [N, C1 + C2, H, W]; a batch of 1, as a learned tensor may have it, is repeated";

    public override string MomentRule =>
        "moments side by side; along positions their mixture; along the batch, and with learned tensors, it cuts the chain";

    public override bool PassesState(OperationCall call) =>
        Axes.Resolve(call, "axis", call.Integer("axis")) is > 0 && !call.Inputs.Any(input => input.IsLearned);

    public override Shape? Infer(OperationCall call)
    {
        if (Axes.Resolve(call, "axis", call.Integer("axis")) is not { } joined)
            return null;
        var whole = Whole(call, joined);
        var sum = Size.Zero;
        foreach (var next in call.Inputs)
        {
            if (next.Shape.Rank != whole.Shape.Rank)
            {
                call.Report(DiagnosticCatalogue.Concat(call.Place, whole.Shape.ToString(), next.Shape.ToString(),
                    $"{whole.Shape.Rank} and {next.Shape.Rank} dimensions", next.Origin));
                return null;
            }
            for (var axis = 0; axis < whole.Shape.Rank; axis++)
                if (axis != joined && !(axis == 0 && IsRepeated(next, whole)) && !call.Require(whole.Shape[axis], next.Shape[axis], () => DiagnosticCatalogue.Concat(
                        call.Place, whole.Shape.ToString(), next.Shape.ToString(),
                        $"{whole.Shape.NameOf(axis)} {whole.Shape[axis]} and {next.Shape[axis]}", next.Origin)
                        .WithHint(Sizing.Hint(whole.Shape[axis], next.Shape[axis]))))
                    return null;
            sum += next.Shape[joined];
        }
        return whole.Shape.With(joined, sum);
    }

    /// <summary>The value whose batch the output has: the first one, or the first whose batch is not 1.</summary>
    private static TensorValue Whole(OperationCall call, int joined) =>
        (joined == 0 ? null : call.Inputs.FirstOrDefault(input => input.Shape[0].Value != 1)) ?? call.Inputs[0];

    private static bool IsRepeated(TensorValue value, TensorValue whole) => value.Shape[0].Value == 1 && whole.Shape[0].Value != 1;

    public override string Forward(OperationCall call, CodeContext code, string module, IReadOnlyList<string> inputs)
    {
        var joined = Axes.Resolve(call, "axis", call.Integer("axis")) ?? 0;
        var whole = Whole(call, joined);
        var batch = $"{inputs[call.Inputs.ToList().IndexOf(whole)]}.shape[0]";
        var rest = string.Concat(Enumerable.Repeat(", -1", whole.Shape.Rank - 1));
        var values = inputs.Select((input, i) => joined != 0 && IsRepeated(call.Inputs[i], whole) ? $"{input}.expand({batch}{rest})" : input);
        return $"torch.cat([{string.Join(", ", values)}], {code.Of(call.Integer("axis"))})";
    }

    public override string Propagate(OperationCall call, CodeContext code, string module, IReadOnlyList<string> states, string output) =>
        Axes.Resolve(call, "axis", call.Integer("axis")) == 1
            ? $"ChannelState.Join(new ConcatRule(), {output}, {string.Join(", ", states)})"
            : $"ChannelState.Join(new ConcatRule({code.Of(call.Integer("axis"))}), {output}, {string.Join(", ", states)})";
}
