using System.Collections.Generic;
using System.Linq;
using KnDsl.Language.Diagnostics;
using KnDsl.Language.Operations.Contract;
using KnDsl.Language.Values;

namespace KnDsl.Language.Operations;

/// <summary>Adds positions or channels around a value (torch.nn.functional.pad).</summary>
internal sealed class Pad : Operation
{
    public override string Name => "pad";

    public override string Summary =>
        "Adds zeros (or another constant) around the spatial dimensions, and optionally channels (torch.nn.functional.pad).";

    public override string Example => "y = x -> pad(1, channels: 16)";

    private static readonly AmountsParameter Spatial =
        new("spatial", "Positions added: [before, after] for each spatial dimension in order, or one number for all sides.", 0)
        {
            Minimum = 0,
        };

    private static readonly AmountsParameter Channels =
        new("channels", "Channels added: [before, after], or one number for those after.", 0) { Minimum = 0 };
    private static readonly NumberParameter Value = new("value", "The constant added.", "0.0");

    public override IReadOnlyList<OperationParameter> Parameters { get; } = [Spatial, Channels, Value];

    public override string ShapeRule => "each size grows by the numbers added before and after";

    public override string MomentRule =>
        "added channels have mean value and variance 0; added positions are mixed into the channel's moments";

    /// <summary>Before and after, for each dimension from the channels on.</summary>
    private static IReadOnlyList<(Size Before, Size After)>? AmountsOf(OperationCall call)
    {
        var spatial = call.Input.Rank - 2;
        var (around, more) = (call.Get(Spatial), call.Get(Channels));
        var sides = around.IsOne ? Enumerable.Repeat(around.Sizes[0], 2 * spatial).ToArray() : around.Sizes;
        var channels = more.IsOne ? [Size.Zero, more.Sizes[0]] : more.Sizes;
        if (sides.Count != 2 * spatial || channels.Count != 2)
        {
            var (parameter, expected) = channels.Count != 2 ? (Channels, 2) : (Spatial, 2 * spatial);
            var finding = DiagnosticCatalogue.ArgumentType(
                call.PlaceOf(parameter), "pad", parameter.Name, $"a whole number or a list of {expected}",
                call.Argument(parameter)!.Describe());
            call.Report(parameter == Spatial ? finding.OfThisRank() : finding);
            return null;
        }
        var all = new List<(Size, Size)> { (channels[0], channels[1]) };
        for (var i = 0; i < spatial; i++)
            all.Add((sides[2 * i], sides[2 * i + 1]));
        return all;
    }

    public override OutputNumbers Numbers(OperationCall call) => OutputNumbers.OfInputs;

    public override Shape? Infer(OperationCall call)
    {
        if (!call.RequireRankAtLeast(2, "[N, C, ...]"))
            return null;
        if (call.Has(Spatial) && call.Input.Rank == 2)
        {
            call.Report(DiagnosticCatalogue.Rank(call.Place, Name, "[N, C, ...] with spatial dimensions", call.Input.ToString())
                .WithHint("Features are added by name: channels: 1."));
            return null;
        }
        if (AmountsOf(call) is not { } amounts
            || !call.RequireEffect(Value, amounts.Any(pad => pad.Before != Size.Zero || pad.After != Size.Zero), "nothing is added"))
            return null;
        return new Shape(call.Input.Sizes.Take(1)
            .Concat(call.Input.Sizes.Skip(1).Zip(amounts, (size, pad) => size + pad.Before + pad.After)));
    }

    /// <summary>Torch's order: the last dimension first, before and after.</summary>
    private static Operand TorchOrder(OperationCall call)
    {
        var amounts = AmountsOf(call)!;
        var used = amounts[0].Before != Size.Zero || amounts[0].After != Size.Zero ? amounts : amounts.Skip(1);
        return Sizes(used.Reverse().SelectMany(pad => new[] { pad.Before, pad.After }));
    }

    public override Computation Compute(OperationCall call) =>
        Function("torch.nn.functional.pad", Input(), TorchOrder(call), Named("value", call.Get(Value)));

    public override MomentStep Moments(OperationCall call) => Pass("Pad", TorchOrder(call), call.Get(Value));
}
