using System.Collections.Generic;
using System.Linq;
using KnDsl.Language.Operations.Contract;
using KnDsl.Language.Values;

namespace KnDsl.Language.Operations;

/// <summary>
/// A window that slides over the spatial dimensions: what convolutions and pools have in common, namely the formula of the
/// output's size as torch.nn documents it.
/// </summary>
internal sealed record Window(
    IReadOnlyList<Size> Kernel, IReadOnlyList<Size> Stride, IReadOnlyList<Size> Padding, IReadOnlyList<Size> Dilation,
    bool CeilMode = false)
{
    public int Dimensions => Kernel.Count;

    /// <summary>The extent of a kernel with gaps: dilation (kernel - 1) + 1.</summary>
    public static Size Extent(Size kernel, Size dilation) => dilation * (kernel - 1) + 1;

    /// <summary>The padding that a convolution has unless told otherwise: half of the dilated kernel, rounded down.</summary>
    public static Size Half(Size kernel, Size dilation) => Size.FloorDivide(Extent(kernel, dilation), 2);

    /// <summary>The spatial sizes after the window; null where nothing is left, which is reported.</summary>
    public IReadOnlyList<Size>? Slide(OperationCall call)
    {
        var sizes = new List<Size>();
        for (var i = 0; i < Dimensions; i++)
        {
            var free = call.Input[i + 2] + Padding[i] * 2 - Extent(Kernel[i], Dilation[i]);
            var steps = CeilMode ? CeilSteps(free, i) : Size.FloorDivide(free, Stride[i]);
            var size = steps + 1;
            if (!call.RequirePositive(!CeilMode && free.Maximum() < 0 ? free + 1 : size, i + 2))
                return null;
            // A size that stays what it is stays the same object, whose text is made once.
            sizes.Add(size == call.Input[i + 2] ? call.Input[i + 2] : size);
        }
        return sizes;
    }

    /// <summary>Rounded up, but a window that would start in the padding after the input is left out, as torch does.</summary>
    private Size CeilSteps(Size free, int i)
    {
        var steps = Size.CeilingDivide(free, Stride[i]);
        var overhang = steps * Stride[i] - (free + Extent(Kernel[i], Dilation[i]) - Padding[i]);
        return overhang.Minimum() >= 0 ? steps - 1 : steps;
    }

    /// <summary>Whether one number says it all: then none of the lists is written as one.</summary>
    public static bool AreUniform(params IReadOnlyList<Size>[] lists) => lists.All(sizes => sizes.All(size => size == sizes[0]));

    public static bool IsAll(IReadOnlyList<Size> sizes, long value) => sizes.All(size => size.Value == value);
}
