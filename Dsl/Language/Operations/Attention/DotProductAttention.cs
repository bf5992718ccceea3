using System.Collections.Generic;
using System.Linq;
using KnDsl.Language.Diagnostics;
using KnDsl.Language.Operations.Contract;
using KnDsl.Language.Values;

namespace KnDsl.Language.Operations;

/// <summary>Attention itself, without projections: for those of one's own (torch.nn.functional.scaled_dot_product_attention).</summary>
internal sealed class DotProductAttention : Operation
{
    public override string Name => "scaled_dot_product_attention";

    public override string Summary =>
        "softmax(Q K' / sqrt(E)) V of queries, keys and values that have heads, if any, as a dimension "
            + "(torch.nn.functional.scaled_dot_product_attention).";

    public override string Example => "y = scaled_dot_product_attention(q, k, v)";

    private static readonly NumberParameter Dropout =
        new("dropout", "Probability that an attention weight is dropped during training.", "0.0")
        {
            Minimum = 0,
            Maximum = 1,
            ExcludesMaximum = true,
        };

    public override IReadOnlyList<OperationParameter> Parameters { get; } = [Dropout];

    public override int? InputCount => 3;

    public override string ShapeRule => "[N, ..., L, E], [N, ..., S, E], [N, ..., S, V] -> [N, ..., L, V]";

    public override string? MomentRule => null;

    public override Shape? Infer(OperationCall call)
    {
        var (q, k, v) = (call.Inputs[0].Shape, call.Inputs[1].Shape, call.Inputs[2].Shape);
        if (q.Rank < 3 || k.Rank != q.Rank || v.Rank != q.Rank)
        {
            call.Report(DiagnosticCatalogue.Rank(call.Place, Name, "three values of the same rank, at least 3", $"{q}, {k} and {v}"));
            return null;
        }
        var last = q.Rank - 1;
        for (var axis = 0; axis < last - 1; axis++)
            if (!Fit(call.Inputs[0], axis, call.Inputs[1], axis) || !Fit(call.Inputs[0], axis, call.Inputs[2], axis))
                return null;
        return Fit(call.Inputs[0], last, call.Inputs[1], last) && Fit(call.Inputs[1], last - 1, call.Inputs[2], last - 1)
            ? q.With(last, v[last]) : null;

        bool Fit(TensorValue a, int axis, TensorValue b, int other) =>
            call.Require(a.Shape[axis], b.Shape[other], () => DiagnosticCatalogue.Join(
            call.Place, $"'{Name}'", a.Shape.ToString(), b.Shape.ToString(),
            $"dimension {axis}, {a.Shape[axis]} and {b.Shape[other]}", b.Origin).WithHint(Sizing.Hint(a.Shape[axis], b.Shape[other])));
    }

    public override Computation Compute(OperationCall call)
    {
        NamedOperand[] values = [Input(0), Input(1), Input(2)];
        return Function("torch.nn.functional.scaled_dot_product_attention",
            call.Has(Dropout) ? [.. values, Named("dropout_p", new WhileTrainingOperand(call.Get(Dropout)))] : values);
    }

    public override Size Macs(OperationCall call, Shape output)
    {
        var q = call.Input;
        var pairs = q.Sizes.Skip(1).Take(q.Rank - 2).Aggregate(call.Inputs[1].Shape[q.Rank - 2], (product, size) => product * size);
        return pairs * (q[q.Rank - 1] + output[q.Rank - 1]);
    }
}
