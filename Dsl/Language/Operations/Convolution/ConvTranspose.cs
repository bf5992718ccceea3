using System.Collections.Generic;
using System.Linq;
using KnDsl.Language.Diagnostics;
using KnDsl.Language.Operations.Contract;
using KnDsl.Language.Values;

namespace KnDsl.Language.Operations;

/// <summary>Transposed convolution over 1, 2 or 3 spatial dimensions (torch.nn.ConvTranspose2d).</summary>
internal sealed class ConvTranspose(int dimensions) : Operation
{
    public override string Name => dimensions == 2 ? "conv_transpose" : $"conv_transpose{dimensions}d";

    public override string Summary =>
        $"Transposed convolution (torch.nn.ConvTranspose{dimensions}d). Unless padding is given, it is such that the output is stride "
            + "times the input; "
        + "it has a bias unless the next stage is a norm.";

    public override string Example => $"y = x -> up: {Name}(64, 2, stride: 2)";

    private static readonly IntegerParameter Channels = new("channels", "Output channels.") { Minimum = 1 };
    private static readonly SpatialParameter Kernel = new("kernel", "Size of the kernel.") { Minimum = 1 };
    private static readonly SpatialParameter Stride =
        new("stride", "Step of the kernel in the output.", 1) { Minimum = 1, IsNameOnly = true };

    private static readonly SpatialParameter Padding = new("padding", "Positions removed from each side of the output.", 0)
    {
        DefaultText = "the output becomes stride times the input",
        Minimum = 0,
        IsNameOnly = true,
    };

    private static readonly SpatialParameter OutputPadding = new(
        "output_padding", "Positions added to one side of the output; fewer than the stride or than the dilation.", 0)
    {
        DefaultText = "0 if padding is given",
        Minimum = 0,
        IsNameOnly = true,
    };

    private static readonly SpatialParameter Dilation =
        new("dilation", "Step between the kernel's taps.", 1) { Minimum = 1, IsNameOnly = true };
    private static readonly IntegerParameter Groups =
        new("groups", "Groups of channels that do not mix.", 1) { Minimum = 1, IsNameOnly = true };

    private static readonly FlagParameter Bias = new("bias", "Whether a bias is added.")
    {
        DefaultText = "false directly before a norm, true otherwise",
        IsNameOnly = true,
    };

    public override IReadOnlyList<OperationParameter> Parameters { get; } =
        [Channels, Kernel, Stride, Padding, OutputPadding, Dilation, Groups, Bias];

    public override string ShapeRule =>
        "each spatial size S becomes (S - 1) stride - 2 padding + dilation (kernel - 1) + output_padding + 1";

    public override string MomentRule => "mean: sum of W mean + b; variance: sum of W^2 variance, averaged over the positions of a stride";

    public override ModuleType Module { get; } = ModuleType.Torch($"ConvTranspose{dimensions}d");

    private sealed record Settings(
        IReadOnlyList<Size> Kernel, IReadOnlyList<Size> Stride, IReadOnlyList<Size> Padding, IReadOnlyList<Size> OutputPadding,
        IReadOnlyList<Size> Dilation);

    private Settings SettingsOf(OperationCall call)
    {
        var (kernel, stride, dilation) = (call.Get(Kernel, dimensions), call.Get(Stride, dimensions), call.Get(Dilation, dimensions));
        if (call.Has(Padding) || call.Has(OutputPadding))
            return new Settings(kernel, stride, call.Get(Padding, dimensions), call.Get(OutputPadding, dimensions), dilation);
        // What is over is cut half at each side, and what that cuts too much is added again: the output is stride times the input.
        var over = kernel.Zip(dilation, Window.Extent).Zip(stride, (extent, step) => extent - step).ToArray();
        var padding = over.Select(size => size.Maximum() < 0 ? Size.Zero : Size.CeilingDivide(size, 2)).ToArray();
        var extra = over.Zip(padding, (size, pad) => pad * 2 - size).ToArray();
        return new Settings(kernel, stride, padding, extra, dilation);
    }

    public override Shape? Infer(OperationCall call)
    {
        if (!call.RequireRank(dimensions + 2, $"{dimensions + 2} dimensions")
            || !call.RequireKnown(call.Input.Channels, "input channels")
            || !call.RequireCounts(dimensions, Kernel, Stride, Padding, OutputPadding, Dilation))
            return null;
        var (channels, groups) = (call.Get(Channels), call.Get(Groups));
        var ok = call.RequireGroups(Groups, groups, call.Input.Channels, "input channels");
        ok &= call.RequireGroups(Groups, groups, channels, "output channels");
        var settings = SettingsOf(call);
        if (!RequireOutputPadding(call, settings))
            return null;
        var sizes = new List<Size>();
        for (var i = 0; i < dimensions; i++)
        {
            var size = (call.Input[i + 2] - 1) * settings.Stride[i] - settings.Padding[i] * 2
                + Window.Extent(settings.Kernel[i], settings.Dilation[i]) + settings.OutputPadding[i];
            var axis = i + 2;
            if (!call.RequirePositive(size, axis))
                return null;
            sizes.Add(size);
        }
        return ok ? new Shape([call.Input[0], channels, .. sizes]) : null;
    }

    /// <summary>
    /// Demands of the output padding what torch demands, of that which was given and of that which makes the output stride times the
    /// input: an even kernel of stride 1 has none that does.
    /// </summary>
    private bool RequireOutputPadding(OperationCall call, Settings settings)
    {
        for (var i = 0; i < dimensions; i++)
        {
            var (kernel, stride, dilation) = (settings.Kernel[i], settings.Stride[i], settings.Dilation[i]);
            var extra = settings.OutputPadding[i];
            if (call.Has(Padding) || call.Has(OutputPadding))
            {
                if (!call.RequireAtMost(extra, () => DiagnosticCatalogue.ArgumentRange(call.PlaceOf(OutputPadding), Name,
                        OutputPadding.Name, $"less than the stride, {stride}, or than the dilation, {dilation}", extra.ToString()),
                        stride - 1, dilation - 1))
                    return false;
                continue;
            }
            var extent = Window.Extent(kernel, dilation);
            Diagnostic NeedsPadding(string why) =>
                DiagnosticCatalogue.MissingArgument(call.Place, Name, Padding.Name, Padding.KindText).WithHint(why);
            if (!call.RequireAtMost(extra, () => NeedsPadding("Without it the output is stride times the input, which a kernel that spans "
                    + $"{extent} cannot give with a stride of {stride}."), stride - 1, dilation - 1)
                // One that is not padded is decided in the file.
                || (extent - stride).Maximum() is not < 0 && !call.RequireAtMost(stride, () => NeedsPadding(
                    $"It follows from the kernel and the stride only where a kernel that spans {extent} is not shorter than a stride of "
                    + $"{stride}."), extent))
                return false;
        }
        // TorchSharp 0.107 takes the first output padding for all dimensions.
        for (var i = 1; i < dimensions; i++)
            if (!call.Require(settings.OutputPadding[i], settings.OutputPadding[0], () => DiagnosticCatalogue.ArgumentRange(
                    call.Has(OutputPadding) ? call.PlaceOf(OutputPadding) : call.Place, Name, OutputPadding.Name,
                    "equal in all dimensions, since TorchSharp takes the first for all",
                    string.Join(" and ", settings.OutputPadding.Select(size => size.ToString())))
                    .WithHint("Kernels and strides that differ by dimension may need it; give padding, or pad or slice after it.")))
                return false;
        return true;
    }

    public override Construction Construct(OperationCall call)
    {
        var settings = SettingsOf(call);
        var isCompact = Window.AreUniform(settings.Kernel, settings.Stride, settings.Padding, settings.OutputPadding, settings.Dilation);
        var arguments = new List<NamedOperand> { call.Input.Channels, call.Get(Channels), new SpatialOperand(settings.Kernel, isCompact) };
        Add("stride", settings.Stride, 1);
        Add("padding", settings.Padding, 0);
        Add("output_padding", settings.OutputPadding, 0);
        Add("dilation", settings.Dilation, 1);
        if (call.Get(Groups).Value != 1)
            arguments.Add(Named("groups", call.Get(Groups)));
        if (Conv.BiasOf(call, Bias) is { Value: not true } bias)
            arguments.Add(Named("bias", bias));
        return new ModuleConstruction(Module, arguments);

        void Add(string name, IReadOnlyList<Size> sizes, long otherwise)
        {
            if (!Window.IsAll(sizes, otherwise))
                arguments.Add(Named(name, new SpatialOperand(sizes, isCompact)));
        }
    }

    public override InputNumbers Takes(OperationCall call) => InputNumbers.Floating;

    public override ChannelOrder OutputChannels(OperationCall call) => ChannelOrder.Second;

    public override Computation Compute(OperationCall call) => Apply();

    public override MomentStep Moments(OperationCall call) => ModuleStep.Instance;

    public override bool OwnsOutput => true;

    public override bool TakesFold(Shape output) => true;

    private Size Weights(OperationCall call) => call.Get(Kernel, dimensions).Aggregate(
        Size.FloorDivide(call.Get(Channels), call.Get(Groups)) * call.Input.Channels, (product, kernel) => product * kernel);

    public override Size ParameterCount(OperationCall call) =>
        Weights(call) + Size.Choose(Conv.BiasOf(call, Bias), call.Get(Channels), Size.Zero);

    public override Size Macs(OperationCall call, Shape output) =>
        call.Input.Spatial.Aggregate(Weights(call), (product, size) => product * size);
}
