using System.Collections.Generic;
using System.Linq;
using KnDsl.Language.Diagnostics;
using KnDsl.Language.Operations.Contract;
using KnDsl.Language.Values;

namespace KnDsl.Language.Operations;

/// <summary>Convolution over 1, 2 or 3 spatial dimensions (torch.nn.Conv1d, Conv2d, Conv3d).</summary>
internal sealed class Conv(int dimensions) : Operation
{
    public override string Name => dimensions == 2 ? "conv" : $"conv{dimensions}d";

    public override string Summary =>
        $"Convolution over {DiagnosticCatalogue.Count(dimensions, "spatial dimension")} (torch.nn.Conv{dimensions}d). "
        + "Pads by half its dilated kernel unless told otherwise, and has a bias unless the stage right after it is a norm.";

    public override string Example => dimensions == 2 ? "y = x -> conv1: conv(64, 3, stride: 2) -> norm -> relu" : $"y = x -> {Name}(64, 3)";

    public override IReadOnlyList<OperationParameter> Parameters { get; } =
    [
        new("channels", ParameterKind.Integer, "Output channels.", Minimum: 1),
        new("kernel", ParameterKind.Spatial, "Size of the kernel.", Minimum: 1),
        new("stride", ParameterKind.Spatial, "Step of the kernel.", "1", Minimum: 1) { IsNamed = true },
        new("padding", ParameterKind.Spatial, "Zeros around the input.", "half the dilated kernel, rounded down (patches that do not overlap want 0)", ["same", "valid"], Minimum: 0) { IsNamed = true },
        new("dilation", ParameterKind.Spatial, "Step between the kernel's taps.", "1", Minimum: 1) { IsNamed = true },
        new("groups", ParameterKind.Integer, "Groups of channels that do not mix.", "1", Minimum: 1) { IsNamed = true },
        new("bias", ParameterKind.Flag, "Whether a bias is added.", "false right before a norm, else true") { IsNamed = true },
        new("mode", ParameterKind.Word, "What pads.", "zeros", ["zeros", "reflect", "replicate", "circular"]) { IsNamed = true },
    ];

    public override string ShapeRule => dimensions switch
    {
        1 => "[N, C, L] -> [N, channels, floor((L + 2 padding - dilation (kernel - 1) - 1) / stride) + 1]",
        2 => "[N, C, H, W] -> [N, channels, floor((H + 2 padding - dilation (kernel - 1) - 1) / stride) + 1, W likewise]",
        _ => "[N, C, D, H, W] -> [N, channels, floor((D + 2 padding - dilation (kernel - 1) - 1) / stride) + 1, H and W likewise]",
    };

    public override string MomentRule => "mean: sum of W mean + b; variance: sum of W^2 variance (inputs taken as independent)";

    public override string ModuleType => $"Conv{dimensions}d";

    public override Shape? Infer(OperationCall call)
    {
        if (!call.RequireRank(dimensions + 2, $"[N, C{string.Concat(Enumerable.Range(2, dimensions).Select(axis => ", " + Shape.AxisName(axis, dimensions + 2)))}]"))
            return null;
        if (!call.RequireKnown(call.Input.Channels, "input channels"))
            return null;
        var channels = call.Integer("channels");
        var groups = call.Integer("groups");
        var ok = RequireDivides(call, groups, call.Input.Channels, "input channels");
        ok &= RequireDivides(call, groups, channels, "output channels");
        if (Word(call) == "same")
        {
            if (Stride(call).FirstOrDefault(stride => stride.Value is not (null or 1)) is { } stride)
            {
                call.Report(DiagnosticCatalogue.ArgumentRange(call.PlaceOf("stride"), Name, "stride", "1 where padding is 'same'", stride.ToString()));
                return null;
            }
            return ok ? call.Input.With(1, channels) : null;
        }
        return Window(call).Slide(call) is { } spatial && ok ? new Shape([call.Input[0], channels, .. spatial]) : null;
    }

    private static string? Word(OperationCall call) => call.Word("padding");

    private IReadOnlyList<Size> Kernel(OperationCall call) => call.Spatial("kernel", dimensions, 1);

    private IReadOnlyList<Size> Stride(OperationCall call) => call.Spatial("stride", dimensions, 1);

    private IReadOnlyList<Size> Dilation(OperationCall call) => call.Spatial("dilation", dimensions, 1);

    private Window Window(OperationCall call)
    {
        var kernel = Kernel(call);
        var dilation = Dilation(call);
        var padding = Word(call) switch
        {
            "valid" => Operations.Window.Repeat(0, dimensions),
            "same" => Operations.Window.Repeat(0, dimensions),
            _ => call.Has("padding") ? call.Spatial("padding", dimensions, 0) : kernel.Zip(dilation, Operations.Window.Half).ToArray(),
        };
        return new Window(kernel, Stride(call), padding, dilation);
    }

    internal static bool RequireDivides(OperationCall call, Size groups, Size channels, string what)
    {
        var rest = Size.Modulo(channels, groups);
        return rest.Value == 0 || call.Require(rest, 0,
            () => DiagnosticCatalogue.Groups(call.PlaceOf("groups"), call.Operation.Name, groups.ToString(), what, channels.ToString()).WithHint(Sizing.DivisorsOf(channels)));
    }

    /// <summary>Whether it has a bias: as told, else not right before a norm.</summary>
    private static string Bias(OperationCall call, CodeContext code) => call.Flag("bias", code, !call.IsBeforeNorm);

    public override string Construct(OperationCall call, CodeContext code)
    {
        var window = Window(call);
        var same = Word(call) == "same";
        var tuples = !(Operations.Window.IsUniform(window.Kernel) && Operations.Window.IsUniform(window.Stride)
            && Operations.Window.IsUniform(window.Padding) && Operations.Window.IsUniform(window.Dilation));
        var arguments = new List<string>
        {
            code.Of(call.Input.Channels), code.Of(call.Integer("channels")), Operations.Window.Compact(window.Kernel, tuples, code),
        };
        if (same)
            arguments.Add("padding: Padding.Same");
        if (!Operations.Window.IsAll(window.Stride, 1))
            arguments.Add("stride: " + Operations.Window.Compact(window.Stride, tuples, code));
        if (!same && !Operations.Window.IsAll(window.Padding, 0))
            arguments.Add("padding: " + Operations.Window.Compact(window.Padding, tuples, code));
        if (!Operations.Window.IsAll(window.Dilation, 1))
            arguments.Add("dilation: " + Operations.Window.Compact(window.Dilation, tuples, code));
        if (call.Integer("groups").Value != 1)
            arguments.Add("groups: " + code.Of(call.Integer("groups")));
        if (call.Word("mode") is { } mode and not "zeros")
            arguments.Add($"padding_mode: PaddingModes.{char.ToUpperInvariant(mode[0])}{mode.Substring(1)}");
        if (Bias(call, code) is var bias and not "true")
            arguments.Add("bias: " + bias);
        arguments.Add("device: device, dtype: dtype");
        return $"nn.Conv{dimensions}d({string.Join(", ", arguments)})";
    }

    public override string Forward(OperationCall call, CodeContext code, string module, IReadOnlyList<string> inputs) => $"{module}.call({inputs[0]})";

    public override string Propagate(OperationCall call, CodeContext code, string module, IReadOnlyList<string> states, string output) => $"{states[0]}?.Pass(new ConvolutionRule({module}), {output})";

    public override string ForwardWithState(string module, string input, string state) => $"{module}.call({input}, {state})";

    /// <summary>Weights of one output channel.</summary>
    private Size Fan(OperationCall call) =>
        Kernel(call).Aggregate(Size.FloorDivide(call.Input.Channels, call.Integer("groups")), (product, kernel) => product * kernel);

    public override Size ParameterCount(OperationCall call)
    {
        var channels = call.Integer("channels");
        return Fan(call) * channels + (call.Flag("bias", !call.IsBeforeNorm) == true ? channels : Size.Zero);
    }

    public override Size Macs(OperationCall call, Shape output) => output.Sizes.Skip(1).Aggregate(Fan(call), (product, size) => product * size);
}
