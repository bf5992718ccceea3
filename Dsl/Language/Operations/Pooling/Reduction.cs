using System.Collections.Generic;
using System.Linq;
using KnDsl.Language.Diagnostics;
using KnDsl.Language.Operations.Contract;
using KnDsl.Language.Values;

namespace KnDsl.Language.Operations;

/// <summary>A tensor's dimensions taken together: mean, sum, maximum (torch.mean, torch.sum, torch.amax).</summary>
/// <param name="torch">The tensor's function; the moment rule has the language's name.</param>
internal sealed class Reduction(string name, string title, string torch, string momentRule) : Operation
{
    public static readonly Reduction Mean = new(
        "mean", "Mean", "mean", "mean; variance / positions; over channels those of their average");
    public static readonly Reduction Sum = new(
        "sum", "Sum", "sum", "mean and variance times positions; over channels those of their average");
    public static readonly Reduction Max = new(
        "max", "Maximum", "amax", "the first two moments of the maximum of as many independent normals as there are positions; over channels of their mixture");

    public override string Name => name;

    public override string Summary => $"{title} over dimensions (torch.{torch}), which are left out unless told otherwise.";

    public override string Example => $"y = x -> {Name}(2, 3)";

    public override IReadOnlyList<OperationParameter> Parameters { get; } =
    [
        new("axes", ParameterKind.Amounts, "Dimensions; negative ones count from the end.") { IsVariadic = true },
        new("keep", ParameterKind.Flag, "Whether they stay, with size 1.", "false"),
    ];

    public override string ShapeRule => "the dimensions named are left out, or become 1";

    public override string MomentRule => momentRule + "; where no channels are left the chain is cut";

    private static IReadOnlyList<Size> Given(OperationCall call) => call.Argument("axes") is SizeValue one ? [one.Size] : call.List("axes");

    private static IReadOnlyList<int>? Axes(OperationCall call)
    {
        var axes = new List<int>();
        foreach (var axis in Given(call))
        {
            if (Contract.Axes.Resolve(call, "axes", axis) is not { } index)
                return null;
            axes.Add(index);
        }
        return axes;
    }

    /// <summary>Where the channels are left out the next dimension takes their place, if there is one.</summary>
    public override bool PassesState(OperationCall call) =>
        Axes(call) is { } axes && !axes.Contains(0) && (call.Flag("keep", false) == true || axes.Distinct().Count() < call.Input.Rank - 1);

    public override Shape? Infer(OperationCall call)
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

    private string Arguments(OperationCall call, CodeContext code) => $"{code.Of(Given(call))}{(call.Flag("keep", false) == true ? ", keepdim: true" : "")}";

    public override string Forward(OperationCall call, CodeContext code, string module, IReadOnlyList<string> inputs) => $"{inputs[0]}.{torch}({Arguments(call, code)})";

    public override string Propagate(OperationCall call, CodeContext code, string module, IReadOnlyList<string> states, string output) =>
        $"{states[0]}?.Pass(new {char.ToUpperInvariant(name[0])}{name.Substring(1)}ReductionRule({Arguments(call, code)}), {output})";
}
