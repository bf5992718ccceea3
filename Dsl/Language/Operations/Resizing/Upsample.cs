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

    public override IReadOnlyList<OperationParameter> Parameters { get; } =
    [
        new("factor", ParameterKind.Spatial, "Whole factor.", "one of factor, size, like", Minimum: 1),
        new("size", ParameterKind.Spatial, "Size of the output.", "one of factor, size, like", Minimum: 1),
        new("like", ParameterKind.Tensor, "A value whose spatial sizes are taken.", "one of factor, size, like"),
        new("mode", ParameterKind.Word, "How values between are found.", "nearest", ["nearest", "linear", "bilinear", "bicubic", "trilinear", "area"]),
        new("align_corners", ParameterKind.Flag, "Whether the corners of input and output coincide.", "false"),
    ];

    public override string ShapeRule => "each spatial size is multiplied by factor, or becomes the one given";

    public override string MomentRule => "nearest: unchanged; between positions: mean, and the variance that the weights of independent positions leave";

    public override Shape? Infer(OperationCall call)
    {
        if (!call.RequireRankAtLeast(3, "[N, C, ...] with spatial dimensions"))
            return null;
        var dimensions = call.Input.Rank - 2;
        var given = new[] { "factor", "size", "like" }.Where(call.Has).ToArray();
        if (given.Length != 1)
        {
            call.Report(given.Length == 0
                ? DiagnosticCatalogue.MissingArgument(call.Place, Name, "factor", "or size, or like: one of them")
                : DiagnosticCatalogue.ArgumentTwice(call.PlaceOf(given[1]), Name, string.Join(" and ", given)));
            return null;
        }
        var rank = call.Word("mode") switch { "linear" => 1, "bilinear" or "bicubic" => 2, "trilinear" => 3, _ => dimensions };
        if (rank != dimensions)
        {
            call.Report(DiagnosticCatalogue.Rank(call.PlaceOf("mode"), $"{Name}(mode: {call.Word("mode")})", $"{rank + 2} dimensions", call.Input.ToString()));
            return null;
        }
        IEnumerable<Size> sizes;
        switch (given[0])
        {
            case "factor":
                sizes = call.Input.Spatial.Zip(call.Spatial("factor", dimensions, 1), (size, factor) => size * factor);
                break;
            case "size":
                sizes = call.Spatial("size", dimensions, 1);
                break;
            default:
                var like = (TensorValue)call.Argument("like")!;
                if (like.Shape.Rank != call.Input.Rank)
                {
                    call.Report(DiagnosticCatalogue.Rank(call.PlaceOf("like"), $"{Name}(like:)", $"a value of {call.Input.Rank} dimensions", like.Shape.ToString()));
                    return null;
                }
                sizes = like.Shape.Spatial;
                break;
        }
        return new Shape([call.Input[0], call.Input[1], .. sizes]);
    }

    private static string Mode(OperationCall call) => call.Word("mode") is { } mode ? $"{char.ToUpperInvariant(mode[0])}{mode.Substring(1)}" : "Nearest";

    public override string Forward(OperationCall call, CodeContext code, string module, IReadOnlyList<string> inputs)
    {
        var dimensions = call.Input.Rank - 2;
        var size = call.Has("factor")
            ? $"scale_factor: [{string.Join(", ", call.Spatial("factor", dimensions, 1).Select(code.Of))}]"
            : call.Has("size") ? $"size: {code.Of(call.Spatial("size", dimensions, 1))}" : $"size: {inputs[1]}.shape[2..]";
        var align = Mode(call) is "Nearest" or "Area" ? "" : $", align_corners: {call.Flag("align_corners", code, false)}";
        return $"nn.functional.interpolate({inputs[0]}, {size}, mode: InterpolationMode.{Mode(call)}{align})";
    }

    public override string Propagate(OperationCall call, CodeContext code, string module, IReadOnlyList<string> states, string output) =>
        $"{states[0]}?.Pass(new InterpolateRule(InterpolationMode.{Mode(call)}, {call.Flag("align_corners", code, false)}), {output})";
}
