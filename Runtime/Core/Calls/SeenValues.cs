using System.Linq;
using static TorchSharp.torch;

namespace KnDsl;

/// <summary>
/// Values that hooks see. A hook may put another in the place of one, or change it where it is: torch counts the versions of a
/// tensor. A changed value comes back under another handle, as one that a hook put in its place does.
/// </summary>
internal readonly struct SeenValues
{
    private readonly (Tensor Value, long Version)[] _values;

    public SeenValues(params Tensor[] values) => _values = [.. values.Select(value => (value, TensorVersion.Of(value)))];

    /// <summary>A value after the hooks: itself where none of them changed it.</summary>
    /// <param name="index">Its place among the values before them.</param>
    /// <param name="value">The value that they left there.</param>
    public Tensor After(int index, Tensor value)
    {
        var (before, version) = _values[index];
        return ReferenceEquals(value, before) && TensorVersion.Of(value) != version ? value.alias() : value;
    }
}
