using System;
using static TorchSharp.torch;

namespace KnDsl.Vision;

/// <summary>Checks of tensors that callers hand in. Their errors name the argument, its shape, and the shape that is right.</summary>
internal static class Shapes
{
    /// <summary>Demands boxes, [N, 4].</summary>
    public static void RequireBoxes(Tensor boxes, string name)
    {
        if (boxes.dim() != 2 || boxes.size(1) != 4)
            throw Wrong(boxes, name, "boxes are [N, 4]: x1, y1, x2, y2 in pixels");
    }

    /// <summary>Demands one value for each of a number of things, [N].</summary>
    /// <param name="values">The values.</param>
    /// <param name="count">How many there are to be.</param>
    /// <param name="name">The argument.</param>
    /// <param name="things">What there is one value for: "boxes".</param>
    public static void RequireOneEach(Tensor values, long count, string name, string things)
    {
        if (values.dim() != 1 || values.size(0) != count)
            throw Wrong(values, name, $"there is one value for each of the {count} {things}: [{count}]");
    }

    /// <summary>Demands a number of dimensions.</summary>
    /// <param name="value">The tensor.</param>
    /// <param name="dimensions">How many there are to be.</param>
    /// <param name="name">The argument.</param>
    /// <param name="layout">What they are: "[N, C, H, W]".</param>
    public static void RequireDimensions(Tensor value, int dimensions, string name, string layout)
    {
        if (value.dim() != dimensions)
            throw Wrong(value, name, $"it is {layout}");
    }

    /// <summary>Demands that two lists have an entry for each of the same images.</summary>
    public static void RequireSameCount(int found, string name, int expected, string other)
    {
        if (found != expected)
            throw new ArgumentException($"{name} has {found} entries, but {other} has {expected}: one for each image.", name);
    }

    /// <summary>Demands a floating-point type.</summary>
    public static void RequireFloatingPoint(Tensor value, string name)
    {
        if (!value.is_floating_point())
            throw new ArgumentException($"{name} has the type {value.dtype}, but it is of a floating-point type.", name);
    }

    /// <summary>Demands whole numbers of 64 bits, torch's type for indices.</summary>
    public static void RequireLong(Tensor value, string name)
    {
        if (value.dtype != ScalarType.Int64)
            throw new ArgumentException($"{name} has the type {value.dtype}, but it is of Int64.", name);
    }

    /// <summary>The error for a tensor of a wrong shape.</summary>
    /// <param name="value">The tensor.</param>
    /// <param name="name">The argument.</param>
    /// <param name="right">What would be right.</param>
    public static ArgumentException Wrong(Tensor value, string name, string right) =>
        new($"{name} has the shape [{string.Join(", ", value.shape)}], but {right}.", name);
}
