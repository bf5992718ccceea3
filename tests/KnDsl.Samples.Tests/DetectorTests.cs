using System;
using System.IO;
using System.Linq;
using System.Text.Json;
using KnDsl.Published.Tests;
using KnDsl.Samples.Detection.Detectors;
using KnDsl.Samples.Detection.Settings;
using KnDsl.Vision;
using Xunit;
using static TorchSharp.torch;

namespace KnDsl.Samples.Tests;

/// <summary>The detectors are torchvision's: their names, and what they find with the same weights.</summary>
public sealed class DetectorTests
{
    private static readonly JsonElement Figures =
        JsonDocument.Parse(File.ReadAllText(Path.Combine(Repository.Cases, "detection", "reference.json"))).RootElement;

    [Theory]
    [InlineData("retinanet")]
    [InlineData("faster-rcnn")]
    [InlineData("mask-rcnn")]
    [InlineData("mask-rcnn with norms")]
    public void Names_and_detections_are_torchvisions(string name)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        var expected = Figures.GetProperty("cases").GetProperty(name);
        using var detector = Create(name, Figures.GetProperty("classes").GetInt32(), Figures.GetProperty("most").GetInt32());
        var state = detector.Network.state_dict().Select(entry => $"{entry.Key} [{string.Join(", ", entry.Value.shape)}]").ToArray();
        Assert.Equal(
            expected.GetProperty("state").EnumerateArray().Select(entry => entry.GetString()!).Order(StringComparer.Ordinal),
            state.Order(StringComparer.Ordinal));

        detector.Network.eval();
        Formula.Fill(detector.Network, expected.GetProperty("gain").GetDouble());
        var shape = Figures.GetProperty("size").EnumerateArray().Select(side => side.GetInt64()).ToArray();
        var image = Formula.Input("image", shape) / 2 + 0.5;
        var transform = new DetectionTransform(Figures.GetProperty("short").GetInt32(), Figures.GetProperty("long").GetInt32());
        using var batch = transform.Apply([image]);
        var found = detector.Detect(batch.Images, batch.Sizes)[0].Resized(batch.Sizes[0], new((int)shape[1], (int)shape[2]));
        Assert.Equal(Numbers("labels"), found.Labels.data<long>().ToArray().Select(label => (double)label));
        Close("boxes", found.Boxes, 1e-2);
        Close("scores", found.Scores, 1e-4);
        Assert.Equal(expected.TryGetProperty("mask sums", out _), found.Masks is not null);
        if (found.Masks is null)
            return;
        Close("mask sums", found.Masks.sum([1, 2, 3]), 1e-1);
        Close("mask maxima", found.Masks.amax([1, 2, 3]), 1e-4);

        double[] Numbers(string key) => [.. expected.GetProperty(key).EnumerateArray().Select(value => value.GetDouble())];

        void Close(string key, Tensor values, double tolerance)
        {
            var numbers = values.@double().flatten().data<double>().ToArray();
            Assert.Equal(Numbers(key).Length, numbers.Length);
            Assert.All(Numbers(key).Zip(numbers), pair => Assert.True(
                Math.Abs(pair.First - pair.Second) <= tolerance, $"{key}: expected {pair.First}, found {pair.Second}"));
        }
    }

    /// <summary>Norms in heads take no empty batch; neither do those of several processes let one go on without its part.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_batch_without_an_object_has_a_loss_under_norms_in_the_heads(bool hasProposals)
    {
        using var scope = NewDisposeScope();
        using var detector = new FasterRcnnDetector(
            DetectorShape.Of(BackboneKind.Small), 3, hasMasks: true, new(NormPolicy.Kalman(), NormPolicy.Batch()), CPU);
        // Boxes that are next to nothing, which are no proposals.
        if (!hasProposals)
            nn.init.constant_(detector.Network.get_parameter("rpn.head.bbox_pred.bias")!, -30);
        DetectionTarget[] none =
            [.. Enumerable.Range(0, 2).Select(_ => new DetectionTarget(zeros(0, 4), zeros([0], int64), zeros(0, 64, 64)))];
        var loss = detector.Loss(randn(2, 3, 64, 64), [new(64, 64), new(64, 64)], none);
        loss.backward();
        Assert.True(float.IsFinite(loss.item<float>()));
        foreach (var name in new[] { "roi_heads.mask_predictor.mask_fcn_logits.weight", "roi_heads.box_predictor.cls_score.weight" })
        {
            var gradient = detector.Network.get_parameter(name)!.grad!;
            Assert.Equal(hasProposals && name.Contains("box", StringComparison.Ordinal), gradient.ne(0).any().item<bool>());
        }
    }

    private static Detector Create(string name, int classes, int most)
    {
        var norms = new DetectorNorms(NormPolicy.Batch(), name.EndsWith("norms", StringComparison.Ordinal) ? NormPolicy.Batch() : null);
        var shape = DetectorShape.Of(BackboneKind.ResNet50);
        return name == "retinanet" ? new RetinaNetDetector(shape, classes, norms, CPU, 0.5, most)
            : new FasterRcnnDetector(shape, classes, name.StartsWith("mask", StringComparison.Ordinal), norms, CPU, 0.5, most);
    }
}
