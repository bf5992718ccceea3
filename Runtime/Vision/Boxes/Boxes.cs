using System;
using static KnDsl.Numbers;
using static TorchSharp.torch;

namespace KnDsl.Vision;

/// <summary>
/// What is computed of boxes: torchvision's <c>ops.boxes</c>. Boxes are [N, 4] on any device, with x1, y1, x2, y2 in pixels and
/// x1 &lt;= x2, y1 &lt;= y2; a box from 0 to 1 covers one pixel. Whole numbers are taken too. Nothing here waits for a device, but for
/// <see cref="RemoveSmall"/>, whose result depends on values in its number.
/// </summary>
public static class Boxes
{
    /// <summary>The areas of boxes (<c>box_area</c>).</summary>
    /// <param name="boxes">[N, 4].</param>
    /// <returns>[N], in square pixels; of at least 32 bits.</returns>
    /// <exception cref="ArgumentException">The boxes have another shape.</exception>
    public static Tensor Area(Tensor boxes)
    {
        Shapes.RequireBoxes(boxes, nameof(boxes));
        using var scope = NewDisposeScope();
        var sides = Widened(boxes).unbind(1);
        return ((sides[2] - sides[0]) * (sides[3] - sides[1])).MoveToOuterDisposeScope();
    }

    /// <summary>Cuts off what lies outside an image (<c>clip_boxes_to_image</c>). A box that lies outside keeps no area.</summary>
    /// <param name="boxes">[..., 4].</param>
    /// <param name="size">The size of the image.</param>
    /// <returns>New boxes of the same shape.</returns>
    /// <exception cref="ArgumentException">The last dimension is not 4.</exception>
    public static Tensor Clip(Tensor boxes, ImageSize size)
    {
        if (boxes.dim() == 0 || boxes.size(-1) != 4)
            throw Shapes.Wrong(boxes, nameof(boxes), "boxes are [..., 4]: x1, y1, x2, y2 in pixels");
        using var scope = NewDisposeScope();
        var sides = boxes.unbind(-1);
        return stack(
            [
                sides[0].clamp(Held(0), Held(size.Width)), sides[1].clamp(Held(0), Held(size.Height)),
                sides[2].clamp(Held(0), Held(size.Width)), sides[3].clamp(Held(0), Held(size.Height)),
            ], -1).MoveToOuterDisposeScope();
    }

    /// <summary>Finds boxes whose sides both have a length (<c>remove_small_boxes</c>). Waits for the device.</summary>
    /// <param name="boxes">[N, 4].</param>
    /// <param name="minSize">The least width and height, in pixels.</param>
    /// <returns>The indices of the boxes that are kept, ascending, of 64 bits.</returns>
    /// <exception cref="ArgumentException">The boxes have another shape.</exception>
    public static Tensor RemoveSmall(Tensor boxes, double minSize)
    {
        Shapes.RequireBoxes(boxes, nameof(boxes));
        using var scope = NewDisposeScope();
        var sides = boxes.unbind(1);
        var keeps = (sides[2] - sides[0]).ge(Held(minSize)).bitwise_and((sides[3] - sides[1]).ge(Held(minSize)));
        return keeps.nonzero().flatten().MoveToOuterDisposeScope();
    }

    /// <summary>Intersection over union of every pair (<c>box_iou</c>). Two boxes without area give NaN.</summary>
    /// <param name="boxes">[N, 4].</param>
    /// <param name="others">[M, 4].</param>
    /// <returns>[N, M].</returns>
    /// <exception cref="ArgumentException">One has another shape.</exception>
    public static Tensor IoU(Tensor boxes, Tensor others)
    {
        using var scope = NewDisposeScope();
        var (intersection, union) = IntersectionAndUnion(boxes, others);
        return (intersection / union).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// Generalized intersection over union of every pair (<c>generalized_box_iou</c>; Rezatofighi et al. 2019): less than 0 where boxes
    /// are apart.
    /// </summary>
    /// <inheritdoc cref="IoU"/>
    public static Tensor GeneralizedIoU(Tensor boxes, Tensor others)
    {
        using var scope = NewDisposeScope();
        var (intersection, union) = IntersectionAndUnion(boxes, others);
        var (own, other) = (boxes.unsqueeze(1), others.unsqueeze(0));
        var hull = Widened(maximum(own.narrow(-1, 2, 2), other.narrow(-1, 2, 2)) - minimum(own.narrow(-1, 0, 2), other.narrow(-1, 0, 2)));
        var sides = hull.clamp_min(Held(0)).unbind(-1);
        var area = sides[0] * sides[1];
        return (intersection / union - (area - union) / area).MoveToOuterDisposeScope();
    }

    /// <summary>Boxes in another format (<c>box_convert</c>).</summary>
    /// <param name="boxes">[..., 4].</param>
    /// <param name="from">What the numbers are.</param>
    /// <param name="to">What they are to be.</param>
    /// <returns>New boxes of the same shape.</returns>
    /// <exception cref="ArgumentException">The last dimension is not 4.</exception>
    public static Tensor Convert(Tensor boxes, BoxFormat from, BoxFormat to)
    {
        if (boxes.dim() == 0 || boxes.size(-1) != 4)
            throw Shapes.Wrong(boxes, nameof(boxes), "boxes are [..., 4]");
        if (from == to)
            return boxes.clone();
        using var scope = NewDisposeScope();
        var part = boxes.unbind(-1);
        var (x1, y1, x2, y2) = from switch
        {
            BoxFormat.Xyxy => (part[0], part[1], part[2], part[3]),
            BoxFormat.Xywh => (part[0], part[1], Sum(part[0], part[2]), Sum(part[1], part[3])),
            BoxFormat.Cxcywh => (
                part[0] - Held(0.5) * part[2], part[1] - Held(0.5) * part[3],
                Sum(part[0], Held(0.5) * part[2]), Sum(part[1], Held(0.5) * part[3])),
            _ => throw new ArgumentOutOfRangeException(nameof(from), from, "There is no such format."),
        };
        Tensor[] result = to switch
        {
            BoxFormat.Xyxy => [x1, y1, x2, y2],
            BoxFormat.Xywh => [x1, y1, x2 - x1, y2 - y1],
            BoxFormat.Cxcywh => [Sum(x1, x2) / Held(2), Sum(y1, y2) / Held(2), x2 - x1, y2 - y1],
            _ => throw new ArgumentOutOfRangeException(nameof(to), to, "There is no such format."),
        };
        return stack(result, -1).MoveToOuterDisposeScope();
    }

    /// <summary>Boxes of an image that was resized (<c>resize_boxes</c> of torchvision's detection).</summary>
    /// <param name="boxes">[N, 4].</param>
    /// <param name="from">The size of the image that they belong to.</param>
    /// <param name="to">The size that it was resized to.</param>
    /// <returns>New boxes, [N, 4].</returns>
    /// <exception cref="ArgumentException">The boxes have another shape.</exception>
    public static Tensor Resize(Tensor boxes, ImageSize from, ImageSize to)
    {
        Shapes.RequireBoxes(boxes, nameof(boxes));
        using var scope = NewDisposeScope();
        // torchvision divides in 32 bits.
        var (across, down) = ((float)to.Width / from.Width, (float)to.Height / from.Height);
        var part = boxes.unbind(1);
        return stack([part[0] * Held(across), part[1] * Held(down), part[2] * Held(across), part[3] * Held(down)], 1)
            .MoveToOuterDisposeScope();
    }

    /// <summary>The least boxes that hold masks (<c>masks_to_boxes</c>).</summary>
    /// <param name="masks">[N, H, W]; what is not 0 belongs to the mask.</param>
    /// <returns>
    /// [N, 4] of 32 bits. As in torchvision a box ends at the last pixel, not after it. A mask without a pixel gives zeros; torchvision
    /// has an error there.
    /// </returns>
    /// <exception cref="ArgumentException">The masks have another shape.</exception>
    public static Tensor OfMasks(Tensor masks)
    {
        Shapes.RequireDimensions(masks, 3, nameof(masks), "[N, H, W]");
        using var scope = NewDisposeScope();
        if (masks.numel() == 0)
            return zeros([masks.size(0), 4], ScalarType.Float32, masks.device).MoveToOuterDisposeScope();
        var set = masks.ne(Held(0));
        var (left, right) = Ends(set.any(1, false));
        var (top, bottom) = Ends(set.any(2, false));
        return stack([left, top, right, bottom], 1).to(ScalarType.Float32).MoveToOuterDisposeScope();
    }

    /// <summary>The first and the last place of each row that is true; 0 where there is none.</summary>
    private static (Tensor First, Tensor Last) Ends(Tensor rows)
    {
        var places = Range(rows.size(1), device: rows.device).unsqueeze(0);
        var last = places.where(rows, zeros_like(places)).amax([1]);
        var first = places.where(rows, full_like(places, Held(rows.size(1) - 1))).amin([1]);
        return (minimum(first, last), last);
    }

    private static (Tensor Intersection, Tensor Union) IntersectionAndUnion(Tensor boxes, Tensor others)
    {
        Shapes.RequireBoxes(boxes, nameof(boxes));
        Shapes.RequireBoxes(others, nameof(others));
        var (own, other) = (boxes.unsqueeze(1), others.unsqueeze(0));
        var overlap = Widened(
            minimum(own.narrow(-1, 2, 2), other.narrow(-1, 2, 2)) - maximum(own.narrow(-1, 0, 2), other.narrow(-1, 0, 2)));
        var sides = overlap.clamp_min(Held(0)).unbind(-1);
        var intersection = sides[0] * sides[1];
        return (intersection, Sum(Area(boxes).unsqueeze(1), Area(others).unsqueeze(0)) - intersection);
    }

    /// <summary>Products of coordinates would overflow types of 16 bits and less.</summary>
    private static Tensor Widened(Tensor value) => value.dtype switch
    {
        ScalarType.Float32 or ScalarType.Float64 or ScalarType.Int32 or ScalarType.Int64 => value,
        ScalarType.Float16 or ScalarType.BFloat16 => value.to(ScalarType.Float32),
        _ => value.to(ScalarType.Int32),
    };
}
