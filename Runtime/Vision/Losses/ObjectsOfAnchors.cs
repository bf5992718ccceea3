using static TorchSharp.torch;

namespace KnDsl.Vision;

/// <summary>
/// What anchors or proposals of one image are to predict. Tensors are of the anchors' number, so that nothing has to be waited for; what
/// has no object gets zeros, or the values of any object, for losses to mask.
/// </summary>
internal static class ObjectsOfAnchors
{
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
        return (target.Count == 0 ? zeros_like(anchors) : target.Boxes.to(anchors.dtype).index_select(0, matches.clamp_min(0)))
            .MoveToOuterDisposeScope();
    }

    /// <summary>The classes of the objects, [A].</summary>
    public static Tensor LabelsOf(DetectionTarget target, Tensor matches)
    {
        using var scope = NewDisposeScope();
        return (target.Count == 0 ? zeros_like(matches) : target.Labels.index_select(0, matches.clamp_min(0))).MoveToOuterDisposeScope();
    }

    /// <summary>The codes of objects where there is one, and zeros: the code of none may not be finite, nor its gradient then.</summary>
    public static Tensor CodesOf(BoxCoder coder, Tensor boxes, Tensor anchors, Tensor hasObject)
    {
        using var scope = NewDisposeScope();
        return coder.Encode(boxes, anchors).masked_fill(hasObject.bitwise_not().unsqueeze(1), 0).MoveToOuterDisposeScope();
    }
}
