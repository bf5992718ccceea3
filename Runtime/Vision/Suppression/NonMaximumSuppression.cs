using System;
using System.Collections.Generic;
using System.Numerics;
using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace KnDsl.Vision;

/// <summary>
/// Leaves out boxes that overlap one of a higher score: torchvision's <c>nms</c> and <c>batched_nms</c>. It runs on the CPU: boxes of
/// another device are copied there, which waits for it, and the result is copied back.
/// </summary>
/// <remarks>
/// Results and their order are torchvision's, ties among scores as they come. A box with a coordinate that is not a number neither
/// suppresses nor is suppressed, one of negative width or height overlaps none, and a score that is not a number comes first.
/// </remarks>
public static class NonMaximumSuppression
{
    /// <summary>Finds the boxes that are kept (<c>nms</c>).</summary>
    /// <param name="boxes">[N, 4], of a floating-point type; those of 16 bits are compared in 32.</param>
    /// <param name="scores">[N].</param>
    /// <param name="iouThreshold">
    /// A box is left out where its intersection over union with one that is kept is above this; at least 0.
    /// </param>
    /// <returns>Indices of the boxes that are kept, highest score first, of 64 bits on the device of the boxes.</returns>
    /// <exception cref="ArgumentException">The shapes do not fit, or boxes or scores are whole numbers.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The threshold is below 0 or not a number.</exception>
    public static Tensor Keep(Tensor boxes, Tensor scores, double iouThreshold) => Run(boxes, scores, null, iouThreshold);

    /// <summary>Finds the boxes that are kept where only boxes of one class suppress each other (<c>batched_nms</c>).</summary>
    /// <inheritdoc cref="Keep"/>
    /// <param name="boxes">[N, 4], of a floating-point type; those of 16 bits are compared in 32.</param>
    /// <param name="scores">[N].</param>
    /// <param name="classes">[N], whole numbers: classes, levels of a pyramid, images of a batch, or a number for each combination.</param>
    /// <param name="iouThreshold">
    /// A box is left out where its intersection over union with one that is kept is above this; at least 0.
    /// </param>
    /// <remarks>
    /// torchvision shifts the classes apart where boxes are few, which rounds coordinates; here boxes are compared as they are.
    /// </remarks>
    public static Tensor KeepByClass(Tensor boxes, Tensor scores, Tensor classes, double iouThreshold)
    {
        if (classes.is_floating_point())
            throw new ArgumentException($"classes has the type {classes.dtype}, but classes are whole numbers.", nameof(classes));
        Shapes.RequireBoxes(boxes, nameof(boxes));
        Shapes.RequireOneEach(classes, boxes.size(0), nameof(classes), "boxes");
        using var scope = NewDisposeScope();
        var onCpu = classes.to(ScalarType.Int64).to(CPU).contiguous();
        return Run(boxes, scores, onCpu, iouThreshold).MoveToOuterDisposeScope();
    }

    private static Tensor Run(Tensor boxes, Tensor scores, Tensor? classes, double iouThreshold)
    {
        Shapes.RequireBoxes(boxes, nameof(boxes));
        Shapes.RequireOneEach(scores, boxes.size(0), nameof(scores), "boxes");
        Shapes.RequireFloatingPoint(boxes, nameof(boxes));
        Shapes.RequireFloatingPoint(scores, nameof(scores));
        if (!(iouThreshold >= 0))
            throw Setting.OutOfRange(nameof(iouThreshold), iouThreshold, "must be at least 0");
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var type = boxes.dtype == ScalarType.Float64 || scores.dtype == ScalarType.Float64 ? ScalarType.Float64 : ScalarType.Float32;
        var (values, order) = (OnCpu(boxes, type), OnCpu(scores, type));
        var kept = type == ScalarType.Float64
            ? Select<double>(values, order, classes, iouThreshold) : Select<float>(values, order, classes, iouThreshold);
        return tensor(kept, [kept.Length], ScalarType.Int64).to(boxes.device).MoveToOuterDisposeScope();
    }

    private static Tensor OnCpu(Tensor value, ScalarType type) => value.detach().to(CPU).to(type).contiguous();

    private static unsafe long[] Select<T>(Tensor boxes, Tensor scores, Tensor? classes, double threshold)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        var box = NativeTensor.Pointer<T>(boxes);
        var ofClass = classes is null ? null : NativeTensor.Pointer<long>(classes);
        var kept = new List<long>();
        var ofClasses = new Dictionary<long, KeptBoxes<T>>();
        foreach (var place in ScoreOrder.Of(new ReadOnlySpan<T>(NativeTensor.Pointer<T>(scores), checked((int)scores.size(0)))))
        {
            ref var others = ref CollectionsMarshal.GetValueRefOrAddDefault(ofClasses, ofClass is null ? 0 : ofClass[place], out _);
            others ??= new(threshold);
            var sides = box + 4L * place;
            if (others.Add(sides[0], sides[1], sides[2], sides[3]))
                kept.Add(place);
        }
        return [.. kept];
    }
}
