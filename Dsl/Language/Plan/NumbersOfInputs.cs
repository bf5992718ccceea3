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
    public static IReadOnlyList<InputNumbers> Of(ModuleModel model)
    {
        var demands = In(model.Items);
        return [.. model.Inputs.Select(input => NumbersOf(demands, input))];
    }

    private static InputNumbers NumbersOf(Dictionary<TensorValue, HashSet<InputNumbers>> demands, TensorValue value) =>
        demands.TryGetValue(value, out var all) && all.Count == 1 ? all.First() : InputNumbers.Any;

    /// <summary>
    /// What a row of items demands of the values that it reads, from the end to the start: what is demanded of a stage's output is
    /// known before the stage is met. A loop may have no turn, and says nothing.
    /// </summary>
    private static Dictionary<TensorValue, HashSet<InputNumbers>> In(IReadOnlyList<PlanItem> items)
    {
        var demands = new Dictionary<TensorValue, HashSet<InputNumbers>>();
        for (var i = items.Count - 1; i >= 0; i--)
            switch (items[i])
            {
                case ApplyOperationItem { Call: var call } stage:
                    var takes = call.Operation.Takes(call);
                    foreach (var input in call.Inputs)
                        Demand(input, takes);
                    // Of several inputs another one may make floating point numbers of whole ones.
                    if (call.Inputs.Count == 1 && call.Operation.Numbers(call) == OutputNumbers.OfInputs)
                        Demand(call.Inputs[0], NumbersOf(demands, stage.Output));
                    break;
                case ApplyBlockItem block:
                    for (var input = 0; input < block.Inputs.Count; input++)
                        Demand(block.Inputs[input], block.Use.Generic.NumbersOfInputs[input]);
                    break;
                case IfItem branch:
                    var (then, otherwise) = (In(branch.Then), In(branch.Else));
                    foreach (var value in then.Keys)
                        if (NumbersOf(then, value) is var numbers && numbers == NumbersOf(otherwise, value))
                            Demand(value, numbers);
                    break;
            }
        return demands;

        void Demand(TensorValue value, InputNumbers numbers)
        {
            if (numbers == InputNumbers.Any)
                return;
            if (!demands.TryGetValue(value, out var all))
                demands[value] = all = [];
            all.Add(numbers);
        }
    }
}
