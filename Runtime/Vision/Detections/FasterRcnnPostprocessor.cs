using System;
using System.Collections.Generic;
using System.Linq;
using static KnDsl.Numbers;
using static TorchSharp.torch;

namespace KnDsl.Vision;

/// <summary>
/// Makes detections of what Faster R-CNN's heads say (Ren et al. 2015): torchvision's <c>RoIHeads.postprocess_detections</c>. How many
/// there are depends on values, so that a device is waited for.
/// </summary>
public sealed class FasterRcnnPostprocessor
{
    /// <summary>Detections that are narrower or lower than this are left out, as in torchvision.</summary>
    private const double MinSize = 1e-2;

    private readonly double scoreThreshold;
    private readonly double iouThreshold;
    private readonly int mostOfImage;
    private readonly BoxCoder coder;

    /// <summary>A postprocessor.</summary>
    /// <param name="scoreThreshold">A score must be above this.</param>
    /// <param name="iouThreshold">One that overlaps a better one of its class by more than this is left out.</param>
    /// <param name="mostOfImage">How many of an image remain.</param>
    /// <param name="coder">How boxes are coded; with weights of 10, 10, 5 and 5 if null.</param>
    /// <exception cref="ArgumentOutOfRangeException">The number is less than 1, or a threshold below 0.</exception>
    public FasterRcnnPostprocessor(
        double scoreThreshold = 0.05, double iouThreshold = 0.5, int mostOfImage = 100, BoxCoder? coder = null)
    {
        this.scoreThreshold = Setting.NotNegative(scoreThreshold);
        this.iouThreshold = Setting.NotNegative(iouThreshold);
        this.mostOfImage = (int)Setting.AtLeastOne(mostOfImage);
        this.coder = coder ?? new(10, 10, 5, 5);
    }

    /// <summary>The detections of each image. A device is waited for.</summary>
    /// <param name="logits">[R, K] of the proposals of the first image, then those of the next; class 0 is the background.</param>
    /// <param name="codes">[R, 4 K].</param>
    /// <param name="proposals">[P, 4] for each image.</param>
    /// <param name="sizes">The size of each image without padding, to which boxes are cut.</param>
    /// <returns>One for each image; labels from 1 to K - 1.</returns>
    /// <exception cref="ArgumentException">The shapes do not fit.</exception>
    public IReadOnlyList<Detections> Apply(
        Tensor logits, Tensor codes, IReadOnlyList<Tensor> proposals, IReadOnlyList<ImageSize> sizes)
    {
        Shapes.RequireDimensions(logits, 2, nameof(logits), "[R, K]");
        Shapes.RequireSameCount(proposals.Count, nameof(proposals), sizes.Count, nameof(sizes));
        foreach (var ofImage in proposals)
            Shapes.RequireBoxes(ofImage, nameof(proposals));
        var (count, classes) = (proposals.Sum(ofImage => ofImage.size(0)), logits.size(1));
        if (logits.size(0) != count)
            throw Shapes.Wrong(logits, nameof(logits), $"of {count} proposals they are [{count}, K]");
        if (codes.dim() != 2 || codes.size(0) != count || codes.size(1) != 4 * classes)
            throw Shapes.Wrong(codes, nameof(codes), $"of {count} proposals and {classes} classes they are [{count}, {4 * classes}]");
        using var noGrad = no_grad();
        var found = new List<Detections>();
        var first = 0L;
        foreach (var (ofImage, size) in proposals.Zip(sizes))
        {
            var number = ofImage.size(0);
            found.Add(OfImage(logits.narrow(0, first, number), codes.narrow(0, first, number), ofImage, size));
            first += number;
        }
        return found;
    }

    /// <summary>Those of one image. A device is waited for.</summary>
    private Detections OfImage(Tensor logits, Tensor codes, Tensor proposals, ImageSize size)
    {
        using var scope = NewDisposeScope();
        var classes = logits.size(1);
        var boxes = Boxes.Clip(coder.Decode(codes, proposals).view(-1, classes, 4), size).narrow(1, 1, classes - 1).reshape(-1, 4);
        var scores = logits.softmax(1).narrow(1, 1, classes - 1).reshape(-1);
        var kept = scores.gt(Held(scoreThreshold)).nonzero().flatten();
        (boxes, scores) = (boxes.index_select(0, kept), scores.index_select(0, kept));
        var labels = Sum(kept.remainder(Held(classes - 1)), 1);
        var large = Boxes.RemoveSmall(boxes, MinSize);
        (boxes, scores, labels) = (boxes.index_select(0, large), scores.index_select(0, large), labels.index_select(0, large));
        return Detections.Best(boxes, scores, labels, iouThreshold, mostOfImage);
    }
}
