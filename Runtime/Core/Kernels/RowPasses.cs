using System.Numerics;

namespace KnDsl;

/// <summary>
/// Passes over contiguous rows of a normalized value with what comes after the norm, forward and backward. Compiled for each activation;
/// what a backward pass needs of its input is computed again, to the same bit.
/// </summary>
/// <typeparam name="T">The type of the elements.</typeparam>
internal abstract unsafe class RowPasses<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private static readonly RowPasses<T> None = new RowPasses<T, Activations<T>.None>();
    private static readonly RowPasses<T> Relu = new RowPasses<T, Activations<T>.Relu>();
    private static readonly RowPasses<T> Relu6 = new RowPasses<T, Activations<T>.Relu6>();
    private static readonly RowPasses<T> Hardswish = new RowPasses<T, Activations<T>.Hardswish>();
    private static readonly RowPasses<T> Silu = new RowPasses<T, Activations<T>.Silu>();

    /// <summary>
    /// The passes with an activation; null where there are none, as for gelu, whose error function takes too long in them.
    /// </summary>
    public static RowPasses<T>? Of(Activation activation) => activation switch
    {
        Activation.None => None,
        Activation.Relu => Relu,
        Activation.Relu6 => Relu6,
        Activation.Hardswish => Hardswish,
        Activation.Silu => Silu,
        _ => null,
    };

    /// <summary>y = activation(scale * x + shift).</summary>
    public abstract void Affine(T* x, T* y, long length, T scale, T shift);

    /// <summary>y = activation(scale * x + shift + addend).</summary>
    public abstract void AffineAndAdd(T* x, T* addend, T* y, long length, T scale, T shift);

    /// <summary>
    /// The sums of g' and of g' * (x - center), where g' are the gradients before the activation from those after it, g.
    /// </summary>
    public abstract void Correlate(T* g, T* x, long length, T scale, T shift, T center, ref double sum, ref double product);

    /// <summary>
    /// The same sums where the activation's gradient follows from its output y; g' is written too, since the addend has the same.
    /// </summary>
    public abstract void CorrelateByOutput(T* g, T* x, T* y, T* before, long length, T center, ref double sum, ref double product);

    /// <summary>result = a * g' + b * (x - center) + c.</summary>
    public abstract void Combine(T* g, T* x, T* result, long length, T scale, T shift, T a, T b, T center, T c);
}
