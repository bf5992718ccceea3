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
        + "Pads by half its dilated kernel by default, and has a bias unless the next stage is a norm.";

    public override string Example =>
        dimensions == 2 ? "y = x -> conv1: conv(64, 3, stride: 2) -> norm -> relu" : $"y = x -> {Name}(64, 3)";

    private static readonly IntegerParameter Channels = new("channels", "Output channels.") { Minimum = 1 };
    private static readonly SpatialParameter Kernel = new("kernel", "Size of the kernel.") { Minimum = 1 };
    private static readonly SpatialParameter Stride = new("stride", "Step of the kernel.", 1) { Minimum = 1, IsNameOnly = true };

    private static readonly SpatialParameter Padding = new("padding", "Zeros around the input.")
    {
        DefaultText = "half the dilated kernel, rounded down (use 0 for patches that do not overlap)",
        Words = ["same", "valid"],
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

    private static readonly WordParameter Mode = new(
        "mode", "The values of the padding; with reflect it is less than the input's size, with circular at most that.",
        "zeros", "reflect", "replicate", "circular")
    {
        IsNameOnly = true,
    };

    public override IReadOnlyList<OperationParameter> Parameters { get; } =
        [Channels, Kernel, Stride, Padding, Dilation, Groups, Bias, Mode];

    public override string ShapeRule => dimensions switch
    {
        1 => "[N, C, L] -> [N, channels, floor((L + 2 padding - dilation (kernel - 1) - 1) / stride) + 1]",
        2 => "[N, C, H, W] -> [N, channels, floor((H + 2 padding - dilation (kernel - 1) - 1) / stride) + 1, W likewise]",
        _ => "[N, C, D, H, W] -> [N, channels, floor((D + 2 padding - dilation (kernel - 1) - 1) / stride) + 1, H and W likewise]",
    };

    public override string MomentRule =>
        "mean: sum of W mean + b; variance: sum of W^2 variance (inputs assumed independent); with padding, over all positions: a tap "
        + "counts by its share of positions that are not padding, and the variance of the mean over the positions is added";

    public override ModuleType Module { get; } = ModuleType.Torch($"Conv{dimensions}d");

    private readonly string _shape =
        $"[N, C{string.Concat(Enumerable.Range(2, dimensions).Select(axis => ", " + Shape.AxisName(axis, dimensions + 2)))}]";

    public override Shape? Infer(OperationCall call)
    {
        if (!call.RequireRank(dimensions + 2, _shape)
            || !call.RequireKnown(call.Input.Channels, "input channels")
            || !call.RequireCounts(dimensions, Kernel, Stride, Padding, Dilation)
            || call.Has(Mode)
                && !call.RequireEffect(Mode, call.Word(Padding) == "same" || !Window.IsAll(WindowOf(call).Padding, 0), "nothing is padded"))
            return null;
        var (channels, groups) = (call.Get(Channels), call.Get(Groups));
        var ok = call.RequireGroups(Groups, groups, call.Input.Channels, "input channels");
        ok &= call.RequireGroups(Groups, groups, channels, "output channels");
        if (call.Word(Padding) == "same")
        {
            if (!call.Get(Stride, dimensions).All(stride => call.RequireAtMost(stride, () => DiagnosticCatalogue.ArgumentRange(
                    call.PlaceOf(Stride), Name, "stride", "1 if padding is 'same'", stride.ToString()), Size.One)))
                return null;
            return ok && RequireSides(call) && RequirePadding(call) ? call.Input.With(1, channels) : null;
        }
        return WindowOf(call).Slide(call) is { } sizes && ok && RequirePadding(call)
            ? new Shape([call.Input[0], channels, .. sizes])
            : null;
    }

    /// <summary>Demands that the input has as many positions as its reflection, or its repetition, is to show.</summary>
    private bool RequirePadding(OperationCall call)
    {
        var mode = call.Get(Mode);
        if (mode is not ("reflect" or "circular"))
            return true;
        var window = WindowOf(call);
        for (var i = 0; i < dimensions; i++)
        {
            var size = call.Input[i + 2];
            var padding = call.Word(Padding) == "same"
                ? Size.CeilingDivide(window.Dilation[i] * (window.Kernel[i] - 1), 2)
                : window.Padding[i];
            var most = mode == "reflect" ? size - 1 : size;
            if (!call.RequireAtMost(padding, () => DiagnosticCatalogue.PaddingOfInput(call.PlaceOf(Padding), Name, mode,
                    call.Input.NameOf(i + 2), size.ToString(), padding.ToString(), most.ToString()), most))
                return false;
        }
        return true;
    }

    /// <summary>
    /// With 'same' and another mode than zeros, libtorch takes the padding of the last dimension for the first: where they differ, the
    /// numbers are written instead, which are the same on both sides. Null where the word will do.
    /// </summary>
    private IReadOnlyList<Size>? SidesOf(OperationCall call)
    {
        if (call.Word(Padding) != "same" || call.Get(Mode) == "zeros")
            return null;
        var window = WindowOf(call);
        var totals = window.Kernel.Select((kernel, i) => window.Dilation[i] * (kernel - 1)).ToArray();
        return Window.AreUniform(totals) ? null : totals;
    }

    /// <summary>Demands that padding that differs by dimension is the same on both sides, where it is written as numbers.</summary>
    private bool RequireSides(OperationCall call) => SidesOf(call)?.Select((total, i) => call.RequireMultiple(total, 2,
        () => DiagnosticCatalogue.ArgumentRange(call.PlaceOf(Kernel), Name, Kernel.Name,
            $"odd, or its dilation even, in each dimension where they differ and padding is 'same' with mode {call.Get(Mode)}",
            call.Get(Kernel, dimensions)[i].ToString()))).All(isEven => isEven) != false;

    private Window WindowOf(OperationCall call)
    {
        var (kernel, dilation) = (call.Get(Kernel, dimensions), call.Get(Dilation, dimensions));
        var padding = call.Word(Padding) is not null ? OperationCall.Repeat(0, dimensions)
            : call.Has(Padding) ? call.Get(Padding, dimensions)
            : Window.Half(kernel, dilation);
        return new Window(kernel, call.Get(Stride, dimensions), padding, dilation);
    }

    /// <summary>Whether it has a bias: as told, else not right before a norm.</summary>
    internal static Condition BiasOf(OperationCall call, FlagParameter bias) => call.Find(bias) ?? Condition.Not(call.BeforeNorm);

    public override Construction Construct(OperationCall call)
    {
        var window = WindowOf(call);
        var isCompact = Window.AreUniform(window.Kernel, window.Stride, window.Padding, window.Dilation);
        var arguments = new List<NamedOperand> { call.Input.Channels, call.Get(Channels), new SpatialOperand(window.Kernel, isCompact) };
        if (SidesOf(call) is { } totals)
            arguments.Add(Named("padding", new SpatialOperand(totals.Select(total => Size.FloorDivide(total, 2)).ToArray(), isCompact)));
        else if (call.Word(Padding) == "same")
            arguments.Add(Named("padding", new WordOperand(WordSet.Padding, "same")));
        if (!Window.IsAll(window.Stride, 1))
            arguments.Add(Named("stride", new SpatialOperand(window.Stride, isCompact)));
        if (!Window.IsAll(window.Padding, 0))
            arguments.Add(Named("padding", new SpatialOperand(window.Padding, isCompact)));
        if (!Window.IsAll(window.Dilation, 1))
            arguments.Add(Named("dilation", new SpatialOperand(window.Dilation, isCompact)));
        if (call.Get(Groups).Value != 1)
            arguments.Add(Named("groups", call.Get(Groups)));
        if (call.Get(Mode) is var mode and not "zeros")
            arguments.Add(Named("padding_mode", new WordOperand(WordSet.PaddingMode, mode)));
        if (BiasOf(call, Bias) is { Value: not true } bias)
            arguments.Add(Named("bias", bias));
        return new ModuleConstruction(Module, arguments);
    }

    public override InputNumbers Takes(OperationCall call) => InputNumbers.Floating;

    public override ChannelOrder OutputChannels(OperationCall call) => ChannelOrder.Second;

    public override Computation Compute(OperationCall call) => Apply();

    public override MomentStep Moments(OperationCall call) => ModuleStep.Instance;

    public override bool OwnsOutput => true;

    public override bool TakesFold(Shape output) => true;

    /// <summary>Weights of one output channel.</summary>
    private Size Fan(OperationCall call) => call.Get(Kernel, dimensions)
        .Aggregate(Size.FloorDivide(call.Input.Channels, call.Get(Groups)), (product, kernel) => product * kernel);

    public override Size ParameterCount(OperationCall call)
    {
        var channels = call.Get(Channels);
        return Fan(call) * channels + Size.Choose(BiasOf(call, Bias), channels, Size.Zero);
    }

    public override Size Macs(OperationCall call, Shape output) =>
        output.Sizes.Skip(1).Aggregate(Fan(call), (product, size) => product * size);
}
