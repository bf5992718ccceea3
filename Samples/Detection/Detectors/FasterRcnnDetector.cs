using System.Collections.Generic;
using System.Linq;
using KnDsl.Samples.Detection.Networks;
using KnDsl.Vision;
using static KnDsl.Numbers;
using static TorchSharp.torch;

namespace KnDsl.Samples.Detection.Detectors;

/// <summary>Faster R-CNN on a feature pyramid (Ren et al. 2015, Lin et al. 2017) and, with masks, Mask R-CNN (He et al. 2017).</summary>
internal sealed class FasterRcnnDetector : Detector
{
    private readonly ProposalNetwork proposals;
    private readonly BoxHead boxHead;
    private readonly MaskHead? maskHead;
    private readonly AnchorGenerator anchors;
    private readonly BoxCoder coder = new();
    private readonly ProposalFilter trainingFilter;
    private readonly ProposalFilter filter;
    private readonly RegionProposalLoss proposalLoss;
    private readonly ProposalSampler sampler;
    private readonly MultiScaleRoiAlign boxPool;
    private readonly MultiScaleRoiAlign maskPool;
    private readonly FasterRcnnPostprocessor postprocessor;

    /// <summary>A detector with first weights.</summary>
    /// <param name="shape">Its sizes.</param>
    /// <param name="classes">Its classes, of which 0 is the background.</param>
    /// <param name="hasMasks">Whether it predicts masks.</param>
    /// <param name="norms">The normalizations.</param>
    /// <param name="device">Its device.</param>
    /// <param name="scoreThreshold">A detection's score is above this.</param>
    /// <param name="most">So many detections of an image at most: COCO's figures count 100.</param>
    public FasterRcnnDetector(
        DetectorShape shape, int classes, bool hasMasks, DetectorNorms norms, Device device, double scoreThreshold = 0.05, int most = 100)
        : this(
            shape,
            new ProposalNetwork(
                width: shape.Width, depths: [.. shape.Depths], bottlenecks: shape.HasBottlenecks, channels: shape.Channels,
                // torchvision's second version, with norms, has two.
                convolutions: norms.Heads is null ? 1 : 2, head_norms: norms.Heads is not null, policy: norms.Backbone,
                head_policy: norms.Heads ?? NormPolicy.None(), device: device),
            new BoxHead(
                classes: classes, channels: shape.Channels, width: shape.BoxWidth, head_norms: norms.Heads is not null,
                policy: norms.Heads ?? NormPolicy.None(), device: device),
            !hasMasks ? null : new MaskHead(
                classes: classes, channels: shape.Channels, width: shape.MaskWidth, convolutions: shape.MaskConvolutions,
                head_norms: norms.Heads is not null, policy: norms.Heads ?? NormPolicy.None(), device: device),
            scoreThreshold, most)
    {
    }

    private FasterRcnnDetector(
        DetectorShape shape, ProposalNetwork proposals, BoxHead boxHead, MaskHead? maskHead, double scoreThreshold, int most)
        : base(new ModuleParts(maskHead is null ? "FasterRcnn" : "MaskRcnn", proposals).With(
            "roi_heads", maskHead is null ? new ModuleParts("RoiHeads", boxHead) : new ModuleParts("RoiHeads", boxHead, maskHead)))
    {
        (this.proposals, this.boxHead, this.maskHead) = (proposals, boxHead, maskHead);
        anchors = shape.ProposalAnchors;
        trainingFilter = new(shape.TrainingProposals, shape.TrainingProposals);
        filter = new(shape.Proposals, shape.Proposals);
        proposalLoss = new(sampler: new BalancedSampler(shape.DrawnAnchors, 0.5));
        sampler = new(sampler: new BalancedSampler(shape.Regions, 0.25));
        boxPool = new(new(7, 7), canonicalScale: shape.CanonicalScale);
        maskPool = new(new(14, 14), canonicalScale: shape.CanonicalScale);
        postprocessor = new(scoreThreshold, mostOfImage: most);
        FirstWeights.OfFasterRcnn(proposals, maskHead);
    }

    /// <inheritdoc/>
    public override bool HasMasks => maskHead is not null;

    /// <inheritdoc/>
    public override Tensor Loss(Tensor images, IReadOnlyList<ImageSize> sizes, IReadOnlyList<DetectionTarget> targets)
    {
        var (features, objectness, codes, ofLevels) = Maps(images);
        var (allObjectness, allCodes, allAnchors) = (cat(objectness, 1), cat(codes, 1), cat([.. ofLevels], 0));
        var ofProposals = proposalLoss.Compute(allObjectness, allCodes, allAnchors, targets);

        var proposed = trainingFilter.Apply(allObjectness, Decoded(allCodes, allAnchors), [.. ofLevels.Select(of => of.size(0))], sizes);
        var drawn = proposed.Select((of, image) => sampler.Sample(of.Boxes, targets[image])).ToArray();
        var sum = Sum(ofProposals.Sum, BoxLoss(features, sizes, drawn));
        return maskHead is null ? sum : Sum(sum, MaskLoss(features, sizes, drawn, targets));
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Detections> Detect(Tensor images, IReadOnlyList<ImageSize> sizes)
    {
        using var scope = NewDisposeScope();
        var (features, objectness, codes, ofLevels) = Maps(images);
        var proposed = filter.Apply(
            cat(objectness, 1), Decoded(cat(codes, 1), cat([.. ofLevels], 0)), [.. ofLevels.Select(of => of.size(0))], sizes);
        Tensor[] boxes = [.. proposed.Select(of => of.Boxes)];
        var (logits, boxCodes) = OfRegions(boxPool.Apply(features, boxes, sizes));
        var found = postprocessor.Apply(logits, boxCodes, boxes, sizes);
        if (maskHead is not null)
            found = WithMasks(features, sizes, found);
        foreach (var ofImage in found)
            ofImage.MoveToOuterDisposeScope();
        return found;
    }

    private Tensor BoxLoss(Tensor[] features, IReadOnlyList<ImageSize> sizes, SampledProposals[] drawn)
    {
        Tensor[] regions = [.. drawn.Select(of => of.Proposals)];
        var (logits, boxCodes) = OfRegions(boxPool.Apply(features, HasAny(regions) ? regions : OneOf(regions, sizes), sizes));
        return HasAny(regions)
            ? FasterRcnnLoss.Compute(
                logits, boxCodes, cat([.. drawn.Select(of => of.Labels)], 0), cat([.. drawn.Select(of => of.Codes)], 0)).Sum
            : Held(0) * Sum(logits.sum(), boxCodes.sum());
    }

    private Tensor MaskLoss(
        Tensor[] features, IReadOnlyList<ImageSize> sizes, SampledProposals[] drawn, IReadOnlyList<DetectionTarget> targets)
    {
        var withObject = drawn.Select(of => of.Labels.gt(Held(0)).nonzero().flatten()).ToArray();
        Tensor[] regions = [.. drawn.Zip(withObject, (of, places) => of.Proposals.index_select(0, places))];
        Tensor[] matches = [.. drawn.Zip(withObject, (of, places) => of.Matches.index_select(0, places))];
        return HasAny(regions)
            ? MaskRcnnLoss.Compute(maskHead!.call(maskPool.Apply(features, regions, sizes)), regions, matches, targets)
            : Held(0) * maskHead!.call(maskPool.Apply(features, OneOf([.. drawn.Select(of => of.Proposals)], sizes), sizes)).sum();
    }

    private static bool HasAny(Tensor[] regions) => regions.Any(ofImage => ofImage.size(0) > 0);

    /// <summary>
    /// One region for a head that has none in this batch: the first of those that were drawn, or else the first image. Norms take no empty
    /// batch, and the head must not be left out, since those of several processes exchange statistics.
    /// </summary>
    private static Tensor[] OneOf(Tensor[] drawn, IReadOnlyList<ImageSize> sizes)
    {
        var first = System.Math.Max(0, System.Array.FindIndex(drawn, ofImage => ofImage.size(0) > 0));
        var region = drawn[first].size(0) > 0
            ? drawn[first].narrow(0, 0, 1)
            : tensor([0f, 0, sizes[first].Width, sizes[first].Height], [1, 4]).to(drawn[first]);
        return [.. drawn.Select((ofImage, image) => image == first ? region : ofImage.narrow(0, 0, 0))];
    }

    private Detections[] WithMasks(
        Tensor[] features, IReadOnlyList<ImageSize> sizes, IReadOnlyList<Detections> found)
    {
        var logits = maskHead!.call(maskPool.Apply(features, [.. found.Select(of => of.Boxes)], sizes));
        var masks = Masks.OfClasses(logits, cat([.. found.Select(of => of.Labels)], 0)).split([.. found.Select(of => of.Count)], 0);
        return [.. found.Zip(masks, (of, ofImage) => of with { Masks = ofImage })];
    }

    private (Tensor Logits, Tensor Codes) OfRegions(Tensor pooled)
    {
        var output = boxHead.call(pooled);
        return (output.logits, output.codes);
    }

    /// <summary>The boxes that codes of anchors mean, [N, A, 4].</summary>
    private Tensor Decoded(Tensor codes, Tensor ofAnchors) =>
        coder.Decode(codes.detach().reshape(-1, 4), ofAnchors.repeat(codes.size(0), 1)).view(codes.shape);

    /// <summary>The pyramid without its last level, and objectness [N, A], codes [N, A, 4] and anchors of each level.</summary>
    private (Tensor[] Features, Tensor[] Objectness, Tensor[] Codes, IReadOnlyList<Tensor> Anchors) Maps(Tensor images)
    {
        var output = proposals.call(images);
        Tensor[] objectness =
            [output.objectness2, output.objectness3, output.objectness4, output.objectness5, output.objectness6];
        Tensor[] codes = [output.codes2, output.codes3, output.codes4, output.codes5, output.codes6];
        var ofLevels = anchors.Generate(new((int)images.size(2), (int)images.size(3)), objectness);
        var places = anchors.AnchorsPerPlace;
        return ([output.p2, output.p3, output.p4, output.p5],
            [.. objectness.Zip(places, (map, count) => OfAnchors(map, count).squeeze(2))],
            [.. codes.Zip(places, (map, count) => OfAnchors(map, count))], ofLevels);
    }
}
