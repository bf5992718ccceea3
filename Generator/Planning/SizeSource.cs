using System.Collections.Generic;
using KnDsl.Language.Values;

namespace KnDsl.Generator.Planning;

/// <summary>Where a number can be read when data comes: a dimension of a value is factor * number + rest.</summary>
internal sealed record SizeSource(TensorValue Value, int Axis, Size Factor, Size Rest)
{
    public bool IsWhole => Factor == Size.One && Rest == Size.Zero;

    /// <summary>The first dimension that is the number itself, or else the first that it is a part of; null where there is none.</summary>
    public static SizeSource? Find(IEnumerable<TensorValue> values, Symbol symbol)
    {
        SizeSource? part = null;
        foreach (var value in values)
            for (var axis = 0; axis < value.Shape.Rank; axis++)
                if (value.Shape[axis].LinearIn(symbol) is var (factor, rest))
                {
                    var source = new SizeSource(value, axis, factor, rest);
                    if (source.IsWhole)
                        return source;
                    part ??= source;
                }
        return part;
    }
}
