using System.Collections.Generic;
using KnDsl.Language.Operations.Contract;
using KnDsl.Language.Values;

namespace KnDsl.Language.Operations;

/// <summary>Divides a dimension into equal parts, each a value (torch.chunk): a row of slices.</summary>
internal sealed class Split : Operation
{
    public override string Name => "split";

    public override string Summary => "Divides a dimension, by default the channels, into equal parts: one value each (torch.chunk).";

    public override string Example => "a, b = x -> split(2)";

    public override IReadOnlyList<OperationParameter> Parameters { get; } =
    [
        new("parts", ParameterKind.Integer, "The number of parts, known in the file.", Minimum: 1, Below: 64),
        new("axis", ParameterKind.Integer, "The dimension.", "1"),
    ];

    public override string ShapeRule => "[N, C, ...] -> parts values of [N, C / parts, ...]";

    public override string MomentRule => "the moments of the channels of each part";

    /// <summary>The parts are slices: the model applies those.</summary>
    public override Shape Infer(OperationCall call) => call.Input;

    public override string Forward(OperationCall call, CodeContext code, string module, IReadOnlyList<string> inputs) => inputs[0];
}
