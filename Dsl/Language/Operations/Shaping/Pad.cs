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
        "Adds zeros (or another constant) around the spatial dimensions, and channels where told (torch.nn.functional.pad).";

    public override string Example => "y = x -> pad(1, channels: 16)";

    public override IReadOnlyList<OperationParameter> Parameters { get; } =
    [
        new("spatial", ParameterKind.Amounts, "Positions added: [before, after] for each spatial dimension in order, or one number for all sides.", "0", Minimum: 0),
        new("channels", ParameterKind.Amounts, "Channels added: [before, after], or one number for after.", "0", Minimum: 0),
        new("value", ParameterKind.Number, "What is added.", "0.0"),
    ];

    public override string ShapeRule => "each size grows by what is added before and after";

    public override string MomentRule => "added channels have mean value and variance 0; added positions are mixed into the channel's moments";

    /// <summary>Before and after, for each dimension from the channels on.</summary>
    private static IReadOnlyList<(Size Before, Size After)>? Amounts(OperationCall call, int rank)
    {
        var spatial = rank - 2;
        var sides = call.Argument("spatial") switch
        {
            SizeValue one => Enumerable.Repeat(one.Size, 2 * spatial).ToArray(),
            ListValue => call.List("spatial"),
            _ => Enumerable.Repeat(Size.Zero, 2 * spatial).ToArray(),
        };
        var channels = call.Argument("channels") switch
        {
            SizeValue after => [Size.Zero, after.Size],
            ListValue => call.List("channels"),
            _ => [Size.Zero, Size.Zero],
        };
        if (sides.Count != 2 * spatial || channels.Count != 2)
        {
            var (name, expected) = channels.Count != 2 ? ("channels", 2) : ("spatial", 2 * spatial);
            call.Report(DiagnosticCatalogue.ArgumentType(call.PlaceOf(name), "pad", name, $"a whole number or a list of {expected}", call.Argument(name)!.Describe()));
            return null;
        }
        var all = new List<(Size, Size)> { (channels[0], channels[1]) };
        for (var i = 0; i < spatial; i++)
            all.Add((sides[2 * i], sides[2 * i + 1]));
        return all;
    }

    public override Shape? Infer(OperationCall call)
    {
        if (!call.RequireRankAtLeast(2, "[N, C, ...]") || Amounts(call, call.Input.Rank) is not { } amounts)
            return null;
        return new Shape(call.Input.Sizes.Take(1).Concat(call.Input.Sizes.Skip(1).Zip(amounts, (size, pad) => size + pad.Before + pad.After)));
    }

    /// <summary>Torch's order: the last dimension first, before and after.</summary>
    private static string TorchOrder(OperationCall call, CodeContext code)
    {
        var amounts = Amounts(call, call.Input.Rank)!;
        var used = amounts.Any(pad => pad.Before != Size.Zero || pad.After != Size.Zero) && amounts[0] is var (before, after)
            && (before != Size.Zero || after != Size.Zero) ? amounts : amounts.Skip(1);
        return code.Of(used.Reverse().SelectMany(pad => new[] { pad.Before, pad.After }));
    }

    public override string Forward(OperationCall call, CodeContext code, string module, IReadOnlyList<string> inputs) =>
        $"nn.functional.pad({inputs[0]}, {TorchOrder(call, code)}, value: {call.Number("value", code, 0)})";

    public override string Propagate(OperationCall call, CodeContext code, string module, IReadOnlyList<string> states, string output) =>
        $"{states[0]}?.Pass(new PadRule({TorchOrder(call, code)}, {call.Number("value", code, 0)}), {output})";
}
