using System.Collections.Generic;
using System.Linq;
using KnDsl.Samples.Detection.Networks;
using KnDsl.Vision;
using static TorchSharp.torch;

namespace KnDsl.Samples.Detection.Detectors;

/// <summary>RetinaNet (Lin et al. 2017).</summary>
internal sealed class RetinaNetDetector : Detector
{
    private readonly RetinaNet network;
    private readonly AnchorGenerator anchors;
    private readonly RetinaNetLoss loss = new();
    private readonly RetinaNetPostprocessor postprocessor;

    /// <summary>A detector with first weights.</summary>
    /// <param name="shape">Its sizes.</param>
    /// <param name="classes">Its classes; there is none for the background.</param>
    /// <param name="norms">The normalizations.</param>
    /// <param name="device">Its device.</param>
    /// <param name="scoreThreshold">A detection's score is above this.</param>
    /// <param name="most">So many detections of an image at most: COCO's figures count 100.</param>
    public RetinaNetDetector(
        DetectorShape shape, int classes, DetectorNorms norms, Device device, double scoreThreshold = 0.05, int most = 100)
        : this(shape, new RetinaNet(
            classes: classes, width: shape.Width, depths: [.. shape.Depths], bottlenecks: shape.HasBottlenecks, channels: shape.Channels,
            convolutions: shape.ScoreConvolutions, head_norms: norms.Heads is not null, policy: norms.Backbone,
            head_policy: norms.Heads ?? NormPolicy.None(), device: device), scoreThreshold, most)
    {
    }

    private RetinaNetDetector(DetectorShape shape, RetinaNet network, double scoreThreshold, int most) : base(network)
    {
        (this.network, anchors) = (network, shape.RetinaNetAnchors);
        postprocessor = new(scoreThreshold, mostOfImage: most);
        FirstWeights.OfRetinaNet(network);
    }

    /// <inheritdoc/>
    public override Tensor Loss(Tensor images, IReadOnlyList<ImageSize> sizes, IReadOnlyList<DetectionTarget> targets)
    {
        var (logits, codes, ofLevels) = Maps(images);
        return loss.Compute(cat(logits, 1), cat(codes, 1), cat([.. ofLevels], 0), targets).Sum;
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Detections> Detect(Tensor images, IReadOnlyList<ImageSize> sizes)
    {
        using var scope = NewDisposeScope();
        var (logits, codes, ofLevels) = Maps(images);
        var found = postprocessor.Apply(logits, codes, ofLevels, sizes);
        foreach (var ofImage in found)
            ofImage.MoveToOuterDisposeScope();
        return found;
    }

    /// <summary>Logits and codes of each level, and its anchors.</summary>
    private (Tensor[] Logits, Tensor[] Codes, IReadOnlyList<Tensor> Anchors) Maps(Tensor images)
    {
        var output = network.call(images);
        Tensor[] logits = [output.logits3, output.logits4, output.logits5, output.logits6, output.logits7];
        Tensor[] codes = [output.codes3, output.codes4, output.codes5, output.codes6, output.codes7];
        var ofLevels = anchors.Generate(new((int)images.size(2), (int)images.size(3)), logits);
        var places = anchors.AnchorsPerPlace;
        return ([.. logits.Zip(places, (map, count) => OfAnchors(map, count))],
            [.. codes.Zip(places, (map, count) => OfAnchors(map, count))], ofLevels);
    }
}
