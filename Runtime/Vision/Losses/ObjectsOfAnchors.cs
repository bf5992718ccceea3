using System;
using System.Collections.Generic;
using static KnDsl.Numbers;
using static TorchSharp.torch;

namespace KnDsl.Vision;

/// <summary>
/// What anchors or proposals of one image are to predict. Tensors are of the anchors' number, so that nothing has to be waited for; what
/// has no object gets zeros, or the values of any object, for losses to mask.
/// </summary>
internal static class ObjectsOfAnchors
{
    /// <summary>The numbers of images and of anchors; there must be an image.</summary>
    public static (int Images, long Anchors) Count(Tensor anchors, IReadOnlyList<DetectionTarget> targets)
    {
        Shapes.RequireBoxes(anchors, nameof(anchors));
        // Boxes take their type, and would lose their fractions.
        Shapes.RequireFloatingPoint(anchors, nameof(anchors));
        return targets.Count > 0
            ? (targets.Count, anchors.size(0))
            : throw new ArgumentException("There is no image.", nameof(targets));
    }

    /// <summary>Demands a code for each anchor of each image, [images, anchors, 4].</summary>
    public static void RequireCodes(Tensor codes, int images, long anchors, string name = "codes")
    {
        if (codes.dim() != 3 || codes.size(0) != images || codes.size(1) != anchors || codes.size(2) != 4)
            throw Shapes.Wrong(codes, name, $"of {images} images with {anchors} anchors they are [{images}, {anchors}, 4]");
        Shapes.RequireFloatingPoint(codes, name);
    }

    /// <summary>Matches anchors with the objects of an image.</summary>
    /// <returns>[A]: the number of an object, or one of the matcher's negative numbers.</returns>
    public static Tensor Match(Matcher matcher, DetectionTarget target, Tensor anchors)
    {
        using var scope = NewDisposeScope();
        return matcher.Match(Boxes.IoU(target.Boxes.to(anchors.dtype), anchors)).MoveToOuterDisposeScope();
    }

    /// <summary>The boxes of the objects, [A, 4].</summary>
    public static Tensor BoxesOf(DetectionTarget target, Tensor matches, Tensor anchors)
    {
        using var scope = NewDisposeScope();
        return (target.Count == 0 ? zeros_like(anchors) : target.Boxes.to(anchors.dtype).index_select(0, matches.clamp_min(Held(0))))
            .MoveToOuterDisposeScope();
    }

    /// <summary>The classes of the objects, [A].</summary>
    public static Tensor LabelsOf(DetectionTarget target, Tensor matches)
    {
        using var scope = NewDisposeScope();
        return (target.Count == 0 ? zeros_like(matches) : target.Labels.index_select(0, matches.clamp_min(Held(0))))
            .MoveToOuterDisposeScope();
    }

    /// <summary>The codes of objects where there is one, and zeros: the code of none may not be finite, nor its gradient then.</summary>
    public static Tensor CodesOf(BoxCoder coder, Tensor boxes, Tensor anchors, Tensor hasObject)
    {
        using var scope = NewDisposeScope();
        return coder.Encode(boxes, anchors).masked_fill(hasObject.bitwise_not().unsqueeze(1), Held(0)).MoveToOuterDisposeScope();
    }
}
