using System.Numerics;

namespace KnDsl;

/// <summary>An activation of single elements, for loops that are compiled for each.</summary>
/// <typeparam name="T">The type of the elements.</typeparam>
internal interface IActivation<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    /// <summary>The activation of elements.</summary>
    public static abstract Vector<T> Of(Vector<T> x);

    /// <summary>The activation of an element.</summary>
    public static abstract T Of(T x);

    /// <summary>The gradients of elements x, from those of their activations.</summary>
    public static abstract Vector<T> Gradient(Vector<T> x, Vector<T> gradient);

    /// <summary>The gradient of an element.</summary>
    public static abstract T Gradient(T x, T gradient);
}
