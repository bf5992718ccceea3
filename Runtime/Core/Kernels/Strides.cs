using static TorchSharp.torch;

namespace KnDsl;

/// <summary>
/// Layouts of values, [N, C, ...]. With sizes of 1 several layouts are one: <c>is_contiguous</c> passes over the strides of such
/// dimensions, but native kernels choose by them.
/// </summary>
internal static class Strides
{
    /// <summary>Whether a value has its channels last by every stride.</summary>
    public static bool AreChannelsLast(Tensor value)
    {
        var last = (int)value.dim() - 1;
        if (last is not (3 or 4))
            return false;
        long stride = 1;
        for (var i = 0; i <= last; i++)
        {
            var axis = i == 0 ? 1 : i == last ? 0 : last - i + 1;
            if (value.stride(axis) != stride)
                return false;
            stride *= value.size(axis);
        }

        return true;
    }

    /// <summary>
    /// A view of three dimensions, [N, C, ...], of a value whose layout sizes of 1 leave open, or the value. Kernels know one layout of
    /// three dimensions. Of more, the native gradient of batch normalization reads the value in one of them and the gradient of the
    /// output in another, and is wrong; so this is for what gradients are wanted of.
    /// </summary>
    public static Tensor Settle(Tensor value) => is_grad_enabled() && value.dim() > 3 && HasSizeOfOne(value) ? value.flatten(2) : value;

    /// <summary>A value, [N, C, ...], with its channels last in memory.</summary>
    public static Tensor ToChannelsLast(Tensor value) => value.movedim([1], [value.dim() - 1]).contiguous().movedim([value.dim() - 1], [1]);

    /// <summary>The values in one row of memory: the tensor itself where they are.</summary>
    public static Tensor Contiguous(Tensor tensor) => tensor.is_contiguous() ? tensor : tensor.contiguous();

    private static bool HasSizeOfOne(Tensor value)
    {
        for (var axis = 0; axis < value.dim(); axis++)
        {
            if (value.size(axis) == 1)
                return true;
        }

        return false;
    }
}
