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

    private static readonly ListParameter AllSizes = new("sizes", "All sizes.") { IsVariadic = true, Minimum = 1 };
    private static readonly NumberParameter Mean = new("value", "Initial mean of the elements.", "0.0");

    private static readonly NumberParameter Deviation =
        new("std", "Initial standard deviation of the elements; above 0 they are drawn from a normal distribution.", "0.0") { Minimum = 0 };

    public override IReadOnlyList<OperationParameter> Parameters { get; } = [AllSizes, Mean, Deviation];

    public override int? InputCount => 0;

    public override string ShapeRule => "[sizes...], without a batch";

    public override string MomentRule => "it is a known number and not an observation: see +, - and *";

    public override ModuleType Module => ModuleType.Parameter;

    public override Shape? Infer(OperationCall call)
    {
        var sizes = call.Get(AllSizes);
        return sizes.All(size => call.RequireKnown(size, "sizes")) ? new Shape(sizes) : null;
    }

    public override Construction Construct(OperationCall call) =>
        new TensorConstruction(call.Get(AllSizes), call.Get(Mean), call.Get(Deviation));

    /// <summary>A handle of its own, since the operation that reads a value last frees it.</summary>
    public override Computation Compute(OperationCall call) => new MethodCall(new ModuleOperand(), "alias", []);

    public override Size ParameterCount(OperationCall call) => call.Get(AllSizes).Aggregate(Size.One, (product, size) => product * size);
}
