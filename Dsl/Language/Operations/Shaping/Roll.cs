using System.Collections.Generic;
using System.Linq;
using KnDsl.Language.Diagnostics;
using KnDsl.Language.Operations.Contract;
using KnDsl.Language.Values;

namespace KnDsl.Language.Operations;

/// <summary>Moves elements along dimensions, those that leave at one end coming in at the other (torch.roll).</summary>
internal sealed class Roll : Operation
{
    public override string Name => "roll";

    public override string Summary => "Shifts elements along dimensions; those that leave at one end enter at the other (torch.roll).";

    public override string Example => "y = x -> roll([-3, -3], axes: [2, 3])";

    private static readonly AmountsParameter Shifts = new("shifts", "The distance for each of the dimensions.") { Each = "dimension" };
    private static readonly AmountsParameter AxesParameter =
        new("axes", "The dimensions; negative ones count from the end.") { IsKnownInFile = true, Each = "dimension" };

    public override IReadOnlyList<OperationParameter> Parameters { get; } = [Shifts, AxesParameter];

    public override string ShapeRule => "any shape, unchanged";

    public override string? MomentRule => "channels take their moments with them; positions: unchanged; samples: it cuts the chain";

    public override bool PassesState(OperationCall call) =>
        call.Get(AxesParameter).Sizes.All(axis => Axes.Resolve(call, AxesParameter, axis) is > 0);

    public override OutputNumbers Numbers(OperationCall call) => OutputNumbers.OfInputs;

    public override Shape? Infer(OperationCall call)
    {
        var (shifts, axes) = (call.Get(Shifts).Sizes, call.Get(AxesParameter).Sizes);
        if (axes.Count == 0)
        {
            call.Report(DiagnosticCatalogue.ArgumentType(call.PlaceOf(AxesParameter), Name, "axes",
                $"one or more dimensions of {call.Input}", "[]"));
            return null;
        }
        if (shifts.Count != axes.Count)
        {
            call.Report(DiagnosticCatalogue.ArgumentType(call.PlaceOf(AxesParameter), Name, "axes",
                $"as many as there are shifts, {shifts.Count}", axes.Count.ToString()));
            return null;
        }
        return axes.All(axis => Axes.Resolve(call, AxesParameter, axis) is not null) ? call.Input : null;
    }

    public override ChannelOrder OutputChannels(OperationCall call) => ChannelOrder.OfInputs;

    public override Computation Compute(OperationCall call) =>
        Method("roll", Sizes(call.Get(Shifts).Sizes), Sizes(call.Get(AxesParameter).Sizes));

    public override MomentStep Moments(OperationCall call) =>
        Pass("Roll", Sizes(call.Get(Shifts).Sizes), Sizes(call.Get(AxesParameter).Sizes));
}
