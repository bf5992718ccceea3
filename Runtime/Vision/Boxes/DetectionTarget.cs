using System;
using static TorchSharp.torch;

namespace KnDsl.Vision;

/// <summary>The objects of an image: what a detector is to find.</summary>
/// <param name="Boxes">[M, 4]: x1, y1, x2, y2 in pixels, of a floating-point type; M is 0 where the image has none.</param>
/// <param name="Labels">
/// [M] of 64 bits: their classes. RetinaNet counts from 0; Faster and Mask R-CNN count from 1, since their 0 is the background.
/// </param>
/// <param name="Masks">[M, H, W]: 1 where a pixel of the image belongs to the object, 0 elsewhere; null where there are none.</param>
public sealed record DetectionTarget(Tensor Boxes, Tensor Labels, Tensor? Masks = null) : IDisposable
{
    /// <summary>How many objects there are.</summary>
    public long Count => Boxes.size(0);

    /// <summary>The same objects on a device: copies, unless they are there already.</summary>
    /// <param name="device">The device.</param>
    public DetectionTarget To(Device device) => new(Boxes.to(device), Labels.to(device), Masks?.to(device));

    /// <summary>Demands that the parts fit together.</summary>
    /// <exception cref="ArgumentException">They do not.</exception>
    internal void Check()
    {
        Shapes.RequireBoxes(Boxes, nameof(Boxes));
        Shapes.RequireFloatingPoint(Boxes, nameof(Boxes));
        Shapes.RequireOneEach(Labels, Count, nameof(Labels), "boxes");
        if (Labels.dtype != ScalarType.Int64)
            throw new ArgumentException($"Labels has the type {Labels.dtype}, but labels are of 64 bits.", nameof(Labels));
        if (Masks is not null && (Masks.dim() != 3 || Masks.size(0) != Count))
            throw Shapes.Wrong(Masks, nameof(Masks), $"there is one for each of the {Count} boxes: [{Count}, H, W]");
    }

    /// <summary>Frees the tensors.</summary>
    public void Dispose()
    {
        Boxes.Dispose();
        Labels.Dispose();
        Masks?.Dispose();
    }
}
