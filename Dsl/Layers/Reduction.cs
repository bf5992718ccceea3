using System.Collections.Generic;
using System.Linq;
using KnDsl.Dsl.Diagnostics;
using KnDsl.Dsl.Model;

namespace KnDsl.Dsl.Layers;

/// <summary>Mean or sum over dimensions (torch.mean, torch.sum).</summary>
internal sealed class Reduction(bool isMean) : Layer
{
    public override string Name => isMean ? "mean" : "sum";

    public override string Summary => $"{(isMean ? "Mean" : "Sum")} over dimensions (torch.{Name}), which are left out unless told otherwise.";

    public override string Example => $"y = x -> {Name}(2, 3)";

    public override IReadOnlyList<LayerParameter> Parameters { get; } =
    [
        new("axes", ParameterKind.Amounts, "Dimensions; negative ones count from the end.") { IsVariadic = true },
        new("keep", ParameterKind.Flag, "Whether they stay, with size 1.", "false"),
    ];

    public override string ShapeRule => "the dimensions named are left out, or become 1";

    public override string MomentRule =>
        (isMean ? "mean; variance / positions" : "mean and variance times positions")
        + "; over channels those of their average; where no channels are left the chain is cut";

    private static IReadOnlyList<Size> Given(LayerCall call) => call.Argument("axes") is SizeValue one ? [one.Size] : call.List("axes");

    private static IReadOnlyList<int>? Axes(LayerCall call)
    {
        var axes = new List<int>();
        foreach (var axis in Given(call))
        {
            if (Layers.Axes.Resolve(call, "axes", axis) is not { } index)
                return null;
            axes.Add(index);
        }
        return axes;
    }

    /// <summary>Where the channels are left out the next dimension takes their place, if there is one.</summary>
    public override bool PassesState(LayerCall call) =>
        Axes(call) is { } axes && !axes.Contains(0) && (call.Flag("keep", false) == true || axes.Distinct().Count() < call.Input.Rank - 1);

    public override Shape? Infer(LayerCall call)
    {
        if (Axes(call) is not { } axes)
            return null;
        var keep = call.Flag("keep", false);
        if (keep is null)
        {
            call.Report(DiagnosticCatalogue.ArgumentType(call.PlaceOf("keep"), Name, "keep", "true or false that is known", "a parameter"));
            return null;
        }
        return new Shape(call.Input.Sizes.Select((size, i) => (size, i)).Where(pair => keep.Value || !axes.Contains(pair.i))
            .Select(pair => axes.Contains(pair.i) ? Size.One : pair.size));
    }

    private string Arguments(LayerCall call, CodeContext code) => $"{code.Of(Given(call))}{(call.Flag("keep", false) == true ? ", keepdim: true" : "")}";

    public override string Forward(LayerCall call, CodeContext code, string module, IReadOnlyList<string> inputs) => $"{inputs[0]}.{Name}({Arguments(call, code)})";

    public override string Propagate(LayerCall call, CodeContext code, string module, IReadOnlyList<string> states, string output) =>
        $"{states[0]}?.{(isMean ? "Mean" : "Sum")}({Arguments(call, code)})";
}
