using System;
using System.Numerics;

namespace KnDsl;

/// <summary>From double to a narrower type: a number that is too large for it becomes its largest number, not infinity.</summary>
internal static class Saturate
{
    public static T To<T>(double value)
        where T : unmanaged, INumberBase<T> =>
        T.CreateTruncating(typeof(T) == typeof(float) ? Math.Clamp(value, -float.MaxValue, float.MaxValue) : value);
}
