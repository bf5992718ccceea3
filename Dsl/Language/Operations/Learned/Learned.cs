using System.Collections.Generic;
using System.Linq;
using KnDsl.Language.Operations.Contract;
using KnDsl.Language.Values;

namespace KnDsl.Language.Operations;

/// <summary>
/// A learned tensor (torch.nn.Parameter): a class token, a position embedding, a factor per channel. It takes no value, and its
/// label names a parameter of the module itself instead of a module with parameters.
/// </summary>
internal sealed class Learned : Operation
{
    public override string Name => "learned";

    public override string Summary =>
        "A learned tensor (torch.nn.Parameter) of these sizes; its label is the name of the parameter itself. It is a value, not a stage.";

    public override string Example => "token = class_token: learned(1, 1, 768)";

    public override IReadOnlyList<OperationParameter> Parameters { get; } =
    [
        new("sizes", ParameterKind.List, "All sizes.", Minimum: 1) { IsVariadic = true },
        new("value", ParameterKind.Number, "Mean of the elements at first.", "0.0"),
        new("std", ParameterKind.Number, "Standard deviation of the elements at first: 0, or they are drawn from a normal distribution.", "0.0", Minimum: 0),
    ];

    public override int? InputCount => 0;

    public override string ShapeRule => "[sizes...], without a batch";

    public override string MomentRule => "it is known, not observed: see +, - and *";

    public override string ModuleType => "Parameter";

    public override Shape? Infer(OperationCall call)
    {
        var sizes = call.List("sizes");
        return sizes.All(size => call.RequireKnown(size, "sizes")) ? new Shape(sizes) : null;
    }

    public override string Construct(OperationCall call, CodeContext code) =>
        $"Operations.learned({code.Of(call.List("sizes"))}, {call.Number("value", code, 0)}, {call.Number("std", code, 0)}, device, dtype)";

    /// <summary>A handle of its own, since what is done with a value frees it.</summary>
    public override string Forward(OperationCall call, CodeContext code, string module, IReadOnlyList<string> inputs) => $"{module}.alias()";

    public override Size ParameterCount(OperationCall call) => call.List("sizes").Aggregate(Size.One, (product, size) => product * size);
}
