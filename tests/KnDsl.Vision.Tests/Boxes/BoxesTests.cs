using System;
using Xunit;
using static TorchSharp.torch;

namespace KnDsl.Vision.Tests;

public sealed class BoxesTests : ReferenceTest
{
    [Theory]
    [InlineData("area")]
    [InlineData("area of whole numbers")]
    public void Area_is_torchvisions(string name)
    {
        var reference = Reference.Load("boxes", name);
        Same(reference.Tensor("area"), Boxes.Area(reference.Tensor("boxes")), name);
    }

    [Fact]
    public void Clip_is_torchvisions()
    {
        var reference = Reference.Load("boxes", "clip");
        var size = new ImageSize(reference.Integer("height"), reference.Integer("width"));
        Equal(reference.Tensor("clipped"), Boxes.Clip(reference.Tensor("boxes"), size), "clip");
        Equal(
            reference.Tensor("clipped").view(1, -1, 4), Boxes.Clip(reference.Tensor("boxes").view(1, -1, 4), size), "one dimension more");
    }

    [Fact]
    public void Small_boxes_are_torchvisions()
    {
        var reference = Reference.Load("boxes", "small");
        Equal(reference.Tensor("kept"), Boxes.RemoveSmall(reference.Tensor("boxes"), reference.Number("size")), "small");
    }

    [Theory]
    [MemberData(nameof(Reference.Names), "boxes", "iou", MemberType = typeof(Reference))]
    public void Intersection_over_union_is_torchvisions(string name)
    {
        var reference = Reference.Load("boxes", name);
        var (boxes, others) = (reference.Tensor("boxes"), reference.Tensor("others"));
        Same(reference.Tensor("iou"), Boxes.IoU(boxes, others), name);
        Same(reference.Tensor("generalized"), Boxes.GeneralizedIoU(boxes, others), name);
    }

    [Fact]
    public void Formats_are_torchvisions()
    {
        var reference = Reference.Load("boxes", "convert");
        var boxes = reference.Tensor("boxes");
        foreach (var from in Enum.GetValues<BoxFormat>())
        {
            foreach (var to in Enum.GetValues<BoxFormat>())
            {
                var name = $"{from} to {to}".ToLowerInvariant();
                Same(reference.Tensor(name), Boxes.Convert(boxes, from, to), name);
            }
        }
    }

    [Fact]
    public void A_conversion_gives_new_boxes()
    {
        var boxes = zeros(2, 4);
        Boxes.Convert(boxes, BoxFormat.Xyxy, BoxFormat.Xyxy).fill_(1);
        Assert.Equal(0, boxes.sum().item<float>());
    }

    [Fact]
    public void Resized_boxes_are_torchvisions()
    {
        var reference = Reference.Load("boxes", "resize");
        var (from, to) = (reference.Numbers("from"), reference.Numbers("to"));
        Same(
            reference.Tensor("resized"),
            Boxes.Resize(reference.Tensor("boxes"), new((int)from[0], (int)from[1]), new((int)to[0], (int)to[1])), "resize");
    }

    [Fact]
    public void Boxes_of_masks_are_torchvisions()
    {
        var reference = Reference.Load("boxes", "of masks");
        Equal(reference.Tensor("boxes"), Boxes.OfMasks(reference.Tensor("masks")), "of masks");
        Equal(zeros(1, 4), Boxes.OfMasks(zeros(1, 5, 6)), "a mask without a pixel");
        Equal(zeros(0, 4), Boxes.OfMasks(zeros(0, 5, 6)), "no mask");
    }

    [Fact]
    public void Wrong_shapes_are_named()
    {
        var error = Assert.Throws<ArgumentException>(() => Boxes.Area(zeros(3, 5)));
        Assert.Equal("boxes", error.ParamName);
        Assert.StartsWith("boxes has the shape [3, 5], but boxes are [N, 4]: x1, y1, x2, y2 in pixels.", error.Message);
        Assert.Throws<ArgumentException>(() => Boxes.IoU(zeros(3, 4), zeros(4)));
        Assert.Throws<ArgumentException>(() => Boxes.Clip(zeros(3, 2), new(4, 4)));
        Assert.Throws<ArgumentException>(() => Boxes.Convert(zeros(3), BoxFormat.Xywh, BoxFormat.Xyxy));
        Assert.Throws<ArgumentException>(() => Boxes.RemoveSmall(zeros(2, 2, 4), 1));
        Assert.Throws<ArgumentException>(() => Boxes.OfMasks(zeros(3, 4)));
    }
}
