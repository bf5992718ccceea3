using System.Collections.Generic;
using KnDsl.Language.Diagnostics;
using KnDsl.Language.Operations.Contract;
using KnDsl.Language.Values;

namespace KnDsl.Language.Operations;

/// <summary>A learned vector for each whole number (torch.nn.Embedding).</summary>
internal sealed class Embedding : Operation
{
    public override string Name => "embedding";

    public override string Summary => "A learned vector for each index (torch.nn.Embedding); the input contains indices (int64).";

    public override string Example => "y = tokens -> embed: embedding(1000, 64)";

    private static readonly IntegerParameter Count = new("count", "Number of indices.") { Minimum = 1 };
    private static readonly IntegerParameter Features = new("features", "Length of a vector.") { Minimum = 1 };

    public override IReadOnlyList<OperationParameter> Parameters { get; } = [Count, Features];

    public override string ShapeRule => "[N, ...] -> [N, ..., features]";

    public override string MomentRule => "none, and nothing is cut: indices have no statistics, so the next norm begins the chain";

    public override bool PassesState(OperationCall call) => false;

    public override ModuleType Module { get; } = ModuleType.Torch("Embedding");

    public override Shape? Infer(OperationCall call)
    {
        if (call.Inputs[0].FloatBy is not { } maker)
            return new Shape([.. call.Input.Sizes, call.Get(Features)]);
        call.Report(DiagnosticCatalogue.NotIndices(call.Place, Name, maker.Operation, maker.At)
            .WithHint("Indices come straight from an input, which has nothing but indices: input tokens[N, L]."));
        return null;
    }

    public override InputNumbers Takes(OperationCall call) => InputNumbers.Indices;

    public override Construction Construct(OperationCall call) => new ModuleConstruction(Module, [call.Get(Count), call.Get(Features)]);

    public override ChannelOrder OutputChannels(OperationCall call) => ChannelOrder.Last;

    public override Computation Compute(OperationCall call) => Apply();

    public override Size ParameterCount(OperationCall call) => call.Get(Count) * call.Get(Features);
}
