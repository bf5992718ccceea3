using System.Collections.Generic;
using System.Linq;
using KnDsl.Language.Operations.Contract;
using KnDsl.Language.Values;

namespace KnDsl.Language.Operations;

/// <summary>Transposed convolution over 1, 2 or 3 spatial dimensions (torch.nn.ConvTranspose2d).</summary>
internal sealed class ConvTranspose(int dimensions) : Operation
{
    public override string Name => dimensions == 2 ? "conv_transpose" : $"conv_transpose{dimensions}d";

    public override string Summary =>
        $"Transposed convolution (torch.nn.ConvTranspose{dimensions}d). Unless padding is given, it is such that the output is stride times the input; "
        + "has a bias unless the stage right after it is a norm.";

    public override string Example => $"y = x -> up: {Name}(64, 2, stride: 2)";

    public override IReadOnlyList<OperationParameter> Parameters { get; } =
    [
        new("channels", ParameterKind.Integer, "Output channels.", Minimum: 1),
        new("kernel", ParameterKind.Spatial, "Size of the kernel.", Minimum: 1),
        new("stride", ParameterKind.Spatial, "Step of the kernel in the output.", "1", Minimum: 1) { IsNamed = true },
        new("padding", ParameterKind.Spatial, "Positions cut from each side of the output.", "such that the output is stride times the input", Minimum: 0) { IsNamed = true },
        new("output_padding", ParameterKind.Spatial, "Positions added at one side of the output.", "0 where padding is given", Minimum: 0) { IsNamed = true },
        new("dilation", ParameterKind.Spatial, "Step between the kernel's taps.", "1", Minimum: 1) { IsNamed = true },
        new("groups", ParameterKind.Integer, "Groups of channels that do not mix.", "1", Minimum: 1) { IsNamed = true },
        new("bias", ParameterKind.Flag, "Whether a bias is added.", "false right before a norm, else true") { IsNamed = true },
    ];

    public override string ShapeRule =>
        "each spatial size S becomes (S - 1) stride - 2 padding + dilation (kernel - 1) + output_padding + 1";

    public override string MomentRule => "mean: sum of W mean + b; variance: sum of W^2 variance, averaged over the positions of a stride";

    public override string ModuleType => $"ConvTranspose{dimensions}d";

    private (IReadOnlyList<Size> Kernel, IReadOnlyList<Size> Stride, IReadOnlyList<Size> Padding, IReadOnlyList<Size> Extra, IReadOnlyList<Size> Dilation) Settings(OperationCall call)
    {
        var kernel = call.Spatial("kernel", dimensions, 1);
        var stride = call.Spatial("stride", dimensions, 1);
        var dilation = call.Spatial("dilation", dimensions, 1);
        if (call.Has("padding") || call.Has("output_padding"))
            return (kernel, stride, call.Spatial("padding", dimensions, 0), call.Spatial("output_padding", dimensions, 0), dilation);
        // What is over is cut half at each side, and what that cuts too much is added again: the output is stride times the input.
        var over = kernel.Zip(dilation, Window.Extent).Zip(stride, (extent, step) => extent - step).ToArray();
        var padding = over.Select(size => size.Maximum() < 0 ? Size.Zero : Size.CeilingDivide(size, 2)).ToArray();
        var extra = over.Zip(padding, (size, pad) => pad * 2 - size).ToArray();
        return (kernel, stride, padding, extra, dilation);
    }

    public override Shape? Infer(OperationCall call)
    {
        if (!call.RequireRank(dimensions + 2, $"{dimensions + 2} dimensions") || !call.RequireKnown(call.Input.Channels, "input channels"))
            return null;
        var groups = call.Integer("groups");
        var ok = Conv.RequireDivides(call, groups, call.Input.Channels, "input channels");
        ok &= Conv.RequireDivides(call, groups, call.Integer("channels"), "output channels");
        var (kernel, stride, padding, extra, dilation) = Settings(call);
        var sizes = new List<Size>();
        for (var i = 0; i < dimensions; i++)
        {
            var size = (call.Input[i + 2] - 1) * stride[i] - padding[i] * 2 + Window.Extent(kernel[i], dilation[i]) + extra[i];
            if (!call.RequirePositive(size, i + 2))
                return null;
            sizes.Add(size);
        }
        return ok ? new Shape([call.Input[0], call.Integer("channels"), .. sizes]) : null;
    }

    public override string Construct(OperationCall call, CodeContext code)
    {
        var (kernel, stride, padding, extra, dilation) = Settings(call);
        var tuples = !new[] { kernel, stride, padding, extra, dilation }.All(Window.IsUniform);
        var arguments = new List<string> { code.Of(call.Input.Channels), code.Of(call.Integer("channels")), Window.Compact(kernel, tuples, code) };
        foreach (var (name, sizes, otherwise) in new[] { ("stride", stride, 1L), ("padding", padding, 0), ("output_padding", extra, 0), ("dilation", dilation, 1) })
            if (!Window.IsAll(sizes, otherwise))
                arguments.Add($"{name}: {Window.Compact(sizes, tuples, code)}");
        if (call.Integer("groups").Value != 1)
            arguments.Add("groups: " + code.Of(call.Integer("groups")));
        if (call.Flag("bias", code, !call.IsBeforeNorm) is var bias and not "true")
            arguments.Add("bias: " + bias);
        return $"nn.{ModuleType}({string.Join(", ", arguments)}, device: device, dtype: dtype)";
    }

    public override string Forward(OperationCall call, CodeContext code, string module, IReadOnlyList<string> inputs) => $"{module}.call({inputs[0]})";

    public override string Propagate(OperationCall call, CodeContext code, string module, IReadOnlyList<string> states, string output) => $"{states[0]}?.Pass(new ConvolutionRule({module}), {output})";

    public override string ForwardWithState(string module, string input, string state) => $"{module}.call({input}, {state})";

    private Size Weights(OperationCall call) => call.Spatial("kernel", dimensions, 1).Aggregate(
        Size.FloorDivide(call.Integer("channels"), call.Integer("groups")) * call.Input.Channels, (product, kernel) => product * kernel);

    public override Size ParameterCount(OperationCall call) =>
        Weights(call) + (call.Flag("bias", !call.IsBeforeNorm) == true ? call.Integer("channels") : Size.Zero);

    public override Size Macs(OperationCall call, Shape output) => call.Input.Spatial.Aggregate(Weights(call), (product, size) => product * size);
}
