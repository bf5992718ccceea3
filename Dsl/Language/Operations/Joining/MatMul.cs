using System.Linq;
using KnDsl.Language.Diagnostics;
using KnDsl.Language.Operations.Contract;
using KnDsl.Language.Values;

namespace KnDsl.Language.Operations;

/// <summary>Matrix product over the last two dimensions (torch.matmul).</summary>
internal sealed class MatMul : Operation
{
    public override string Name => "matmul";

    public override string Summary => "Matrix product over the last two dimensions (torch.matmul).";

    public override string Example => "y = matmul(weights, values)";

    public override int? InputCount => 2;

    public override string ShapeRule => "[..., A, B], [..., B, C] -> [..., A, C], of one number of dimensions and one batch";

    public override string MomentRule =>
        "sums of products of independent values over the inner dimension; two matrices without channels cut the chain";

    public override bool PassesState(OperationCall call) => call.Input.Rank > 2;

    public override OutputNumbers Numbers(OperationCall call) => OutputNumbers.OfInputs;

    public override Shape? Infer(OperationCall call)
    {
        var (a, b) = (call.Inputs[0].Shape, call.Inputs[1].Shape);
        if (a.Rank != b.Rank || a.Rank < 2)
        {
            call.Report(DiagnosticCatalogue.Rank(call.Place, Name, "two values of the same rank, at least 2", $"{a} and {b}")
                .WithHint(Sizing.HintForLearned(call.Inputs)));
            return null;
        }
        for (var axis = 0; axis < a.Rank - 2; axis++)
            if (!call.Require(a[axis], b[axis], () => DiagnosticCatalogue.Join(call.Place, "'matmul'", a.ToString(), b.ToString(),
                    $"{a.NameOf(axis)} {a[axis]} and {b[axis]}", call.Inputs[1].Origin)
                    .WithHint(Sizing.HintForLearned(call.Inputs) ?? Sizing.Hint(a[axis], b[axis]))))
                return null;
        return call.Require(a[a.Rank - 1], b[b.Rank - 2], () => DiagnosticCatalogue.Join(call.Place, "'matmul'", a.ToString(), b.ToString(),
            $"{a[a.Rank - 1]} columns and {b[b.Rank - 2]} rows", call.Inputs[1].Origin)
                .WithHint(Sizing.Hint(a[a.Rank - 1], b[b.Rank - 2])))
            ? a.With(a.Rank - 1, b[b.Rank - 1])
            : null;
    }

    public override Computation Compute(OperationCall call) => Function("torch.matmul", Input(0), Input(1));

    public override MomentStep Moments(OperationCall call) => new JoinStep("MatMul", []);

    public override Size Macs(OperationCall call, Shape output) =>
        output.Sizes.Skip(1).Aggregate(call.Input[call.Input.Rank - 1], (product, size) => product * size);
}
