using System;
using System.Linq;
using Xunit;
using static TorchSharp.torch;

namespace KnDsl.Vision.Tests;

public sealed class DetectorLossesTests : ReferenceTest
{
    [Theory]
    [InlineData("retinanet l1", false)]
    [InlineData("retinanet giou", true)]
    public void RetinaNets_losses_are_torchvisions(string name, bool generalizedIoU)
    {
        var reference = Reference.Load("losses", name);
        var (logits, codes) = (reference.Tensor("logits").requires_grad_(), reference.Tensor("codes").requires_grad_());
        var losses = new RetinaNetLoss(generalizedIoU: generalizedIoU).Compute(
            logits, codes, reference.Tensor("anchors"), Targets(reference));
        SameLosses(reference, losses, "logits", logits, codes);
    }

    [Fact]
    public void The_losses_of_region_proposals_are_torchvisions()
    {
        var reference = Reference.Load("losses", "proposals");
        var (objectness, codes) = (reference.Tensor("objectness").requires_grad_(), reference.Tensor("codes").requires_grad_());
        var loss = new RegionProposalLoss(new Matcher(0.5, 0.3, true), new BalancedSampler(4 * objectness.size(1), 0.5));
        var losses = loss.Compute(objectness, codes, reference.Tensor("anchors"), Targets(reference));
        SameLosses(reference, losses, "objectness", objectness, codes);
    }

    [Fact]
    public void What_is_not_drawn_does_not_count()
    {
        var reference = Reference.Load("losses", "proposals");
        var objectness = reference.Tensor("objectness").requires_grad_();
        using var generator = new Generator(5);
        new RegionProposalLoss(sampler: new BalancedSampler(6, 0.5)).Compute(
            objectness, reference.Tensor("codes"), reference.Tensor("anchors"), Targets(reference), generator)
            .Classification.backward();
        Assert.Equal([6L, 6L], objectness.grad!.ne(0).sum(1).data<long>());
    }

    [Fact]
    public void The_losses_of_Faster_Rcnn_are_torchvisions()
    {
        var reference = Reference.Load("losses", "faster rcnn");
        var (logits, codes) = (reference.Tensor("logits").requires_grad_(), reference.Tensor("codes").requires_grad_());
        var targets = reference.Tensor("targets");
        // Codes of the background may be anything.
        targets[0].fill_(float.NaN);
        var losses = FasterRcnnLoss.Compute(logits, codes, reference.Tensor("labels"), targets);
        SameLosses(reference, losses, "logits", logits, codes);
    }

    [Fact]
    public void The_loss_of_Mask_Rcnn_is_torchvisions()
    {
        var reference = Reference.Load("losses", "mask rcnn");
        var logits = reference.Tensor("logits").requires_grad_();
        var masks = reference.Tensor("masks");
        var targets = Targets(reference).Select(
            (target, image) => target with { Masks = image == 0 ? masks : zeros(0, 40, 48) }).ToArray();
        var loss = MaskRcnnLoss.Compute(logits, reference.Tensors("proposals"), reference.Tensors("matches"), targets);
        Same(reference.Tensor("loss"), loss, "loss");
        loss.backward();
        Same(reference.Tensor("gradient"), logits.grad!, "gradient");
    }

    /// <summary>What cuts masks out on other devices runs here too.</summary>
    [Fact]
    public void Masks_in_tensor_operations_are_those_of_roi_align()
    {
        var reference = Reference.Load("losses", "mask rcnn");
        var (masks, boxes) = (reference.Tensor("masks").@float(), reference.Tensors("proposals")[0]);
        var matches = reference.Tensors("matches")[0];
        var expected = RoiAlign.Apply(masks.unsqueeze(1), cat([matches.unsqueeze(1).@float(), boxes], 1), new(6, 6)).squeeze(1);
        Same(expected, RoiAlignOperations.OfOneChannel(masks, matches, boxes, new(new(6, 6), 1, 0, false)), "masks");
    }

    [Fact]
    public void Proposals_are_drawn_as_torchvision_draws_them()
    {
        var reference = Reference.Load("losses", "drawn");
        var target = new DetectionTarget(reference.Tensor("boxes"), reference.Tensor("labels"));
        var drawn = new ProposalSampler().Sample(reference.Tensor("near").requires_grad_(), target);
        Equal(reference.Tensor("proposals"), drawn.Proposals, "proposals");
        Equal(reference.Tensor("of proposals"), drawn.Labels, "labels");
        Equal(reference.Tensor("matches"), drawn.Matches, "matches");
        var objects = drawn.Labels.gt(0);
        Same(reference.Tensor("codes")[objects], drawn.Codes[objects], "codes");
        Equal(zeros(drawn.Codes[objects.logical_not()].shape), drawn.Codes[objects.logical_not()], "codes of the background");
        Assert.False(drawn.Proposals.requires_grad);
    }

    [Fact]
    public void Without_objects_proposals_are_background()
    {
        var drawn = new ProposalSampler().Sample(rand(5, 4), new(zeros(0, 4), zeros(0, ScalarType.Int64)));
        Assert.Equal([5, 4], drawn.Proposals.shape);
        Assert.Equal(0, drawn.Labels.sum().item<long>() + drawn.Matches.sum().item<long>());
    }

    /// <summary>An anchor without an area, an image without an object, and a batch without a proposal leave no NaN.</summary>
    [Fact]
    public void Losses_stay_finite()
    {
        var anchors = tensor(new float[] { 0, 0, 8, 8, 4, 4, 4, 4, 30, 30, 38, 38 }, [3, 4]);
        var targets = new[] { new DetectionTarget(anchors[..1], zeros(1, ScalarType.Int64)), new(zeros(0, 4), zeros(0, ScalarType.Int64)) };
        var (logits, codes) = (zeros(2, 3, 2).requires_grad_(), zeros(2, 3, 4).requires_grad_());
        var objectness = zeros(2, 3).requires_grad_();
        var retina = new RetinaNetLoss().Compute(logits, codes, anchors, targets);
        var proposals = new RegionProposalLoss().Compute(objectness, codes, anchors, targets);
        (retina.Sum + proposals.Sum).backward();
        Assert.All([logits, codes, objectness], tensor => Assert.True(tensor.grad!.isfinite().all().item<bool>()));

        var none = FasterRcnnLoss.Compute(zeros(0, 3), zeros(0, 12), zeros(0, ScalarType.Int64), zeros(0, 4));
        Assert.Equal(0, none.Sum.item<float>());
        Assert.Equal(0, MaskRcnnLoss.Compute(zeros(0, 3, 4, 4), [zeros(0, 4)], [zeros(0, ScalarType.Int64)], [targets[1]]).item<float>());
    }

    [Fact]
    public void No_tensor_is_left()
    {
        var reference = Reference.Load("losses", "retinanet l1");
        var (logits, codes) = (reference.Tensor("logits").requires_grad_(), reference.Tensor("codes").requires_grad_());
        var (anchors, targets) = (reference.Tensor("anchors"), Targets(reference));
        var loss = new RetinaNetLoss();
        Step();
        var before = LiveTensors.Count();
        Step();
        Assert.Equal(before, LiveTensors.Count());

        void Step()
        {
            var losses = loss.Compute(logits, codes, anchors, targets);
            losses.Classification.backward();
            losses.Boxes.backward();
            losses.Classification.Dispose();
            losses.Boxes.Dispose();
        }
    }

    [Fact]
    public void Wrong_arguments_are_refused()
    {
        var (anchors, target) = (zeros(3, 4), new DetectionTarget(Box(1, 1, 2, 2), zeros(1, ScalarType.Int64)));
        Refused("logits has the shape [1, 2, 5], but of 1 images with 3 anchors they are [1, 3, K]",
            () => new RetinaNetLoss().Compute(zeros(1, 2, 5), zeros(1, 3, 4), anchors, [target]));
        Refused("codes has the shape [1, 3, 5]", () => new RetinaNetLoss().Compute(zeros(1, 3, 5), zeros(1, 3, 5), anchors, [target]));
        Refused("There is no image", () => new RetinaNetLoss().Compute(zeros(0, 3, 5), zeros(0, 3, 4), anchors, []));
        Refused("Labels has the type Float32, but it is of Int64", () => new RetinaNetLoss().Compute(
            zeros(1, 3, 5), zeros(1, 3, 4), anchors, [target with { Labels = zeros(1) }]));
        Refused("Labels has the shape [2]", () => new RetinaNetLoss().Compute(
            zeros(1, 3, 5), zeros(1, 3, 4), anchors, [target with { Labels = zeros(2, ScalarType.Int64) }]));
        Refused("objectness has the shape [1, 4]", () => new RegionProposalLoss().Compute(zeros(1, 4), zeros(1, 3, 4), anchors, [target]));
        Refused(
            "codes has the shape [2, 4]",
            () => FasterRcnnLoss.Compute(zeros(2, 3), zeros(2, 4), zeros(2, ScalarType.Int64), zeros(2, 4)));
        Refused("An image with proposals has no masks", () => MaskRcnnLoss.Compute(
            zeros(1, 2, 3, 3), [zeros(1, 4)], [zeros(1, ScalarType.Int64)], [target with { Labels = ones(1, ScalarType.Int64) }]));
        Refused("proposals has 2 entries, but targets has 1", () => MaskRcnnLoss.Compute(
            zeros(1, 2, 3, 3), [zeros(1, 4), zeros(0, 4)], [zeros(1, ScalarType.Int64)], [target]));
        Refused("labels has the type Int32", () => FasterRcnnLoss.Compute(
            zeros(2, 3), zeros(2, 12), zeros(2, ScalarType.Int32), zeros(2, 4)));
        Refused("matches has the type Int32", () => MaskRcnnLoss.Compute(
            zeros(1, 2, 3, 3), [zeros(1, 4)], [zeros(1, ScalarType.Int32)], [target]));
        // Boxes would lose their fractions, and may be their area.
        Refused("anchors has the type Int64", () => new RetinaNetLoss().Compute(zeros(1, 3, 5), zeros(1, 3, 4), anchors.@long(), [target]));
        Refused("proposals has the type Int64", () => new ProposalSampler().Sample(anchors.@long(), target));
        Refused("objectness has the type Int64", () => new RegionProposalLoss().Compute(
            zeros(1, 3).@long(), zeros(1, 3, 4), anchors, [target]));
    }

    [Fact]
    public void A_label_that_is_none_of_the_classes_is_refused()
    {
        var anchors = Box(0, 0, 8, 8);
        Refused("targets[1].Labels[1] is 3, but RetinaNet's labels of 3 classes are 0 to 2.", () => new RetinaNetLoss().Compute(
            zeros(2, 1, 3), zeros(2, 1, 4), anchors, [Target(2), Target(0, 3)]));
        Refused("labels[1] is 3, but labels of 3 classes are 0 to 2, of which 0 is the background.", () => Heads(0, 3));
        Refused("labels[0] is -100, but labels of 3 classes are 0 to 2, of which 0 is the background.", () => Heads(-100, 0));
        Refused("target.Labels[0] is 0, but labels of Faster R-CNN begin at 1", () => new ProposalSampler().Sample(anchors, Target(0)));
        Refused("targets[0].Labels[0] is 3, but labels of 3 classes are 1 to 2, since 0 is the background.", () => OfMasks(3, 0));
        Refused("targets[0].Labels[0] is 0, but labels of 3 classes are 1 to 2, since 0 is the background.", () => OfMasks(0, 0));
        Refused("matches[0][0] is 1, but it is the number of one of the 1 objects, from 0.", () => OfMasks(1, 1));

        static DetectionTarget Target(params long[] labels) => new(
            Box(1, 1, 5, 5).expand(labels.Length, 4), tensor(labels), zeros(labels.Length, 8, 8));

        static void Heads(params long[] labels) => FasterRcnnLoss.Compute(zeros(2, 3), zeros(2, 12), tensor(labels), zeros(2, 4));

        static void OfMasks(long label, long match) => MaskRcnnLoss.Compute(
            zeros(1, 3, 4, 4), [Box(1, 1, 5, 5)], [tensor(new[] { match })], [Target(label)]);
    }

    private static void Refused(string message, Action action) =>
        Assert.Contains(message, Assert.Throws<ArgumentException>(action).Message, StringComparison.Ordinal);

    private static Tensor Box(params float[] box) => tensor(box, [1, 4]);

    private static DetectionTarget[] Targets(Reference reference) =>
        [.. reference.Tensors("boxes").Zip(reference.Tensors("labels"), (boxes, labels) => new DetectionTarget(boxes, labels))];

    /// <summary>The losses of a case, and their gradients of the scores and the codes.</summary>
    private static void SameLosses(Reference reference, DetectorLosses losses, string name, Tensor scores, Tensor codes)
    {
        Same(reference.Tensor("classification"), losses.Classification, "classification");
        Same(reference.Tensor("box"), losses.Boxes, "boxes");
        losses.Sum.backward();
        Same(reference.Tensor($"{name} gradient"), scores.grad!, $"gradient of the {name}");
        Same(reference.Tensor("codes gradient"), codes.grad!, "gradient of the codes");
    }
}
