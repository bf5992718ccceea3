using System.Collections.Generic;
using System.Linq;
using KnDsl.Language.Operations.Contract;
using KnDsl.Language.Values;

namespace KnDsl.Language.Plan;

/// <summary>
/// Which numbers a module's inputs must have, as far as it is certain: what reads an input on every way through the module says it,
/// also after stages that leave whole numbers whole.
/// </summary>
internal static class NumbersOfInputs
{
    public static IReadOnlyList<InputNumbers> Of(ModuleModel model) => [.. model.Inputs.Select(input => In(model.Items, input))];

    private static InputNumbers In(IReadOnlyList<PlanItem> items, TensorValue value)
    {
        var demands = items.SelectMany(item => OfItem(items, item, value))
            .Where(numbers => numbers != InputNumbers.Any).Distinct().ToArray();
        return demands.Length == 1 ? demands[0] : InputNumbers.Any;
    }

    /// <summary>A loop may have no turn, and says nothing.</summary>
    private static IEnumerable<InputNumbers> OfItem(IReadOnlyList<PlanItem> items, PlanItem item, TensorValue value)
    {
        switch (item)
        {
            case ApplyOperationItem { Call: var call } stage when call.Inputs.Contains(value):
                yield return call.Operation.Takes(call);
                // Of several inputs another one may make floating point numbers of whole ones.
                if (call.Inputs.Count == 1 && call.Operation.Numbers(call) == OutputNumbers.OfInputs)
                    yield return In(items, stage.Output);
                break;
            case ApplyBlockItem block:
                for (var input = 0; input < block.Inputs.Count; input++)
                    if (block.Inputs[input] == value)
                        yield return block.Use.Generic.NumbersOfInputs[input];
                break;
            case IfItem branch when In(branch.Then, value) is var numbers && numbers == In(branch.Else, value):
                yield return numbers;
                break;
        }
    }
}
