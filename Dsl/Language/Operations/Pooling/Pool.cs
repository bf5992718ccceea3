using System.Collections.Generic;
using System.Linq;
using KnDsl.Language.Diagnostics;
using KnDsl.Language.Operations.Contract;
using KnDsl.Language.Values;

namespace KnDsl.Language.Operations;

/// <summary>
/// Maximum or average over a window in 1, 2 or 3 spatial dimensions (torch.nn.MaxPool2d, AvgPool2d), over everything
/// (<c>maxpool(global)</c>), as torch.nn.AdaptiveMaxPool2d(1) and AdaptiveAvgPool2d(1) do.
/// </summary>
internal sealed class Pool(bool isMax, int dimensions) : Operation
{
    private string Kind => isMax ? "max" : "avg";

    private string TorchName => isMax ? "MaxPool" : "AvgPool";

    public override string Name => dimensions == 2 ? $"{Kind}pool" : $"{Kind}pool{dimensions}d";

    public override string Summary =>
        $"{(isMax ? "Maximum" : "Average")} over a window of {DiagnosticCatalogue.Count(dimensions, "spatial dimension")} (torch.nn.{TorchName}{dimensions}d), "
        + $"or with 'global' over all positions, which leaves {(dimensions == 2 ? "1x1" : "size 1")}.";

    public override string Example => isMax ? $"y = x -> {Name}(3, stride: 2, padding: 1)" : $"y = x -> {Name}(global) -> flatten";

    public override IReadOnlyList<OperationParameter> Parameters { get; } =
    [
        new("kernel", ParameterKind.Spatial, "Size of the window, or 'global'.", Words: ["global"], Minimum: 1),
        new("stride", ParameterKind.Spatial, "Step of the window.", "the kernel", Minimum: 1),
        new("padding", ParameterKind.Spatial, isMax ? "Positions added around the input, never the maximum." : "Zeros around the input.", "0", Minimum: 0),
        isMax
            ? new("dilation", ParameterKind.Spatial, "Step between the window's positions.", "1", Minimum: 1)
            : new("count_padding", ParameterKind.Flag, "Whether padding counts in the average.", "true"),
        new("ceil", ParameterKind.Flag, "Whether the output's size is rounded up.", "false"),
    ];

    public override string ShapeRule =>
        $"[N, C{string.Concat(Enumerable.Repeat(", S", dimensions))}] -> each S becomes floor((S + 2 padding - {(isMax ? "dilation (kernel - 1) - 1" : "kernel")}) / stride) + 1, or 1 with 'global'";

    public override string MomentRule => isMax
        ? "the first two moments of the maximum of as many independent normals as the window has positions, padding left out"
        : "mean; variance / positions of the window; padding as zeros in their share of the windows";

    private bool IsGlobal(OperationCall call) => call.Word("kernel") == "global";

    private Window Window(OperationCall call)
    {
        var kernel = call.Spatial("kernel", dimensions, 1);
        return new Window(
            kernel,
            call.Has("stride") ? call.Spatial("stride", dimensions, 1) : kernel,
            call.Spatial("padding", dimensions, 0),
            call.Spatial("dilation", dimensions, 1),
            call.Flag("ceil", false) == true);
    }

    public override Shape? Infer(OperationCall call)
    {
        if (!call.RequireRank(dimensions + 2, $"[N, C{string.Concat(Enumerable.Range(2, dimensions).Select(axis => ", " + Shape.AxisName(axis, dimensions + 2)))}]"))
            return null;
        if (IsGlobal(call))
            return new Shape([call.Input[0], call.Input[1], .. Operations.Window.Repeat(1, dimensions)]);
        var window = Window(call);
        for (var i = 0; i < dimensions; i++)
            if ((window.Padding[i] * 2 - window.Kernel[i]).Minimum() > 0)
            {
                call.Report(DiagnosticCatalogue.Padding(call.PlaceOf("padding"), Name, window.Padding[i].ToString(), window.Kernel[i].ToString(), Size.FloorDivide(window.Kernel[i], 2).ToString()));
                return null;
            }
        return window.Slide(call) is { } spatial ? new Shape([call.Input[0], call.Input[1], .. spatial]) : null;
    }

    public override string Forward(OperationCall call, CodeContext code, string module, IReadOnlyList<string> inputs)
    {
        if (IsGlobal(call))
            return $"{AdaptivePool.Function(isMax, dimensions)}({inputs[0]}, {(dimensions == 1 ? "1" : "[" + string.Join(", ", Enumerable.Repeat("1", dimensions)) + "]")})";
        var window = Window(call);
        // Functions of one dimension take numbers, the others lists.
        string Of(IReadOnlyList<Size> sizes) => dimensions == 1 ? code.Of(sizes[0]) : code.Of(sizes);
        var arguments = new List<string> { inputs[0], Of(window.Kernel), Of(window.Stride), Of(window.Padding) };
        if (isMax && !Operations.Window.IsAll(window.Dilation, 1))
            arguments.Add("dilation: " + Of(window.Dilation));
        if (window.CeilMode)
            arguments.Add("ceil_mode: true");
        if (!isMax && call.Flag("count_padding", true) == false)
            arguments.Add("count_include_pad: false");
        return $"nn.functional.{Kind}_pool{dimensions}d({string.Join(", ", arguments)})";
    }

    public override string Propagate(OperationCall call, CodeContext code, string module, IReadOnlyList<string> states, string output)
    {
        if (IsGlobal(call))
            return $"{states[0]}?.Pass(new Adaptive{(isMax ? "Max" : "Avg")}PoolRule([{string.Join(", ", Enumerable.Repeat("1", dimensions))}]), {output})";
        var window = Window(call);
        var arguments = new List<string> { code.Of(window.Kernel), code.Of(window.Stride), code.Of(window.Padding) };
        if (isMax && !Operations.Window.IsAll(window.Dilation, 1))
            arguments.Add("dilation: " + code.Of(window.Dilation));
        if (window.CeilMode)
            arguments.Add("ceilMode: true");
        if (!isMax && call.Flag("count_padding", true) == false)
            arguments.Add("countIncludePad: false");
        return $"{states[0]}?.Pass(new {(isMax ? "Max" : "Avg")}PoolRule({string.Join(", ", arguments)}), {output})";
    }
}
