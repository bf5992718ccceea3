using System;
using System.Collections.Generic;
using static KnDsl.Numbers;
using static TorchSharp.torch;

namespace KnDsl.Vision;

/// <summary>RetinaNet's losses (Lin et al. 2017), as torchvision's <c>RetinaNet</c> computes them. Waits for no device.</summary>
/// <param name="matcher">How anchors get objects; by 0.5 and 0.4 with low-quality matches if null.</param>
/// <param name="coder">How boxes are coded; with weights of 1 if null.</param>
/// <param name="beta">Where the loss of codes ends to be square; 0, the absolute error, in torchvision.</param>
/// <param name="generalizedIoU">Whether the loss is that of decoded boxes instead, as in torchvision's second version.</param>
public sealed class RetinaNetLoss(Matcher? matcher = null, BoxCoder? coder = null, double beta = 0, bool generalizedIoU = false)
{
    private readonly Matcher matcher = matcher ?? new(0.5, 0.4, allowLowQualityMatches: true);
    private readonly BoxCoder coder = coder ?? new();
    private readonly double beta = Setting.NotNegative(beta);

    /// <summary>
    /// The losses of a batch: the mean over the images of the sum over an image's anchors, divided by the number of those with an object.
    /// </summary>
    /// <param name="logits">[N, A, K]: of each class, for each anchor.</param>
    /// <param name="codes">[N, A, 4].</param>
    /// <param name="anchors">[A, 4], the same for all images.</param>
    /// <param name="targets">The objects of each image; labels from 0 to K - 1.</param>
    /// <returns>Both losses.</returns>
    /// <exception cref="ArgumentException">The shapes or types do not fit, or on a CPU a label is none of the classes.</exception>
    public DetectorLosses Compute(Tensor logits, Tensor codes, Tensor anchors, IReadOnlyList<DetectionTarget> targets)
    {
        var (images, count) = ObjectsOfAnchors.Count(anchors, targets);
        if (logits.dim() != 3 || logits.size(0) != images || logits.size(1) != count)
            throw Shapes.Wrong(logits, nameof(logits), $"of {images} images with {count} anchors they are [{images}, {count}, K]");
        ObjectsOfAnchors.RequireCodes(codes, images, count);

        using var scope = NewDisposeScope();
        var (classification, boxes) = (zeros([], logits.dtype, logits.device), zeros([], codes.dtype, codes.device));
        for (var image = 0; image < images; image++)
        {
            targets[image].Check();
            HostValues.RequireRange(
                targets[image].Labels, 0, logits.size(2), $"targets[{image}].Labels",
                $"RetinaNet's labels of {logits.size(2)} classes are 0 to {logits.size(2) - 1}");
            var matches = ObjectsOfAnchors.Match(matcher, targets[image], anchors);
            var hasObject = matches.ge(Held(0));
            var objects = hasObject.sum().clamp_min(Held(1));
            classification = Sum(classification, OfClasses(logits[image], matches, hasObject, targets[image]) / objects);
            boxes = Sum(boxes, OfBoxes(codes[image], matches, hasObject, anchors, targets[image]) / objects);
        }
        return new((classification / Held(images)).MoveToOuterDisposeScope(), (boxes / Held(images)).MoveToOuterDisposeScope());
    }

    private static Tensor OfClasses(Tensor logits, Tensor matches, Tensor hasObject, DetectionTarget target)
    {
        var labels = ObjectsOfAnchors.LabelsOf(target, matches).unsqueeze(1);
        var classes = zeros_like(logits).scatter_(1, labels, hasObject.to(logits.dtype).unsqueeze(1));
        var loss = Losses.SigmoidFocal(logits, classes);
        return loss.masked_fill(matches.eq(Held(Matcher.BetweenThresholds)).unsqueeze(1), Held(0)).sum();
    }

    private Tensor OfBoxes(Tensor codes, Tensor matches, Tensor hasObject, Tensor anchors, DetectionTarget target)
    {
        var boxes = ObjectsOfAnchors.BoxesOf(target, matches, anchors);
        var loss = generalizedIoU
            ? Losses.GeneralizedIoU(coder.Decode(codes, anchors), boxes.to(codes.dtype)).unsqueeze(1)
            : Losses.SmoothL1(codes, ObjectsOfAnchors.CodesOf(coder, boxes, anchors, hasObject).to(codes.dtype), beta);
        return loss.masked_fill(hasObject.bitwise_not().unsqueeze(1), Held(0)).sum();
    }
}
