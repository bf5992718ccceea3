using System.Collections.Generic;
using KnDsl.Language.Operations.Contract;
using KnDsl.Language.Values;

namespace KnDsl.Language.Operations;

/// <summary>Fully connected layer over the last dimension (torch.nn.Linear).</summary>
internal sealed class Linear : Operation
{
    public override string Name => "linear";

    public override string Summary =>
        "Fully connected layer over the last dimension (torch.nn.Linear). Has a bias unless the stage right after it is a norm.";

    public override string Example => "logits = x -> avgpool(global) -> flatten -> fc: linear(10)";

    public override IReadOnlyList<OperationParameter> Parameters { get; } =
    [
        new("features", ParameterKind.Integer, "Output features.", Minimum: 1),
        new("bias", ParameterKind.Flag, "Whether a bias is added.", "false right before a norm, else true") { IsNamed = true },
    ];

    public override string ShapeRule => "[N, ..., F] -> [N, ..., features]";

    public override string MomentRule =>
        "mean: sum of W mean + b; variance: sum of W^2 variance (inputs taken as independent); over positions the average of these over the outputs, which differ in their means";

    public override string ModuleType => "Linear";

    public override Shape? Infer(OperationCall call)
    {
        if (!call.RequireRankAtLeast(2, "[N, features]"))
            return null;
        if (!call.RequireKnown(InputFeatures(call), "input features", areLast: true))
            return null;
        return call.Input.With(call.Input.Rank - 1, call.Integer("features"));
    }

    private static Size InputFeatures(OperationCall call) => call.Input[call.Input.Rank - 1];

    public override string Construct(OperationCall call, CodeContext code)
    {
        var bias = call.Flag("bias", code, !call.IsBeforeNorm);
        return $"nn.Linear({code.Of(InputFeatures(call))}, {code.Of(call.Integer("features"))}"
            + $"{(bias == "true" ? "" : $", hasBias: {bias}")}, device: device, dtype: dtype)";
    }

    public override string Forward(OperationCall call, CodeContext code, string module, IReadOnlyList<string> inputs) => $"{module}.call({inputs[0]})";

    public override string Propagate(OperationCall call, CodeContext code, string module, IReadOnlyList<string> states, string output) => $"{states[0]}?.Pass(new LinearRule({module}), {output})";

    public override string ForwardWithState(string module, string input, string state) => $"{module}.call({input}, {state})";

    public override Size ParameterCount(OperationCall call)
    {
        var features = call.Integer("features");
        return InputFeatures(call) * features + (call.Flag("bias", !call.IsBeforeNorm) == true ? features : Size.Zero);
    }

    public override Size Macs(OperationCall call, Shape output)
    {
        var product = InputFeatures(call);
        for (var axis = 1; axis < output.Rank; axis++)
            product *= output[axis];
        return product;
    }
}
