using System.Collections.Generic;
using System.Linq;
using KnDsl.Language.Diagnostics;
using KnDsl.Language.Operations.Contract;
using KnDsl.Language.Values;

namespace KnDsl.Language.Operations;

/// <summary>Joins dimensions into one (torch.nn.Flatten).</summary>
internal sealed class Flatten : Operation
{
    public override string Name => "flatten";

    public override bool KeepsLearned => true;

    public override string Summary => "Merges dimensions into one, by default all but the batch (torch.nn.Flatten).";

    public override string Example => "y = x -> avgpool(global) -> flatten -> linear(10)";

    private static readonly IntegerParameter Start =
        new("start", "First dimension merged; negative ones count from the end.", 1) { IsKnownInFile = true };
    private static readonly IntegerParameter End =
        new("end", "Last dimension merged; negative ones count from the end.", -1) { IsKnownInFile = true };

    public override IReadOnlyList<OperationParameter> Parameters { get; } = [Start, End];

    public override string ShapeRule => "[N, C, H, W] -> [N, C H W]";

    public override string MomentRule => "each position keeps the moments of its channel";

    public override OutputNumbers Numbers(OperationCall call) => OutputNumbers.OfInputs;

    public override Shape? Infer(OperationCall call)
    {
        if (Axes.Resolve(call, Start) is not { } start || Axes.Resolve(call, End) is not { } end)
            return null;
        if (start > end)
        {
            call.Report(DiagnosticCatalogue.ArgumentRange(call.PlaceOf(Start), Name, "start", $"at most the end, {end}", start.ToString()));
            return null;
        }
        var joined = call.Input.Sizes.Skip(start).Take(end - start + 1).Aggregate((a, b) => a * b);
        return new Shape([.. call.Input.Sizes.Take(start), joined, .. call.Input.Sizes.Skip(end + 1)]);
    }

    private static NamedOperand[] Arguments(OperationCall call) => call.Has(End) ? [call.Get(Start), call.Get(End)] : [call.Get(Start)];

    public override Computation Compute(OperationCall call) => Method("flatten", Arguments(call));

    /// <summary>Samples that become positions have no state.</summary>
    public override bool PassesState(OperationCall call) => Axes.Resolve(call, Start) is > 0;

    public override MomentStep Moments(OperationCall call) => Pass("Flatten", Arguments(call));
}
