using System.Collections.Generic;
using KnDsl.Language.Operations.Contract;
using KnDsl.Language.Values;

namespace KnDsl.Language.Operations;

/// <summary>A learned vector for each whole number (torch.nn.Embedding).</summary>
internal sealed class Embedding : Operation
{
    public override string Name => "embedding";

    public override string Summary => "A learned vector for each whole number (torch.nn.Embedding); the input holds indices (int64).";

    public override string Example => "y = tokens -> embed: embedding(1000, 64)";

    public override IReadOnlyList<OperationParameter> Parameters { get; } =
    [
        new("count", ParameterKind.Integer, "How many indices there are.", Minimum: 1),
        new("features", ParameterKind.Integer, "Length of a vector.", Minimum: 1),
    ];

    public override string ShapeRule => "[N, ...] -> [N, ..., features]";

    public override string MomentRule => "none, and none is lost: indices have no statistics, and the next norm begins the chain";

    public override bool PassesState(OperationCall call) => false;

    public override string ModuleType => "Embedding";

    public override Shape Infer(OperationCall call) => new([.. call.Input.Sizes, call.Integer("features")]);

    public override string Construct(OperationCall call, CodeContext code) =>
        $"nn.Embedding({code.Of(call.Integer("count"))}, {code.Of(call.Integer("features"))}, device: device, dtype: dtype)";

    public override string Forward(OperationCall call, CodeContext code, string module, IReadOnlyList<string> inputs) => $"{module}.call({inputs[0]})";

    public override Size ParameterCount(OperationCall call) => call.Integer("count") * call.Integer("features");
}
