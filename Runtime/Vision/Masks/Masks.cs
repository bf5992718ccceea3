using System;
using static KnDsl.Numbers;
using static TorchSharp.torch;

namespace KnDsl.Vision;

/// <summary>What is computed of masks.</summary>
public static class Masks
{
    /// <summary>
    /// The masks of detections in what Mask R-CNN's head says of them: torchvision's <c>maskrcnn_inference</c>. Waits for no device.
    /// </summary>
    /// <param name="logits">[D, K, S, S]: a mask of each class.</param>
    /// <param name="labels">[D] of 64 bits: the class of each detection.</param>
    /// <returns>[D, 1, S, S]: probabilities.</returns>
    /// <exception cref="ArgumentException">The shapes or types do not fit, or on a CPU a label is none of the classes.</exception>
    public static Tensor OfClasses(Tensor logits, Tensor labels)
    {
        Shapes.RequireDimensions(logits, 4, nameof(logits), "[D, K, S, S]");
        Shapes.RequireOneEach(labels, logits.size(0), nameof(labels), "detections");
        Shapes.RequireLong(labels, nameof(labels));
        HostValues.RequireRange(
            labels, 0, logits.size(1), nameof(labels), $"labels of {logits.size(1)} classes are 0 to {logits.size(1) - 1}");
        using var scope = NewDisposeScope();
        var place = labels.view(-1, 1, 1, 1).expand(-1, 1, logits.size(2), logits.size(3));
        return logits.gather(1, place).sigmoid().MoveToOuterDisposeScope();
    }

    /// <summary>
    /// Puts the masks of detections, which are of one size, where their boxes lie in an image: torchvision's <c>paste_masks_in_image</c>.
    /// A device is waited for once, for the boxes.
    /// </summary>
    /// <param name="masks">[N, 1, S, S]: probabilities that a part of a box belongs to the object, floating point.</param>
    /// <param name="boxes">[N, 4], clipped to the image: a mask is made as large as its box.</param>
    /// <param name="size">The size of the image.</param>
    /// <param name="padding">
    /// Zeros around each mask, by which its box grows too, so that its edge is interpolated with what is outside.
    /// </param>
    /// <returns>[N, 1, H, W]: probabilities for each pixel, 0 outside the box. A box outside the image gives zeros.</returns>
    /// <exception cref="ArgumentException">The shapes do not fit, or a coordinate is not finite.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The padding is below 0.</exception>
    public static Tensor Paste(Tensor masks, Tensor boxes, ImageSize size, int padding = 1)
    {
        Shapes.RequireBoxes(boxes, nameof(boxes));
        Shapes.RequireFloatingPoint(masks, nameof(masks));
        ArgumentOutOfRangeException.ThrowIfNegative(padding);
        if (masks.dim() != 4 || masks.size(0) != boxes.size(0) || masks.size(1) != 1 || masks.size(2) != masks.size(3))
            throw Shapes.Wrong(masks, nameof(masks), $"there is one for each of the {boxes.size(0)} boxes: [{boxes.size(0)}, 1, S, S]");
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var result = masks.new_zeros([masks.size(0), 1, size.Height, size.Width]);
        if (masks.size(0) == 0)
            return result.MoveToOuterDisposeScope();
        var padded = nn.functional.pad(masks, [padding, padding, padding, padding]);
        var grown = Grown(boxes, (double)padded.size(3) / masks.size(3)).to(ScalarType.Float64).to(CPU).data<double>().ToArray();
        for (var number = 0; number < masks.size(0); number++)
        {
            using var ofMask = NewDisposeScope();
            Paste(padded[number], grown.AsSpan(4 * number, 4), result[number, 0], number);
        }
        return result.MoveToOuterDisposeScope();
    }

    /// <summary>Boxes that are larger by a factor, around the same middle.</summary>
    private static Tensor Grown(Tensor boxes, double factor)
    {
        var sides = boxes.unbind(1);
        var halfWidth = (sides[2] - sides[0]) * Held(0.5) * Held(factor);
        var halfHeight = (sides[3] - sides[1]) * Held(0.5) * Held(factor);
        var (x, y) = (Sum(sides[2], sides[0]) * Held(0.5), Sum(sides[3], sides[1]) * Held(0.5));
        return stack([x - halfWidth, y - halfHeight, Sum(x, halfWidth), Sum(y, halfHeight)], 1);
    }

    /// <summary>Resizes one mask to its box and copies what lies in the image.</summary>
    private static void Paste(Tensor mask, ReadOnlySpan<double> box, Tensor image, int number)
    {
        foreach (var side in box)
        {
            if (!double.IsFinite(side))
                throw new ArgumentException($"boxes[{number}] is not finite.", "boxes");
        }
        // Cut off towards zero, and a pixel longer than the difference: as torchvision does.
        var (left, top) = ((long)box[0], (long)box[1]);
        var (width, height) = (Math.Max((long)box[2] - left + 1, 1), Math.Max((long)box[3] - top + 1, 1));
        var (x0, x1) = (Math.Max(left, 0), Math.Min((long)box[2] + 1, image.size(1)));
        var (y0, y1) = (Math.Max(top, 0), Math.Min((long)box[3] + 1, image.size(0)));
        if (x0 >= x1 || y0 >= y1)
            return;
        var resized = nn.functional.interpolate(
            mask.unsqueeze(0), [height, width], mode: InterpolationMode.Bilinear, align_corners: false)[0, 0];
        image.narrow(0, y0, y1 - y0).narrow(1, x0, x1 - x0).copy_(resized.narrow(0, y0 - top, y1 - y0).narrow(1, x0 - left, x1 - x0));
    }
}
