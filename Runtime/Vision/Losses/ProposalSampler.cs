using static KnDsl.Numbers;
using static TorchSharp.torch;

namespace KnDsl.Vision;

/// <summary>
/// Draws the proposals that Faster R-CNN's heads are trained with, as torchvision's <c>RoIHeads</c> does. How many there are depends on
/// values, so that a device is waited for, once an image.
/// </summary>
/// <param name="matcher">How proposals get objects; by 0.5 alone if null.</param>
/// <param name="sampler">Which proposals of an image are drawn; 512, a quarter of them with an object, if null.</param>
/// <param name="coder">How boxes are coded; with weights of 10, 10, 5 and 5 if null.</param>
public sealed class ProposalSampler(Matcher? matcher = null, BalancedSampler? sampler = null, BoxCoder? coder = null)
{
    private readonly Matcher matcher = matcher ?? new(0.5, 0.5);
    private readonly BalancedSampler sampler = sampler ?? new(512, 0.25);
    private readonly BoxCoder coder = coder ?? new(10, 10, 5, 5);

    /// <summary>Draws of the proposals of one image, to which its objects are added.</summary>
    /// <param name="proposals">[P, 4]. They are taken without gradient.</param>
    /// <param name="target">The objects of the image; labels from 1.</param>
    /// <param name="generator">Random numbers for the draw, of the device; torch's own if null.</param>
    /// <returns>What was drawn.</returns>
    /// <exception cref="System.ArgumentException">The shapes or types do not fit, or on a CPU a label is below 1.</exception>
    public SampledProposals Sample(Tensor proposals, DetectionTarget target, Generator? generator = null)
    {
        Shapes.RequireBoxes(proposals, nameof(proposals));
        Shapes.RequireFloatingPoint(proposals, nameof(proposals));
        target.Check();
        HostValues.RequireRange(
            target.Labels, 1, long.MaxValue, "target.Labels", "labels of Faster R-CNN begin at 1, since 0 is the background");
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var all = cat([proposals.detach(), target.Boxes.to(proposals.dtype)], 0);
        var matches = ObjectsOfAnchors.Match(matcher, target, all);
        var labels = ObjectsOfAnchors.LabelsOf(target, matches)
            .masked_fill(matches.eq(Held(Matcher.BelowLowThreshold)), Held(0))
            .masked_fill(matches.eq(Held(Matcher.BetweenThresholds)), Held(-1));
        var (positives, negatives) = sampler.Sample(labels, generator);
        var drawn = positives.bitwise_or(negatives).nonzero().flatten();
        var (boxes, ofDrawn, objects) = (all.index_select(0, drawn), labels.index_select(0, drawn), matches.index_select(0, drawn));
        var codes = ObjectsOfAnchors.CodesOf(coder, ObjectsOfAnchors.BoxesOf(target, objects, boxes), boxes, ofDrawn.gt(Held(0)));
        return new(
            boxes.MoveToOuterDisposeScope(), ofDrawn.MoveToOuterDisposeScope(), objects.clamp_min(Held(0)).MoveToOuterDisposeScope(),
            codes.MoveToOuterDisposeScope());
    }
}
