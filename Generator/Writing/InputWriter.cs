using System.Linq;
using KnDsl.Generator.Planning;
using KnDsl.Language.Operations.Contract;
using KnDsl.Language.Values;

namespace KnDsl.Generator.Writing;

/// <summary>Writes the first lines of the forward pass: each input has the shape that is declared for it.</summary>
internal sealed class InputWriter(ClassPlan plan, ForwardNames names, CodeWriter writer)
{
    private readonly CSharpPrinter _known = new(plan.Plans.Types, symbol => plan.Inputs.Fields.TryGetValue(symbol.Name, out var field)
        ? field
        : plan.Forward.Parameters[symbol.Name]);

    private string Sizes => plan.Plans.Types.Sizes;

    public void Write()
    {
        foreach (var (input, numbers, rules) in plan.Inputs.Inputs)
        {
            writer.Line(input.Place, $"{Sizes}.RequireInput({names[input.Value]}, {Quote(plan.Model.Name)}, {Quote(input.Value.Name)}, "
                + $"{Quote(input.Text)}, [{string.Join(", ", rules.Select(Of))}]);");
            if (numbers != InputNumbers.Any)
                writer.Line(input.Place, $"{Sizes}.{(numbers == InputNumbers.Floating ? "RequireFloatingPoint" : "RequireIndices")}("
                    + $"{names[input.Value]}, {Quote(plan.Model.Name)}, {Quote(input.Value.Name)});");
        }
        foreach (var (input, axis, size, text) in plan.Inputs.Following)
            writer.Line(input.Place, $"{Sizes}.RequireInputSize({names[input.Value]}, {axis}, {names.Values.Of(size)}, "
                + $"{Quote(plan.Model.Name)}, {Quote(input.Value.Name)}, {Quote(input.Text)}, {Quote(text)});");
    }

    private string Of(DimensionRule rule) => rule switch
    {
        DimensionRule.Exactly exactly => _known.Of(exactly.Size),
        DimensionRule.Multiple multiple => $"{Sizes}.MultipleOf({_known.Of(multiple.Factor)}"
            + $"{(multiple.Rest == Size.Zero ? "" : $", plus: {_known.Of(multiple.Rest)}")}"
            + $"{(multiple.Least == 1 ? "" : $", least: {multiple.Least}")})",
        DimensionRule.AtLeast { Least: > 1 } least => $"{Sizes}.AtLeast({least.Least})",
        _ => $"{Sizes}.Any",
    };

    private static string Quote(string text) => CSharpText.Quote(text);
}
