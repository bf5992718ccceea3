using System;
using System.Collections.Generic;
using System.Linq;
using KnDsl.Language.Diagnostics;
using KnDsl.Language.Operations.Contract;
using KnDsl.Language.Values;

namespace KnDsl.Language.Operations;

/// <summary>Divides a dimension into equal parts, each a value (torch.chunk): a row of slices.</summary>
internal sealed class Split : Operation
{
    public override string Name => "split";

    public override bool KeepsLearned => true;

    public override string Summary => "Divides a dimension, by default the channels, into equal parts: one value each (torch.chunk).";

    public override string Example => "a, b = x -> split(2)";

    private static readonly IntegerParameter Parts =
        new("parts", "The number of parts.") { Minimum = 1, Maximum = 64, IsKnownInFile = true };
    private static readonly IntegerParameter Axis = new("axis", "The dimension.", 1) { IsKnownInFile = true };
    private static readonly Slice Part = new();

    public override IReadOnlyList<OperationParameter> Parameters { get; } = [Parts, Axis];

    public override bool IsRow => true;

    public override string ShapeRule => "[N, C, ...] -> parts values of [N, C / parts, ...]";

    public override string MomentRule => "the moments of the channels of each part";

    /// <summary>Each part is a slice.</summary>
    public override IReadOnlyList<OperationPart>? Expand(OperationCall call)
    {
        var parts = call.Get(Parts).Value!.Value;
        if (Axes.Resolve(call, Axis) is not { } axis)
            return null;
        var whole = call.Input[axis];
        if (!call.RequireMultiple(whole, parts,
                () => DiagnosticCatalogue.Divide(call.Place, Name, call.Input.NameOf(axis), whole.ToString(), parts.ToString())))
            return null;
        var size = Size.FloorDivide(whole, parts);
        return Enumerable.Range(0, (int)parts)
            .Select(part => new OperationPart(Part, Slice.ArgumentsOf(size * part, size * (part + 1), axis, call.Place))).ToArray();
    }

    public override Shape Infer(OperationCall call) => call.Input;

    public override Computation Compute(OperationCall call) =>
        throw new NotSupportedException("The parts of a split are computed, each by itself.");
}
