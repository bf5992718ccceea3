using System.Collections.Generic;
using System.Linq;
using KnDsl.Dsl.Diagnostics;
using KnDsl.Dsl.Model;

namespace KnDsl.Dsl.Layers;

/// <summary>Elementwise joins, written as operators: sizes must be equal, or 1 where broadcasting repeats them.</summary>
internal sealed class Join(string symbol, string title, string state, string momentRule) : Layer
{
    public static readonly Join Add = new("+", "Sum, element by element.", "Add", "means add; variances add");
    public static readonly Join Multiply = new("*", "Product, element by element.", "Multiply", "the moments of a product of independents");
    public static readonly Join Subtract = new("-", "Difference, element by element.", "Subtract", "means subtract; variances add");

    public override string Name => symbol;

    public override string Summary => title;

    public override string Example => symbol == "+" ? "y = x + shortcut -> relu" : $"y = x {symbol} gate";

    public override string ShapeRule => "equal sizes; a size of 1 is repeated";

    public override string MomentRule => momentRule;

    public override int? InputCount => 2;

    public override Shape? Infer(LayerCall call)
    {
        var (left, right) = (call.Inputs[0], call.Inputs[1]);
        if (left.Shape.Rank != right.Shape.Rank)
        {
            call.Report(DiagnosticCatalogue.Join(call.Place, $"'{symbol}'", left.Shape.ToString(), right.Shape.ToString(),
                $"{left.Shape.Rank} and {right.Shape.Rank} dimensions", right.Origin));
            return null;
        }
        var sizes = new List<Size>();
        for (var axis = 0; axis < left.Shape.Rank; axis++)
        {
            var (a, b) = (left.Shape[axis], right.Shape[axis]);
            if (a.Value == 1)
                sizes.Add(b);
            else if (b.Value == 1)
                sizes.Add(a);
            else if (call.Require(a, b, () => DiagnosticCatalogue.Join(call.Place, $"'{symbol}'", left.Shape.ToString(), right.Shape.ToString(),
                         $"{left.Shape.NameOf(axis)} {a} and {b}", right.Origin).WithHint(Sizing.Hint(a, b))))
                sizes.Add(a);
            else
                return null;
        }
        return new Shape(sizes);
    }

    public override string Forward(LayerCall call, CodeContext code, string module, IReadOnlyList<string> inputs) => $"{inputs[0]} {symbol} {inputs[1]}";

    public override string Propagate(LayerCall call, CodeContext code, string module, IReadOnlyList<string> states, string output) =>
        $"ChannelState.{state}({states[0]}, {states[1]})";
}

/// <summary>Puts values side by side, along the channels unless told otherwise (torch.cat).</summary>
internal sealed class Concat : Layer
{
    public override string Name => "concat";

    public override string Summary => "Puts values side by side, along the channels unless told otherwise (torch.cat).";

    public override string Example => "y = concat(x, x -> conv(32, 3))";

    public override IReadOnlyList<LayerParameter> Parameters { get; } =
        [new("axis", ParameterKind.Integer, "The dimension along which they are joined.", "1")];

    public override int? InputCount => null;

    public override string ShapeRule => "[N, C1, H, W], [N, C2, H, W] -> [N, C1 + C2, H, W]";

    public override string MomentRule => "moments side by side (channels only)";

    public override bool PassesState(LayerCall call) => call.Integer("axis").Value == 1;

    public override Shape? Infer(LayerCall call)
    {
        if (Axes.Resolve(call, "axis", call.Integer("axis")) is not { } joined)
            return null;
        var first = call.Inputs[0];
        var sum = first.Shape[joined];
        foreach (var next in call.Inputs.Skip(1))
        {
            if (next.Shape.Rank != first.Shape.Rank)
            {
                call.Report(DiagnosticCatalogue.Concat(call.Place, first.Shape.ToString(), next.Shape.ToString(),
                    $"{first.Shape.Rank} and {next.Shape.Rank} dimensions", next.Origin));
                return null;
            }
            for (var axis = 0; axis < first.Shape.Rank; axis++)
                if (axis != joined && !call.Require(first.Shape[axis], next.Shape[axis], () => DiagnosticCatalogue.Concat(
                        call.Place, first.Shape.ToString(), next.Shape.ToString(),
                        $"{first.Shape.NameOf(axis)} {first.Shape[axis]} and {next.Shape[axis]}", next.Origin)
                        .WithHint(Sizing.Hint(first.Shape[axis], next.Shape[axis]))))
                    return null;
            sum += next.Shape[joined];
        }
        return first.Shape.With(joined, sum);
    }

    public override string Forward(LayerCall call, CodeContext code, string module, IReadOnlyList<string> inputs) =>
        $"torch.cat([{string.Join(", ", inputs)}], {code.Of(call.Integer("axis"))})";

    public override string Propagate(LayerCall call, CodeContext code, string module, IReadOnlyList<string> states, string output) =>
        $"ChannelState.Concat({string.Join(", ", states)})";
}

/// <summary>Hints for sizes that disagree.</summary>
internal static class Sizing
{
    /// <summary>Says how to make sizes with symbols provably equal, where a floor is what stands between them.</summary>
    public static string? Hint(Size a, Size b)
    {
        var symbol = a.Symbols().Concat(b.Symbols()).FirstOrDefault(candidate => candidate.Kind == SymbolKind.Data);
        return symbol is not null && (a.ToString().Contains("/") || b.ToString().Contains("/"))
            ? $"They are equal only for some '{symbol.Name}'; declare the input as a multiple, such as 32*{symbol.Name}."
            : null;
    }
}
