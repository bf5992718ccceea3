using System;
using System.Collections.Generic;
using static KnDsl.Numbers;
using static TorchSharp.torch;

namespace KnDsl.Vision;

/// <summary>
/// The losses of Faster R-CNN's region proposals (Ren et al. 2015), as torchvision's <c>RegionProposalNetwork</c> computes them. Waits for
/// no device.
/// </summary>
/// <param name="matcher">How anchors get objects; by 0.7 and 0.3 with low-quality matches if null.</param>
/// <param name="sampler">Which anchors of an image count; 256, half of them with an object, if null.</param>
/// <param name="coder">How boxes are coded; with weights of 1 if null.</param>
/// <param name="beta">Where the loss of codes ends to be square.</param>
public sealed class RegionProposalLoss(
    Matcher? matcher = null, BalancedSampler? sampler = null, BoxCoder? coder = null, double beta = 1.0 / 9)
{
    private readonly Matcher matcher = matcher ?? new(0.7, 0.3, allowLowQualityMatches: true);
    private readonly BalancedSampler sampler = sampler ?? new(256, 0.5);
    private readonly BoxCoder coder = coder ?? new();
    private readonly double beta = Setting.NotNegative(beta);

    /// <summary>The losses of a batch, both over the number of anchors that were drawn in all images.</summary>
    /// <param name="objectness">[N, A]: a logit of each anchor.</param>
    /// <param name="codes">[N, A, 4].</param>
    /// <param name="anchors">[A, 4], the same for all images.</param>
    /// <param name="targets">The objects of each image; their classes do not matter.</param>
    /// <param name="generator">Random numbers for the draw, of the device; torch's own if null.</param>
    /// <returns>Both losses.</returns>
    /// <exception cref="ArgumentException">The shapes or types do not fit.</exception>
    public DetectorLosses Compute(
        Tensor objectness, Tensor codes, Tensor anchors, IReadOnlyList<DetectionTarget> targets, Generator? generator = null)
    {
        var (images, count) = ObjectsOfAnchors.Count(anchors, targets);
        if (objectness.dim() != 2 || objectness.size(0) != images || objectness.size(1) != count)
            throw Shapes.Wrong(objectness, nameof(objectness), $"of {images} images with {count} anchors it is [{images}, {count}]");
        Shapes.RequireFloatingPoint(objectness, nameof(objectness));
        ObjectsOfAnchors.RequireCodes(codes, images, count);

        using var scope = NewDisposeScope();
        var (classification, boxes) = (zeros([], objectness.dtype, objectness.device), zeros([], codes.dtype, codes.device));
        var drawn = zeros([], ScalarType.Int64, objectness.device);
        for (var image = 0; image < images; image++)
        {
            targets[image].Check();
            var matches = ObjectsOfAnchors.Match(matcher, targets[image], anchors);
            var hasObject = matches.ge(Held(0));
            // As the sampler takes it: 1 with an object, 0 for background, less for neither.
            var labels = hasObject.to(ScalarType.Int64).masked_fill(matches.eq(Held(Matcher.BetweenThresholds)), Held(-1));
            var (positives, negatives) = sampler.Sample(labels, generator);
            drawn = Sum(drawn, Sum(positives.sum(), negatives.sum()));
            var entropy = nn.functional.binary_cross_entropy_with_logits(
                objectness[image], hasObject.to(objectness.dtype), reduction: nn.Reduction.None);
            classification = Sum(classification, entropy.masked_fill(positives.bitwise_or(negatives).bitwise_not(), Held(0)).sum());
            var ofObjects = ObjectsOfAnchors.CodesOf(
                coder, ObjectsOfAnchors.BoxesOf(targets[image], matches, anchors), anchors, hasObject);
            boxes = Sum(boxes, Losses.SmoothL1(codes[image], ofObjects.to(codes.dtype), beta)
                .masked_fill(positives.bitwise_not().unsqueeze(1), Held(0)).sum());
        }
        drawn = drawn.clamp_min(Held(1));
        return new((classification / drawn).MoveToOuterDisposeScope(), (boxes / drawn).MoveToOuterDisposeScope());
    }
}
