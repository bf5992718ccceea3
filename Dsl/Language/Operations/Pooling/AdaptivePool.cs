using System.Collections.Generic;
using KnDsl.Language.Operations.Contract;
using KnDsl.Language.Values;

namespace KnDsl.Language.Operations;

/// <summary>Maximum or average over as many windows as the output has positions (torch.nn.AdaptiveAvgPool2d).</summary>
internal sealed class AdaptivePool(bool isMax, int dimensions) : Operation
{
    private string Kind => isMax ? "max" : "avg";

    public override string Name => dimensions == 2 ? $"adaptive_{Kind}pool" : $"adaptive_{Kind}pool{dimensions}d";

    public override string Summary =>
        $"{(isMax ? "Maximum" : "Average")} over windows such that the output has the size given (torch.nn.Adaptive{(isMax ? "Max" : "Avg")}Pool{dimensions}d).";

    public override string Example => $"y = x -> {Name}({(dimensions == 2 ? "7" : "4")}) -> flatten";

    public override IReadOnlyList<OperationParameter> Parameters { get; } =
        [new("size", ParameterKind.Spatial, "Size of the output.", Minimum: 1)];

    public override string ShapeRule => "each spatial size becomes the one given";

    public override string MomentRule => isMax
        ? "the first two moments of the maximum of as many independent normals as a window has positions"
        : "mean; variance / positions of a window";

    public override Shape? Infer(OperationCall call) => call.RequireRank(dimensions + 2, $"{dimensions + 2} dimensions")
        ? new Shape([call.Input[0], call.Input[1], .. call.Spatial("size", dimensions, 1)])
        : null;

    public override string Forward(OperationCall call, CodeContext code, string module, IReadOnlyList<string> inputs)
    {
        var size = call.Spatial("size", dimensions, 1);
        return $"{Function(isMax, dimensions)}({inputs[0]}, {(dimensions == 1 ? code.Of(size[0]) : code.Of(size))})";
    }

    /// <summary>The C# function; TorchSharp 0.107 takes its adaptive_max_pool3d for that of one dimension.</summary>
    public static string Function(bool isMax, int dimensions) => isMax && dimensions == 3
        ? "Operations.adaptive_max_pool3d"
        : $"nn.functional.adaptive_{(isMax ? "max" : "avg")}_pool{dimensions}d";

    public override string Propagate(OperationCall call, CodeContext code, string module, IReadOnlyList<string> states, string output) =>
        $"{states[0]}?.Pass(new Adaptive{(isMax ? "Max" : "Avg")}PoolRule({code.Of(call.Spatial("size", dimensions, 1))}), {output})";
}
