using System.Collections.Generic;
using KnDsl.Language.Diagnostics;
using KnDsl.Language.Operations.Contract;
using KnDsl.Language.Text;
using KnDsl.Language.Values;

namespace KnDsl.Language.Operations;

/// <summary>Takes a range of a dimension (a slice of torch, x[:, 0:64]).</summary>
internal sealed class Slice : Operation
{
    public override string Name => "slice";

    public override bool KeepsLearned => true;

    public override string Summary => "Takes a range of a dimension, by default of the channels (x[:, start:end:step] in torch).";

    public override string Example => "half = x -> slice(0, x.channels / 2)";

    private static readonly IntegerParameter Start = new("start", "First position taken.") { Minimum = 0 };
    private static readonly IntegerParameter End = new("end", "Position after the last one taken.") { Minimum = 0 };
    private static readonly IntegerParameter Axis = new("axis", "The dimension.", 1) { IsKnownInFile = true };
    private static readonly IntegerParameter Step = new("step", "Distance between the positions taken.", 1) { Minimum = 1 };

    public override IReadOnlyList<OperationParameter> Parameters { get; } = [Start, End, Axis, Step];

    /// <summary>The arguments of a slice from a start to an end of a dimension.</summary>
    public static Arguments ArgumentsOf(Size start, Size end, int axis, Place place) => Arguments.None
        .With(Start.Name, new SizeValue(start), place)
        .With(End.Name, new SizeValue(end), place)
        .With(Axis.Name, new SizeValue(axis), place);

    public override string ShapeRule => "the dimension becomes end - start, divided by step and rounded up";

    public override string MomentRule => "the moments of the channels taken; positions: unchanged; samples: it cuts the chain";

    public override bool PassesState(OperationCall call) => Axes.Resolve(call, Axis) is > 0;

    public override OutputNumbers Numbers(OperationCall call) => OutputNumbers.OfInputs;

    public override Shape? Infer(OperationCall call)
    {
        if (Axes.Resolve(call, Axis) is not { } axis)
            return null;
        var (start, end, size) = (call.Get(Start), call.Get(End), call.Input[axis]);
        Diagnostic OutOfRange() => DiagnosticCatalogue.Range(call.Place, Name, $"{start} to {end}", size.ToString());
        // What is found is a number that the message names: the start, or the end where the file has the start.
        var (last, limit) = start.IsConstant ? (start + 1, end) : (start, end - 1);
        return call.RequireAtMost(last, OutOfRange, limit) && call.RequireAtMost(end, OutOfRange, size)
            ? call.Input.With(axis, Size.FloorDivide(end - start + call.Get(Step) - 1, call.Get(Step)))
            : null;
    }

    private static NamedOperand[] Given(OperationCall call) =>
        [call.Get(Axis), call.Get(Start), call.Get(End), .. call.Get(Step).Value == 1 ? (NamedOperand[])[] : [call.Get(Step)]];

    public override Computation Compute(OperationCall call) => Function("kndsl.slice", [Input(), .. Given(call)]);

    public override MomentStep Moments(OperationCall call) => Pass("Slice", Given(call));
}
