using System;
using System.Collections.Generic;
using System.Linq;
using Xunit;
using static TorchSharp.torch;

namespace KnDsl.Vision.Tests;

public sealed class DetectionsTests : ReferenceTest
{
    [Theory]
    [MemberData(nameof(Reference.Names), "detections", "proposals", MemberType = typeof(Reference))]
    public void Proposals_that_remain_are_torchvisions(string name)
    {
        var reference = Reference.Load("detections", name);
        var filter = new ProposalFilter(
            reference.Integer("of level"), reference.Integer("of image"), reference.Number("threshold"), reference.Number("size"),
            reference.Number("least"));
        var found = filter.Apply(
            reference.Tensor("objectness").requires_grad_(), reference.Tensor("boxes").requires_grad_(),
            [.. reference.Numbers("levels").Select(number => (long)number)], Sizes(reference));
        Assert.Equal(2, found.Count);
        for (var image = 0; image < 2; image++)
        {
            Same(reference.Tensors("kept")[image], found[image].Boxes, "boxes");
            Same(reference.Tensors("scores")[image], found[image].Scores, "scores");
            Assert.False(found[image].Boxes.requires_grad);
        }
    }

    [Theory]
    [MemberData(nameof(Reference.Names), "detections", "retinanet", MemberType = typeof(Reference))]
    public void RetinaNets_detections_are_torchvisions(string name)
    {
        var reference = Reference.Load("detections", name);
        var postprocessor = new RetinaNetPostprocessor(
            reference.Number("least"), reference.Integer("of level"), reference.Number("threshold"), reference.Integer("of image"));
        SameDetections(reference, postprocessor.Apply(
            reference.Tensors("logits"), reference.Tensors("codes"), reference.Tensors("anchors"), Sizes(reference)));
    }

    [Theory]
    [MemberData(nameof(Reference.Names), "detections", "faster rcnn", MemberType = typeof(Reference))]
    public void Faster_Rcnns_detections_are_torchvisions(string name)
    {
        var reference = Reference.Load("detections", name);
        var postprocessor = new FasterRcnnPostprocessor(
            reference.Number("least"), reference.Number("threshold"), reference.Integer("of image"));
        SameDetections(reference, postprocessor.Apply(
            reference.Tensor("logits"), reference.Tensor("codes"), reference.Tensors("proposals"), Sizes(reference)));
    }

    [Fact]
    public void Masks_of_detections_in_the_image_as_it_was_are_torchvisions()
    {
        var reference = Reference.Load("detections", "masks");
        var (boxes, labels) = (reference.Tensor("boxes"), reference.Tensor("labels"));
        var masks = Masks.OfClasses(reference.Tensor("logits"), labels);
        Same(reference.Tensor("masks"), masks, "masks");

        using var found = new Detections(boxes, ones(4), labels, masks);
        var (from, to) = (reference.Numbers("from"), reference.Numbers("to"));
        using var resized = found.Resized(new((int)from[0], (int)from[1]), new((int)to[0], (int)to[1]));
        Same(reference.Tensor("resized"), resized.Boxes, "boxes");
        Same(reference.Tensor("pasted"), resized.Masks!, "masks");
        for (var i = 0; i < found.Count; i++)
        {
            using var one = found.Narrow(i, 1).Resized(new((int)from[0], (int)from[1]), new((int)to[0], (int)to[1]));
            Same(reference.Tensor("resized").narrow(0, i, 1), one.Boxes, "boxes");
            Same(reference.Tensor("pasted").narrow(0, i, 1), one.Masks!, "masks");
        }
    }

    [Fact]
    public void Shapes_that_do_not_fit_are_named()
    {
        Refused("boxes has the shape [1, 5, 4]", () => new ProposalFilter().Apply(zeros(1, 6), zeros(1, 5, 4), [6], [new(8, 8)]));
        Refused("the 2 levels have 7 anchors together", () => new ProposalFilter().Apply(zeros(1, 6), zeros(1, 6, 4), [6, 1], [new(8, 8)]));
        Refused("of 2 images with 6 anchors they are [2, 6, K]", () => new RetinaNetPostprocessor().Apply(
            [zeros(1, 6, 3)], [zeros(1, 6, 4)], [zeros(6, 4)], [new(8, 8), new(8, 8)]));
        Refused("logits of 1 levels, codes of 2", () => new RetinaNetPostprocessor().Apply(
            [zeros(1, 6, 3)], [zeros(1, 6, 4), zeros(1, 6, 4)], [zeros(6, 4)], [new(8, 8)]));
        Refused("of 5 proposals and 3 classes they are [5, 12]", () => new FasterRcnnPostprocessor().Apply(
            zeros(5, 3), zeros(5, 4), [zeros(5, 4)], [new(8, 8)]));
        Refused("of 5 proposals they are [5, K]", () => new FasterRcnnPostprocessor().Apply(
            zeros(6, 3), zeros(6, 12), [zeros(5, 4)], [new(8, 8)]));
    }

    private static void Refused(string message, Action act) =>
        Assert.Contains(message, Assert.Throws<ArgumentException>(act).Message, StringComparison.Ordinal);

    private static void SameDetections(Reference reference, IReadOnlyList<Detections> found)
    {
        Assert.Equal(2, found.Count);
        for (var image = 0; image < 2; image++)
        {
            Same(reference.Tensors("boxes")[image], found[image].Boxes, "boxes");
            Same(reference.Tensors("scores")[image], found[image].Scores, "scores");
            Equal(reference.Tensors("labels")[image], found[image].Labels, "labels");
        }
    }

    private static ImageSize[] Sizes(Reference reference) =>
        [.. reference.Lists("sizes").Select(size => new ImageSize((int)size[0], (int)size[1]))];
}
