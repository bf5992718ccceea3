using System.Collections.Generic;
using KnDsl.Language.Operations.Contract;
using KnDsl.Language.Values;

namespace KnDsl.Language.Operations;

/// <summary>Fully connected layer over the last dimension (torch.nn.Linear).</summary>
internal sealed class Linear : Operation
{
    public override string Name => "linear";

    public override string Summary =>
        "Fully connected layer over the last dimension (torch.nn.Linear). Has a bias unless the next stage is a norm over its "
            + "features.";

    public override string Example => "logits = x -> avgpool(global) -> flatten -> fc: linear(10)";

    private static readonly IntegerParameter Features = new("features", "Output features.") { Minimum = 1 };

    private static readonly FlagParameter Bias = new("bias", "Whether a bias is added.")
    {
        DefaultText = "false for [N, F] directly before a norm, true otherwise",
        IsNameOnly = true,
    };

    public override IReadOnlyList<OperationParameter> Parameters { get; } = [Features, Bias];

    public override string ShapeRule => "[N, ..., F] -> [N, ..., features]";

    public override string MomentRule =>
        "mean: sum of W mean + b; variance: sum of W^2 variance (inputs assumed independent); over positions the average of these over "
            + "the outputs, which differ in their means";

    public override ModuleType Module { get; } = ModuleType.Torch("Linear");

    public override Shape? Infer(OperationCall call)
    {
        if (!call.RequireRankAtLeast(2, "[N, features]"))
            return null;
        if (!call.RequireKnown(InputFeatures(call), "input features", areLast: true))
            return null;
        return call.Input.With(call.Input.Rank - 1, call.Get(Features));
    }

    private static Size InputFeatures(OperationCall call) => call.Input[call.Input.Rank - 1];

    /// <summary>A norm of the second of more dimensions has other channels than the features: it takes no bias of theirs away.</summary>
    private static Condition BiasOf(OperationCall call) =>
        call.Input.Rank == 2 || call.Has(Bias) ? Conv.BiasOf(call, Bias) : Condition.True;

    public override Construction Construct(OperationCall call)
    {
        var bias = BiasOf(call);
        NamedOperand[] sizes = [InputFeatures(call), call.Get(Features)];
        return new ModuleConstruction(Module, bias.Value == true ? sizes : [.. sizes, Named("bias", bias)]);
    }

    public override InputNumbers Takes(OperationCall call) => InputNumbers.Floating;

    public override ChannelOrder OutputChannels(OperationCall call) => ChannelOrder.LastUnlessSecond;

    public override Computation Compute(OperationCall call) => Apply();

    public override MomentStep Moments(OperationCall call) => ModuleStep.Instance;

    public override bool OwnsOutput => true;

    /// <summary>Over the channels only: over other dimensions a norm that follows has other channels than the layer has outputs.</summary>
    public override bool TakesFold(Shape output) => output.Rank == 2;

    public override Size ParameterCount(OperationCall call)
    {
        var features = call.Get(Features);
        return InputFeatures(call) * features + Size.Choose(BiasOf(call), features, Size.Zero);
    }

    public override Size Macs(OperationCall call, Shape output)
    {
        var product = InputFeatures(call);
        for (var axis = 1; axis < output.Rank; axis++)
            product *= output[axis];
        return product;
    }
}
