using System.Collections.Generic;
using System.Linq;
using KnDsl.Language.Diagnostics;
using KnDsl.Language.Operations.Contract;
using KnDsl.Language.Values;

namespace KnDsl.Language.Operations;

/// <summary>Enlarges (or shrinks) the spatial dimensions (torch.nn.functional.interpolate).</summary>
internal sealed class Upsample : Operation
{
    public override string Name => "upsample";

    public override string Summary =>
        "Enlarges the spatial dimensions by a factor, to a size, or to the size of another value (torch.nn.functional.interpolate).";

    public override string Example => "y = x -> upsample(2, mode: bilinear)";

    private const string OneOfThree = "one of factor, size, like";

    private static readonly SpatialParameter Factor =
        new("factor", "The factor, a whole number.") { DefaultText = OneOfThree, Minimum = 1 };
    private static readonly SpatialParameter OutputSize = new("size", "Size of the output.") { DefaultText = OneOfThree, Minimum = 1 };
    private static readonly TensorParameter Like = new("like", "A value whose spatial sizes are used.") { DefaultText = OneOfThree };

    private static readonly WordParameter Mode =
        new("mode", "How values between positions are computed.", "nearest", "linear", "bilinear", "bicubic", "trilinear", "area");

    private static readonly FlagParameter AlignCorners = new("align_corners", "Whether the corners of input and output coincide.", false);

    public override IReadOnlyList<OperationParameter> Parameters { get; } = [Factor, OutputSize, Like, Mode, AlignCorners];

    public override string ShapeRule => "each spatial size is multiplied by factor, or becomes the given one";

    public override string MomentRule =>
        "nearest: unchanged; otherwise: mean, and the variance of the weighted sum of independent positions";

    public override Shape? Infer(OperationCall call)
    {
        if (call.Input.Rank is < 3 or > 5)
        {
            call.Report(DiagnosticCatalogue.Rank(
                call.Place, Name, "[N, C, ...] with 1 to 3 spatial dimensions", call.Input.ToString()));
            return null;
        }
        var dimensions = call.Input.Rank - 2;
        var given = new OperationParameter[] { Factor, OutputSize, Like }.Where(call.Has).ToArray();
        if (given.Length != 1)
        {
            call.Report(given.Length == 0
                ? DiagnosticCatalogue.MissingArgument(call.Place, Name, Factor.Name, "or size, or like: exactly one of them")
                : DiagnosticCatalogue.ArgumentsExclude(call.PlaceOf(given[1]), Name, given.Select(parameter => parameter.Name).ToArray()));
            return null;
        }
        var rank = call.Get(Mode) switch { "linear" => 1, "bilinear" or "bicubic" => 2, "trilinear" => 3, _ => dimensions };
        if (rank != dimensions)
        {
            call.Report(
                DiagnosticCatalogue.Rank(call.PlaceOf(Mode), $"{Name}(mode: {call.Get(Mode)})", $"{rank + 2} dimensions",
                    call.Input.ToString()));
            return null;
        }
        if (call.Find(Like) is { } like && like.Shape.Rank != call.Input.Rank)
        {
            call.Report(DiagnosticCatalogue.Rank(
                call.PlaceOf(Like), $"{Name}(like:)", $"a value of {call.Input.Rank} dimensions", like.Shape.ToString()));
            return null;
        }
        if (!call.RequireCounts(dimensions, Factor, OutputSize)
            || !call.RequireEffect(AlignCorners, HasCorners(call), $"mode '{call.Get(Mode)}' takes no account of corners"))
            return null;
        var sizes = call.Has(Factor) ? call.Input.Spatial.Zip(call.Get(Factor, dimensions), (size, factor) => size * factor)
            : call.Has(OutputSize) ? call.Get(OutputSize, dimensions)
            : call.Get(Like).Shape.Spatial;
        return new Shape([call.Input[0], call.Input[1], .. sizes]);
    }

    private static Operand ModeOf(OperationCall call) => new WordOperand(WordSet.InterpolationMode, call.Get(Mode));

    public override ChannelOrder OutputChannels(OperationCall call) => ChannelOrder.Second;

    public override Computation Compute(OperationCall call)
    {
        var dimensions = call.Input.Rank - 2;
        var size = call.Has(Factor) ? Named("scale_factor", Sizes(call.Get(Factor, dimensions)))
            : Named("size", call.Has(OutputSize) ? Sizes(call.Get(OutputSize, dimensions)) : new SpatialSizesOperand(1));
        var mode = Named("mode", ModeOf(call));
        return HasCorners(call)
            ? Function("torch.nn.functional.interpolate", Input(), size, mode, Named("align_corners", call.Get(AlignCorners)))
            : Function("torch.nn.functional.interpolate", Input(), size, mode);
    }

    private static bool HasCorners(OperationCall call) => call.Get(Mode) is not ("nearest" or "area");

    public override MomentStep Moments(OperationCall call) => Pass("Interpolate", ModeOf(call), call.Get(AlignCorners));
}
