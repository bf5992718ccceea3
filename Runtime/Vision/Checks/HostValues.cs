using System;
using TorchSharp;
using static TorchSharp.torch;

namespace KnDsl.Vision;

/// <summary>
/// Checks of values that lie on a CPU, where reading them costs nothing. Values on another device are not read: it would be waited for.
/// </summary>
internal static class HostValues
{
    /// <summary>Demands boxes [N, 4] that are finite and have an area.</summary>
    /// <param name="boxes">The boxes.</param>
    /// <param name="name">The argument.</param>
    /// <exception cref="ArgumentException">A box is none.</exception>
    public static unsafe void RequireArea(Tensor boxes, string name)
    {
        if (boxes.device_type != DeviceType.CPU)
            return;
        using var scope = NewDisposeScope();
        var values = boxes.detach().to(ScalarType.Float64).contiguous();
        var numbers = new ReadOnlySpan<double>(NativeTensor.Pointer<double>(values), checked((int)values.numel()));
        for (var place = 0; place < numbers.Length; place += 4)
        {
            var box = numbers.Slice(place, 4);
            if (IsFinite(box) && box[0] < box[2] && box[1] < box[3])
                continue;
            var hint = !IsFinite(box) ? ""
                : box[0] > box[2] || box[1] > box[3] ? " Boxes.Convert makes it of a box in another format."
                : " An object without area is to be left out.";
            throw new ArgumentException(
                $"{name}[{place / 4}] is ({Shown(box, boxes.dtype)}), but a box is x1, y1, x2, y2 in pixels, finite, with x1 < x2 and "
                + $"y1 < y2.{hint}", name);
        }
    }

    /// <summary>Demands whole numbers of a range.</summary>
    /// <param name="values">[N] of 64 bits.</param>
    /// <param name="least">The least.</param>
    /// <param name="end">The number after the largest.</param>
    /// <param name="name">The argument.</param>
    /// <param name="right">What would be right: "labels are at least 0".</param>
    /// <exception cref="ArgumentException">A number is not in the range.</exception>
    public static unsafe void RequireRange(Tensor values, long least, long end, string name, string right)
    {
        if (values.device_type != DeviceType.CPU)
            return;
        using var whole = values.contiguous();
        var numbers = new ReadOnlySpan<long>(NativeTensor.Pointer<long>(whole), checked((int)whole.numel()));
        for (var place = 0; place < numbers.Length; place++)
        {
            if (numbers[place] < least || numbers[place] >= end)
                throw new ArgumentException($"{name}[{place}] is {numbers[place]}, but {right}.", name);
        }
    }

    private static bool IsFinite(ReadOnlySpan<double> box) =>
        double.IsFinite(box[0]) && double.IsFinite(box[1]) && double.IsFinite(box[2]) && double.IsFinite(box[3]);

    /// <summary>The four numbers, with no more digits than their type has.</summary>
    private static string Shown(ReadOnlySpan<double> box, ScalarType type) => type == ScalarType.Float64
        ? FormattableString.Invariant($"{box[0]}, {box[1]}, {box[2]}, {box[3]}")
        : FormattableString.Invariant($"{(float)box[0]}, {(float)box[1]}, {(float)box[2]}, {(float)box[3]}");
}
