using System.Collections.Generic;
using System.Linq;
using KnDsl.Language.Plan;
using KnDsl.Language.Values;

namespace KnDsl.Generator.Planning;

/// <summary>How often the values of a module are read: by its items, and as its outputs.</summary>
internal sealed class ReadCounts
{
    private readonly Dictionary<TensorValue, int> _counts = [];

    public ReadCounts(ModuleModel model)
    {
        foreach (var value in model.Items.AllReads().Concat(model.Outputs.Select(output => output.Value)))
            _counts[value] = _counts.TryGetValue(value, out var count) ? count + 1 : 1;
    }

    /// <summary>Whether a value is read a single time.</summary>
    public bool IsReadOnce(TensorValue value) => _counts.TryGetValue(value, out var count) && count == 1;
}
