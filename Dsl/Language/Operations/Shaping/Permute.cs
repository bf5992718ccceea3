using System.Collections.Generic;
using System.Linq;
using KnDsl.Language.Diagnostics;
using KnDsl.Language.Operations.Contract;
using KnDsl.Language.Values;

namespace KnDsl.Language.Operations;

/// <summary>Reorders the dimensions (torch.permute).</summary>
internal sealed class Permute : Operation
{
    public override string Name => "permute";

    public override bool KeepsLearned => true;

    public override string Summary => "Reorders the dimensions (torch.permute).";

    public override string Example => "y = x -> permute(0, 2, 3, 1)";

    private static readonly ListParameter AxesParameter =
        new("axes", "All dimensions in their new order, the batch first.") { IsVariadic = true, IsKnownInFile = true };

    public override IReadOnlyList<OperationParameter> Parameters { get; } = [AxesParameter];

    public override string ShapeRule => "dimension i of the output is dimension axes[i] of the input";

    public override string MomentRule =>
        "unchanged if the channels keep their place; moved channels stay apart for what says so in the language's page; for all else " +
        "each position of the dimension in their place has the mixture of all channels; moving the batch cuts the chain";

    public override bool PassesState(OperationCall call) =>
        call.Get(AxesParameter) is { Count: > 0 } axes && Axes.Resolve(call, AxesParameter, axes[0]) == 0;

    public override OutputNumbers Numbers(OperationCall call) => OutputNumbers.OfInputs;

    public override Shape? Infer(OperationCall call)
    {
        if (call.Get(AxesParameter).Count is var count && count != call.Input.Rank)
        {
            call.Report(
                DiagnosticCatalogue.Rank(call.Place, Name,
                    $"a value of {DiagnosticCatalogue.Count(count, "dimension")} for the same number of axes",
                    call.Input.ToString())
                .WithHint(HintForBatch(call)));
            return null;
        }
        var axes = new List<int>();
        foreach (var axis in call.Get(AxesParameter))
        {
            if (Axes.Resolve(call, AxesParameter, axis) is not { } index)
                return null;
            axes.Add(index);
        }
        if (axes.Distinct().Count() == call.Input.Rank)
            return new Shape(axes.Select(axis => call.Input[axis]));
        call.Report(
            DiagnosticCatalogue.ArgumentType(call.PlaceOf(AxesParameter), Name, "axes", $"all dimensions of {call.Input}, each once",
                $"[{string.Join(", ", axes)}]"));
        return null;
    }

    /// <summary>What the axes are with the batch, where only that is missing; null where it is not.</summary>
    private static string? HintForBatch(OperationCall call)
    {
        var axes = call.Get(AxesParameter).Select(axis => axis.Value).ToArray();
        // Without the batch the others are counted from 0 by some people, and from 1 by others.
        var first = axes.Contains(0) ? 1 : 0;
        return axes.Length == call.Input.Rank - 1 && axes[0] != 0
            && Enumerable.Range(1, axes.Length).All(axis => axes.Contains(axis - first))
            ? $"The batch is dimension 0: permute(0, {string.Join(", ", axes.Select(axis => axis + first))})."
            : null;
    }

    private static NamedOperand[] Arguments(OperationCall call) => [.. call.Get(AxesParameter).Select(axis => (NamedOperand)axis)];

    public override Computation Compute(OperationCall call) => Method("permute", Arguments(call));

    public override MomentStep Moments(OperationCall call) => Pass("Permute", Sizes(call.Get(AxesParameter)));
}
