using System.Collections.Generic;
using KnDsl.Language.Diagnostics;
using KnDsl.Language.Operations.Contract;
using KnDsl.Language.Values;

namespace KnDsl.Language.Operations;

/// <summary>Moves channels into space (torch.nn.PixelShuffle) or space into channels (torch.nn.PixelUnshuffle).</summary>
internal sealed class PixelShuffle(bool inverse) : Operation
{
    public override string Name => inverse ? "pixel_unshuffle" : "pixel_shuffle";

    public override string Summary => inverse
        ? "Moves blocks of positions into channels (torch.nn.PixelUnshuffle)."
        : "Moves channels into blocks of positions (torch.nn.PixelShuffle).";

    public override string Example => $"y = x -> {Name}(2)";

    private static readonly IntegerParameter Factor = new("factor", "Side length of a block.") { Minimum = 1 };

    public override IReadOnlyList<OperationParameter> Parameters { get; } = [Factor];

    public override string ShapeRule => inverse
        ? "[N, C, H, W] -> [N, C factor^2, H / factor, W / factor]"
        : "[N, C, H, W] -> [N, C / factor^2, H factor, W factor]";

    public override string MomentRule => inverse
        ? "each channel's moments go to the factor^2 channels that it becomes"
        : "the mixture of the factor^2 channels that become one";

    public override OutputNumbers Numbers(OperationCall call) => OutputNumbers.OfInputs;

    public override Shape? Infer(OperationCall call)
    {
        if (!call.RequireRank(4, "[N, C, height, width]"))
            return null;
        var factor = call.Get(Factor);
        var (n, c, h, w) = (call.Input[0], call.Input[1], call.Input[2], call.Input[3]);
        if (!inverse)
            return Divides(call, c, factor * factor, "channels")
                ? new Shape(n, Size.FloorDivide(c, factor * factor), h * factor, w * factor) : null;
        return Divides(call, h, factor, "height") && Divides(call, w, factor, "width")
            ? new Shape(n, c * factor * factor, Size.FloorDivide(h, factor), Size.FloorDivide(w, factor))
            : null;
    }

    private bool Divides(OperationCall call, Size size, Size by, string what) =>
        call.RequireMultiple(size, by, () => DiagnosticCatalogue.Divide(call.Place, Name, what, size.ToString(), by.ToString()));

    public override ChannelOrder OutputChannels(OperationCall call) => ChannelOrder.Second;

    public override Computation Compute(OperationCall call) =>
        Function(inverse ? "kndsl.pixel_unshuffle" : "torch.nn.functional.pixel_shuffle", Input(), call.Get(Factor));

    public override MomentStep Moments(OperationCall call) => Pass(inverse ? "PixelUnshuffle" : "PixelShuffle", call.Get(Factor));
}
