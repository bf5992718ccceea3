using System.Collections.Generic;
using System.Linq;
using KnDsl.Language.Plan;
using KnDsl.Language.Values;

namespace KnDsl.Language.Checking;

/// <summary>Which values are one.</summary>
internal static class ValueIdentity
{
    /// <summary>Whether two values are one: tensors and modules are one by identity, sizes never, all others by what they say.</summary>
    public static bool AreSame(Value a, Value b) => ReferenceEquals(a, b) || (a, b) switch
    {
        // Two sizes may be equal under an assumption only: that is for the paths to say.
        (ErrorValue or TensorValue or ModuleValue or SizeValue, _) => false,
        (ListValue one, ListValue other) => one.Items.Count == other.Items.Count
        && one.Items.Zip(other.Items, AreSameItem).All(same => same),
        _ => a.Key == b.Key && a.GetType() == b.GetType(),
    };

    private static bool AreSameItem(Value a, Value b) => (a, b) is (SizeValue one, SizeValue other)
        ? one.Size == other.Size
        : AreSame(a, b);

    /// <summary>The tensors that a value is or holds.</summary>
    public static IEnumerable<TensorValue> TensorsIn(Value value) => value switch
    {
        TensorValue tensor => [tensor],
        ListValue list => list.Items.SelectMany(TensorsIn),
        _ => [],
    };
}
