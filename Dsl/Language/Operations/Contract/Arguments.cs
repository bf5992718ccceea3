using System.Collections.Generic;
using System.Linq;
using KnDsl.Language.Text;
using KnDsl.Language.Values;

namespace KnDsl.Language.Operations.Contract;

/// <summary>A checked argument: the parameter that it is for, its value and its place.</summary>
internal sealed record CheckedArgument(string Name, Value Value, Place Place);

/// <summary>The checked arguments of one call, in the order written: so few that they are looked through, and no table is made.</summary>
internal sealed class Arguments(IReadOnlyList<CheckedArgument> all)
{
    public static readonly Arguments None = new([]);

    public IReadOnlyList<CheckedArgument> All => all;

    public CheckedArgument? Find(string name)
    {
        for (var i = 0; i < all.Count; i++)
            if (all[i].Name == name)
                return all[i];
        return null;
    }

    public Arguments With(string name, Value value, Place place) => new([.. all, new CheckedArgument(name, value, place)]);

    public bool HasTensors => all.Any(argument => argument.Value is TensorValue);

    /// <summary>Those that are tensors.</summary>
    public IEnumerable<TensorValue> Tensors => all.Select(argument => argument.Value).OfType<TensorValue>();
}
