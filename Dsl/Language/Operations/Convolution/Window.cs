using System.Collections.Generic;
using KnDsl.Language.Operations.Contract;
using KnDsl.Language.Values;

namespace KnDsl.Language.Operations;

/// <summary>
/// A window that slides over the spatial dimensions: what convolutions and pools have in common, namely the formula of the
/// output's size as torch.nn documents it.
/// </summary>
internal sealed record Window(
    IReadOnlyList<Size> Kernel, IReadOnlyList<Size> Stride, IReadOnlyList<Size> Padding, IReadOnlyList<Size> Dilation)
{
    /// <summary>Whether sizes are rounded up.</summary>
    public Condition Ceil { get; init; } = Condition.False;

    public int Dimensions => Kernel.Count;

    /// <summary>The extent of a kernel with gaps: dilation (kernel - 1) + 1.</summary>
    public static Size Extent(Size kernel, Size dilation) => dilation * (kernel - 1) + 1;

    /// <summary>The padding that a convolution has unless told otherwise: half of the dilated kernel, rounded down.</summary>
    public static IReadOnlyList<Size> Half(IReadOnlyList<Size> kernel, IReadOnlyList<Size> dilation)
    {
        var padding = new Size[kernel.Count];
        for (var i = 0; i < padding.Length; i++)
            padding[i] = Size.FloorDivide(Extent(kernel[i], dilation[i]), 2);
        return padding;
    }

    /// <summary>The spatial sizes after the window; null where nothing is left, which is reported.</summary>
    public Size[]? Slide(OperationCall call)
    {
        var sizes = new Size[Dimensions];
        for (var i = 0; i < Dimensions; i++)
        {
            var free = call.Input[i + 2] + (Padding[i] * 2 - Extent(Kernel[i], Dilation[i]));
            var down = Size.FloorDivide(free, Stride[i]);
            var size = (Ceil.Value == false ? down : Size.Choose(Ceil, CeilSteps(free, i), down)) + 1;
            if (!call.RequirePositive(Ceil.Value == false && free.Maximum() < 0 ? free + 1 : size, i + 2))
                return null;
            // A size that stays what it is stays the same object, whose text is made once.
            sizes[i] = size == call.Input[i + 2] ? call.Input[i + 2] : size;
        }
        return sizes;
    }

    /// <summary>
    /// Rounded up, but a window that would start in the padding after the input is left out, as torch does: the smaller one of
    /// ceil(free / stride) and ceil((input + padding) / stride) - 1, as one floor.
    /// </summary>
    private Size CeilSteps(Size free, int i)
    {
        var rounded = free + Stride[i] - 1;
        var inside = free + Extent(Kernel[i], Dilation[i]) - Padding[i] - 1;
        return Size.FloorDivide(Size.Choose(Condition.Compare(Comparison.LessOrEqual, rounded, inside), rounded, inside), Stride[i]);
    }

    /// <summary>Whether one number says it all: then none of the lists is written as one.</summary>
    public static bool AreUniform(params IReadOnlyList<Size>[] lists)
    {
        foreach (var sizes in lists)
            for (var i = 1; i < sizes.Count; i++)
                if (sizes[i] != sizes[0])
                    return false;
        return true;
    }

    public static bool IsAll(IReadOnlyList<Size> sizes, long value)
    {
        for (var i = 0; i < sizes.Count; i++)
            if (sizes[i].Value != value)
                return false;
        return true;
    }
}
