using System.Collections.Generic;
using System.Linq;
using KnDsl.Language.Diagnostics;
using KnDsl.Language.Operations.Contract;
using KnDsl.Language.Values;

namespace KnDsl.Language.Operations;

/// <summary>Concatenates values along a dimension, by default the channels (torch.cat).</summary>
internal sealed class Concat : Operation
{
    public override string Name => "concat";

    public override string Summary => "Concatenates values along a dimension, by default the channels (torch.cat).";

    public override string Example => "y = concat(x, x -> conv(32, 3))";

    private static readonly IntegerParameter Axis = new("axis", "The dimension along which they are joined.", 1) { IsKnownInFile = true };

    public override IReadOnlyList<OperationParameter> Parameters { get; } = [Axis];

    public override string HintForNumber => "Give the dimension by name: axis: 1.";

    public override int? InputCount => null;

    public override string ShapeRule =>
        "[N, C1, H, W], [N, C2, H, W] -> [N, C1 + C2, H, W]; a batch of 1, as of a learned tensor, is repeated";

    public override string MomentRule =>
        "concatenated; along positions, their mixture; along the batch, and with learned tensors, it cuts the chain";

    public override bool PassesState(OperationCall call) =>
        Axes.Resolve(call, Axis) is > 0 && !call.Inputs.Any(input => input.IsLearned);

    public override OutputNumbers Numbers(OperationCall call) => OutputNumbers.OfInputs;

    public override Shape? Infer(OperationCall call)
    {
        if (Axes.Resolve(call, Axis) is not { } joined)
            return null;
        var whole = Whole(call, joined);
        var sum = Size.Zero;
        foreach (var next in call.Inputs)
        {
            if (next.Shape.Rank != whole.Shape.Rank)
            {
                call.Report(DiagnosticCatalogue.Concat(call.Place, whole.Shape.ToString(), next.Shape.ToString(),
                    $"{whole.Shape.Rank} and {next.Shape.Rank} dimensions", next.Origin).WithHint(Sizing.HintForLearned(call.Inputs)));
                return null;
            }
            for (var axis = 0; axis < whole.Shape.Rank; axis++)
                if (axis != joined && !(axis == 0 && IsRepeated(next, whole))
                    && !call.Require(whole.Shape[axis], next.Shape[axis], () => DiagnosticCatalogue.Concat(
                        call.Place, whole.Shape.ToString(), next.Shape.ToString(),
                        $"{whole.Shape.NameOf(axis)} {whole.Shape[axis]} and {next.Shape[axis]}", next.Origin)
                        .WithHint(Sizing.HintForLearned(call.Inputs) ?? Sizing.Hint(whole.Shape[axis], next.Shape[axis]))))
                    return null;
            sum += next.Shape[joined];
        }
        return whole.Shape.With(joined, sum);
    }

    /// <summary>The value whose batch the output has: the first one, or the first whose batch is not 1.</summary>
    private static TensorValue Whole(OperationCall call, int joined) =>
        (joined == 0 ? null : call.Inputs.FirstOrDefault(input => input.Shape.Rank > 0 && input.Shape[0].Value != 1))
            ?? call.Inputs[0];

    private static bool IsRepeated(TensorValue value, TensorValue whole) => value.Shape[0].Value == 1 && whole.Shape[0].Value != 1;

    public override Computation Compute(OperationCall call)
    {
        var joined = Axes.Resolve(call, Axis) ?? 0;
        var whole = Whole(call, joined);
        var batch = new DimensionOperand(call.Inputs.ToList().IndexOf(whole), 0);
        var rest = Enumerable.Repeat<NamedOperand>(-1, whole.Shape.Rank - 1);
        var values = call.Inputs.Select((value, i) => joined != 0 && IsRepeated(value, whole)
            ? new MethodCall(Input(i), "expand", [(Operand)batch, .. rest])
            : Input(i));
        return Function("torch.cat", new ListOperand([.. values]), call.Get(Axis));
    }

    public override MomentStep Moments(OperationCall call) => new JoinStep("Concat", call.Get(Axis).Value == 1 ? [] : [call.Get(Axis)]);
}
