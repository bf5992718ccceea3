using static KnDsl.Numbers;
using static TorchSharp.torch;

namespace KnDsl;

/// <summary>
/// What comes right after a normalization layer: perhaps a value that is added to its output, then perhaps an activation. A layer that is
/// called with it does both in its own pass over the value where it can, and keeps neither its output nor the sum for the backward pass.
/// The result is that of one after the other.
/// </summary>
/// <param name="Activation">The activation.</param>
/// <param name="Addend">A value of the output's shape, or of one that broadcasts with it; null where nothing is added.</param>
/// <param name="Recomputes">Whether the result may be given up and computed again: see <see cref="Recompute"/>.</param>
public readonly record struct Epilogue(Activation Activation, Tensor? Addend = null, bool Recomputes = false)
{
    /// <summary>Whether nothing comes after the layer.</summary>
    internal bool IsEmpty => Activation == Activation.None && Addend is null;

    /// <summary>
    /// Whether a pass over a value can do it. After a sum only those whose gradient follows from the output: it is the only value that is
    /// kept anyway.
    /// </summary>
    /// <param name="x">The value.</param>
    internal bool IsOneWith(Tensor x) => Addend is not { } addend
        || (Activation is Activation.None or Activation.Relu or Activation.Relu6
            && addend.dtype == x.dtype && addend.is_contiguous() && HaveSameSizes(addend, x) && DevicePath.AreTogether(addend, x));

    /// <summary>The epilogue by torch's own operations, one after the other.</summary>
    /// <param name="output">The layer's output.</param>
    internal Tensor Of(Tensor output)
    {
        if (Addend is null)
            return Activated(output);
        var sum = Sum(output, Addend);
        if (Activation == Activation.None)
            return sum;
        using (sum)
            return Activated(sum);
    }

    private Tensor Activated(Tensor value) => Activation switch
    {
        Activation.Relu => nn.functional.relu(value),
        Activation.Relu6 => nn.functional.relu6(value),
        Activation.Hardswish => nn.functional.hardswish(value),
        Activation.Silu => nn.functional.silu(value),
        Activation.Gelu => nn.functional.gelu(value),
        _ => value,
    };

    private static bool HaveSameSizes(Tensor a, Tensor b)
    {
        var rank = a.dim();
        if (rank != b.dim())
            return false;
        for (var axis = 0; axis < rank; axis++)
        {
            if (a.size(axis) != b.size(axis))
                return false;
        }

        return true;
    }
}
