using System;
using System.Collections.Generic;
using System.Linq;
using static KnDsl.Numbers;
using static TorchSharp.torch;

namespace KnDsl.Vision;

/// <summary>
/// Chooses the proposals of an image (Ren et al. 2015), as torchvision's <c>RegionProposalNetwork.filter_proposals</c> does: of each level
/// those of the highest scores, without those that overlap a better one of their level. How many remain depends on values, so that a device
/// is waited for.
/// </summary>
public sealed class ProposalFilter
{
    private readonly int mostOfLevel;
    private readonly int mostOfImage;
    private readonly double iouThreshold;
    private readonly double minSize;
    private readonly double scoreThreshold;

    /// <summary>A filter.</summary>
    /// <param name="mostOfLevel">How many of a level of an image are compared: torchvision's 2000 in training, 1000 in inference.</param>
    /// <param name="mostOfImage">How many of an image remain: 2000 and 1000.</param>
    /// <param name="iouThreshold">One that overlaps a better one of its level by more than this is left out.</param>
    /// <param name="minSize">The least width and height, in pixels.</param>
    /// <param name="scoreThreshold">The least score.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is less than 1, or a threshold or the size below 0.</exception>
    public ProposalFilter(
        int mostOfLevel = 1000, int mostOfImage = 1000, double iouThreshold = 0.7, double minSize = 1e-3, double scoreThreshold = 0)
    {
        this.mostOfLevel = (int)Setting.AtLeastOne(mostOfLevel);
        this.mostOfImage = (int)Setting.AtLeastOne(mostOfImage);
        this.iouThreshold = Setting.NotNegative(iouThreshold);
        this.minSize = Setting.NotNegative(minSize);
        this.scoreThreshold = Setting.NotNegative(scoreThreshold);
    }

    /// <summary>Chooses the proposals of each image. A device is waited for.</summary>
    /// <param name="objectness">[N, A] logits, level after level. No gradient flows through them.</param>
    /// <param name="boxes">[N, A, 4]: the decoded boxes in pixels. Nor through these.</param>
    /// <param name="levels">How many of the A belong to each level.</param>
    /// <param name="sizes">The size of each image without padding, to which boxes are cut.</param>
    /// <exception cref="ArgumentException">The shapes do not fit.</exception>
    public IReadOnlyList<Proposals> Apply(Tensor objectness, Tensor boxes, IReadOnlyList<long> levels, IReadOnlyList<ImageSize> sizes)
    {
        Shapes.RequireDimensions(objectness, 2, nameof(objectness), "[N, A]");
        var (images, anchors) = (objectness.size(0), objectness.size(1));
        ObjectsOfAnchors.RequireCodes(boxes, (int)images, anchors, nameof(boxes));
        Shapes.RequireSameCount(sizes.Count, nameof(sizes), (int)images, nameof(objectness));
        if (levels.Sum() != anchors)
            throw Shapes.Wrong(objectness, nameof(objectness), $"the {levels.Count} levels have {levels.Sum()} anchors together");
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var ofLevels = objectness.detach().split([.. levels], 1);
        var best = new List<Tensor>();
        var numbers = new List<Tensor>();
        for (var (level, first) = (0, 0L); level < levels.Count; first += levels[level], level++)
        {
            var top = ofLevels[level].topk((int)Math.Min(mostOfLevel, levels[level]), 1).indexes;
            best.Add(Sum(top, first));
            numbers.Add(full([top.size(1)], Held(level), ScalarType.Int64, objectness.device));
        }
        var (chosen, ofLevel) = (cat(best, 1), cat(numbers, 0));
        var scores = objectness.detach().gather(1, chosen).sigmoid();
        var found = sizes.Select((size, image) =>
            OfImage(boxes[image].detach().index_select(0, chosen[image]), scores[image], ofLevel, size)).ToArray();
        foreach (var ofImage in found)
        {
            ofImage.Boxes.MoveToOuterDisposeScope();
            ofImage.Scores.MoveToOuterDisposeScope();
        }
        return found;
    }

    /// <summary>Those of one image. A device is waited for.</summary>
    private Proposals OfImage(Tensor boxes, Tensor scores, Tensor levels, ImageSize size)
    {
        using var scope = NewDisposeScope();
        boxes = Boxes.Clip(boxes, size);
        var large = Boxes.RemoveSmall(boxes, minSize);
        large = large.index_select(0, scores.index_select(0, large).ge(Held(scoreThreshold)).nonzero().flatten());
        var kept = NonMaximumSuppression.KeepByClass(
            boxes.index_select(0, large), scores.index_select(0, large), levels.index_select(0, large), iouThreshold);
        var best = large.index_select(0, kept.narrow(0, 0, Math.Min(mostOfImage, kept.size(0))));
        return new(
            boxes.index_select(0, best).MoveToOuterDisposeScope(), scores.index_select(0, best).MoveToOuterDisposeScope());
    }
}
