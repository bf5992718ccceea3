using System;
using static TorchSharp.torch;

namespace KnDsl.Vision;

/// <summary>
/// The objects of an image: what a detector is to find. What is made of tensors on a CPU is checked with its values; of tensors on another
/// device only shapes and types are, as nothing here waits for one. So make targets on a CPU, and <see cref="To"/> moves them.
/// </summary>
/// <param name="Boxes">
/// [M, 4]: x1, y1, x2, y2 in pixels, of a floating-point type, finite and with x1 &lt; x2 and y1 &lt; y2; M is 0 where the image has none.
/// </param>
/// <param name="Labels">
/// [M] of 64 bits, at least 0: their classes. RetinaNet counts from 0; Faster and Mask R-CNN count from 1, since their 0 is the background.
/// </param>
/// <param name="Masks">[M, H, W]: 1 where a pixel of the image belongs to the object, 0 elsewhere; null where there are none.</param>
/// <exception cref="ArgumentException">A shape or type is wrong, the parts do not fit, a box is none, or a label is below 0.</exception>
public sealed record DetectionTarget(Tensor Boxes, Tensor Labels, Tensor? Masks = null) : IDisposable
{
    /// <summary>[M, 4]: x1, y1, x2, y2 in pixels.</summary>
    /// <exception cref="ArgumentException">The shape or type is wrong, or a box is none.</exception>
    public Tensor Boxes { get; init => field = CheckedBoxes(value); } = CheckedBoxes(Boxes);

    /// <summary>[M] of 64 bits: the classes.</summary>
    /// <exception cref="ArgumentException">The shape or type is wrong, or a label is below 0.</exception>
    public Tensor Labels { get; init => field = CheckedLabels(value); } = CheckedLabels(Labels);

    /// <summary>[M, H, W]: which pixels belong to each object; null where there are no masks.</summary>
    public Tensor? Masks { get; init; } = Fitting(Boxes, Labels, Masks);

    /// <summary>How many objects there are.</summary>
    public long Count => Boxes.size(0);

    /// <summary>The same objects on a device: copies, unless they are there already.</summary>
    /// <param name="device">The device.</param>
    public DetectionTarget To(Device device) => new(Boxes.to(device), Labels.to(device), Masks?.to(device));

    /// <summary>Demands that the parts fit together, which they need not where one was replaced.</summary>
    /// <exception cref="ArgumentException">They do not.</exception>
    internal void Check() => Fitting(Boxes, Labels, Masks);

    /// <summary>Frees the tensors.</summary>
    public void Dispose()
    {
        Boxes.Dispose();
        Labels.Dispose();
        Masks?.Dispose();
    }

    private static Tensor CheckedBoxes(Tensor boxes)
    {
        Shapes.RequireBoxes(boxes, nameof(Boxes));
        Shapes.RequireFloatingPoint(boxes, nameof(Boxes));
        HostValues.RequireArea(boxes, nameof(Boxes));
        return boxes;
    }

    private static Tensor CheckedLabels(Tensor labels)
    {
        Shapes.RequireDimensions(labels, 1, nameof(Labels), "[M]: a class for each box");
        Shapes.RequireLong(labels, nameof(Labels));
        HostValues.RequireRange(labels, 0, long.MaxValue, nameof(Labels), "labels are classes, at least 0");
        return labels;
    }

    private static Tensor? Fitting(Tensor boxes, Tensor labels, Tensor? masks)
    {
        var count = boxes.size(0);
        Shapes.RequireOneEach(labels, count, nameof(Labels), "boxes");
        if (masks is not null && (masks.dim() != 3 || masks.size(0) != count))
            throw Shapes.Wrong(masks, nameof(Masks), $"there is one for each of the {count} boxes: [{count}, H, W]");
        return masks;
    }
}
