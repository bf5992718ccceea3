using System.Collections.Generic;
using KnDsl.Dsl.Diagnostics;
using KnDsl.Dsl.Model;

namespace KnDsl.Dsl.Layers;

/// <summary>Elementwise joins, written as operators: sizes must be equal, or 1 where broadcasting repeats them.</summary>
internal sealed class Join(string symbol, string title, string state, string momentRule) : Layer
{
    public static readonly Join Add = new("+", "Sum, element by element; one side may be a number.", "Add", "means add; variances add");
    public static readonly Join Multiply = new("*", "Product, element by element; one side may be a number.", "Multiply", "the moments of a product of independents");
    public static readonly Join Subtract = new("-", "Difference, element by element; one side may be a number.", "Subtract", "means subtract; variances add");

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
