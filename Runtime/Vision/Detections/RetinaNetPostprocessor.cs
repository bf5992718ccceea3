using System;
using System.Collections.Generic;
using System.Linq;
using static KnDsl.Numbers;
using static TorchSharp.torch;

namespace KnDsl.Vision;

/// <summary>
/// Makes detections of what RetinaNet's heads say (Lin et al. 2017): torchvision's <c>RetinaNet.postprocess_detections</c>. How many there
/// are depends on values, so that a device is waited for.
/// </summary>
public sealed class RetinaNetPostprocessor
{
    private readonly double scoreThreshold;
    private readonly int mostOfLevel;
    private readonly double iouThreshold;
    private readonly int mostOfImage;
    private readonly BoxCoder coder;

    /// <summary>A postprocessor.</summary>
    /// <param name="scoreThreshold">A score must be above this.</param>
    /// <param name="mostOfLevel">How many of a level of an image are compared.</param>
    /// <param name="iouThreshold">One that overlaps a better one of its class by more than this is left out.</param>
    /// <param name="mostOfImage">How many of an image remain: 300 in torchvision, 100 for COCO's figures.</param>
    /// <param name="coder">How boxes are coded; with weights of 1 if null.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is less than 1, or a threshold below 0.</exception>
    public RetinaNetPostprocessor(
        double scoreThreshold = 0.05, int mostOfLevel = 1000, double iouThreshold = 0.5, int mostOfImage = 300, BoxCoder? coder = null)
    {
        this.scoreThreshold = Setting.NotNegative(scoreThreshold);
        this.mostOfLevel = (int)Setting.AtLeastOne(mostOfLevel);
        this.iouThreshold = Setting.NotNegative(iouThreshold);
        this.mostOfImage = (int)Setting.AtLeastOne(mostOfImage);
        this.coder = coder ?? new();
    }

    /// <summary>The detections of each image. A device is waited for.</summary>
    /// <param name="logits">For each level [N, A, K].</param>
    /// <param name="codes">For each level [N, A, 4].</param>
    /// <param name="anchors">For each level [A, 4].</param>
    /// <param name="sizes">The size of each image without padding, to which boxes are cut.</param>
    /// <returns>One for each image; labels from 0 to K - 1.</returns>
    /// <exception cref="ArgumentException">The shapes do not fit.</exception>
    public IReadOnlyList<Detections> Apply(
        IReadOnlyList<Tensor> logits, IReadOnlyList<Tensor> codes, IReadOnlyList<Tensor> anchors, IReadOnlyList<ImageSize> sizes)
    {
        if (logits.Count == 0 || codes.Count != logits.Count || anchors.Count != logits.Count)
        {
            throw new ArgumentException($"There are logits of {logits.Count} levels, codes of {codes.Count} and anchors of "
                + $"{anchors.Count}, but all are of the same levels, at least one.");
        }
        for (var level = 0; level < logits.Count; level++)
        {
            Shapes.RequireBoxes(anchors[level], nameof(anchors));
            var count = anchors[level].size(0);
            if (logits[level].dim() != 3 || logits[level].size(0) != sizes.Count || logits[level].size(1) != count)
            {
                throw Shapes.Wrong(
                    logits[level], nameof(logits), $"of {sizes.Count} images with {count} anchors they are [{sizes.Count}, {count}, K]");
            }
            ObjectsOfAnchors.RequireCodes(codes[level], sizes.Count, count);
        }
        using var noGrad = no_grad();
        return [.. sizes.Select((size, image) => OfImage(image, logits, codes, anchors, size))];
    }

    private Detections OfImage(
        int image, IReadOnlyList<Tensor> logits, IReadOnlyList<Tensor> codes, IReadOnlyList<Tensor> anchors, ImageSize size)
    {
        using var scope = NewDisposeScope();
        var (boxes, scores, labels) = (new List<Tensor>(), new List<Tensor>(), new List<Tensor>());
        for (var level = 0; level < logits.Count; level++)
        {
            var (ofLevel, score, label) = OfLevel(logits[level][image], codes[level][image], anchors[level]);
            boxes.Add(Boxes.Clip(ofLevel, size));
            scores.Add(score);
            labels.Add(label);
        }
        return Detections.Best(cat(boxes, 0), cat(scores, 0), cat(labels, 0), iouThreshold, mostOfImage);
    }

    /// <summary>The best of a level. A device is waited for.</summary>
    private (Tensor Boxes, Tensor Scores, Tensor Labels) OfLevel(Tensor logits, Tensor codes, Tensor anchors)
    {
        var classes = logits.size(1);
        var all = logits.sigmoid().flatten();
        var places = all.gt(Held(scoreThreshold)).nonzero().flatten();
        var (scores, order) = all.index_select(0, places).topk((int)Math.Min(mostOfLevel, places.size(0)));
        places = places.index_select(0, order);
        var anchor = places.div(Held(classes), RoundingMode.floor);
        return (coder.Decode(codes.index_select(0, anchor), anchors.index_select(0, anchor)), scores, places.remainder(Held(classes)));
    }
}
