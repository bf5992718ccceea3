using System.Collections.Generic;
using KnDsl.Language.Diagnostics;
using KnDsl.Language.Operations.Contract;
using KnDsl.Language.Values;

namespace KnDsl.Language.Operations;

/// <summary>Competition of channels by their norms over an image (Woo et al. 2023, "ConvNeXt V2").</summary>
internal sealed class GlobalResponseNorm : Operation
{
    public override string Name => "grn";

    public override string Summary =>
        "Global response normalization: each channel is scaled by its norm over the image relative to the norms of the other channels "
            + "(Woo et al. "
            + "2023, ConvNeXt V2); its parameters are named gamma and beta.";

    public override string Example => "y = x -> permute(0, 2, 3, 1) -> linear(384) -> gelu -> grn(axis: -1)";

    private static readonly IntegerParameter AxisParameter =
        new("axis", "The dimension of the channels: 1 in [N, C, H, W], -1 if they are last.") { IsKnownInFile = true };

    private static readonly NumberParameter Epsilon =
        new("eps", "Added to the mean of the norms.", "1e-6") { Minimum = 0, ExcludesMinimum = true, IsNameOnly = true };

    public override IReadOnlyList<OperationParameter> Parameters { get; } = [AxisParameter, Epsilon];

    public override string ShapeRule => "[N, C, ...] or [N, ..., C], unchanged";

    public override string? MomentRule => null;

    public override ModuleType Module { get; } = ModuleType.KnDsl("GlobalResponseNormLayer");

    private static int? Axis(OperationCall call) => Axes.Resolve(call, AxisParameter);

    public override Shape? Infer(OperationCall call)
    {
        if (!call.RequireRankAtLeast(3, "[N, C, ...] or [N, ..., C]") || Axis(call) is not { } axis)
            return null;
        if (axis == 1 || axis == call.Input.Rank - 1)
            return call.RequireKnown(call.Input[axis], "channels", axis == call.Input.Rank - 1) ? call.Input : null;
        call.Report(
            DiagnosticCatalogue.ArgumentRange(call.PlaceOf(AxisParameter), Name, "axis", "1 or the last dimension",
                call.Get(AxisParameter).ToString()));
        return null;
    }

    private static Size Channels(OperationCall call) => call.Input[Axis(call) ?? 1];

    public override Construction Construct(OperationCall call) =>
        new ModuleConstruction(Module, [Channels(call), call.Get(AxisParameter), call.Input.Rank, call.Get(Epsilon)]);

    public override string? ForChannelsLast(OperationCall call) =>
        Axis(call) == 1 ? "Write grn(axis: -1)." : null;

    public override Computation Compute(OperationCall call) => Apply();

    public override Size ParameterCount(OperationCall call) => Channels(call) * 2;
}
