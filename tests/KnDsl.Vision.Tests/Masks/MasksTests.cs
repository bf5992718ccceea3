using System;
using Xunit;
using static TorchSharp.torch;

namespace KnDsl.Vision.Tests;

public sealed class MasksTests : ReferenceTest
{
    [Theory]
    [MemberData(nameof(Reference.Names), "masks", "paste", MemberType = typeof(Reference))]
    public void Pasted_masks_are_torchvisions(string name)
    {
        var reference = Reference.Load("masks", name);
        var size = new ImageSize(reference.Integer("height"), reference.Integer("width"));
        var (masks, boxes) = (reference.Tensor("masks"), reference.Tensor("boxes"));
        var pasted = Masks.Paste(masks, boxes, size, reference.Integer("padding"));
        Same(reference.Tensor("pasted"), pasted, name);
    }

    [Fact]
    public void A_box_outside_gives_zeros_and_no_box_an_empty_result()
    {
        var outside = tensor(new float[] { 30, 2, 40, 9, -20, -20, -10, -10, 2, 50, 5, 60 }, [3, 4]);
        Equal(zeros(3, 1, 10, 12), Masks.Paste(ones(3, 1, 4, 4), outside, new(10, 12)), "outside");
        Assert.Equal([0, 1, 10, 12], Masks.Paste(zeros(0, 1, 4, 4), zeros(0, 4), new(10, 12)).shape);
    }

    [Fact]
    public void A_label_that_is_none_of_the_classes_is_refused()
    {
        Refused("labels[1] is 3, but labels of 3 classes are 0 to 2.", tensor(new long[] { 2, 3 }));
        Refused("labels[0] is -1, but labels of 3 classes are 0 to 2.", tensor(new long[] { -1, 0 }));
        Refused("labels has the type Int32, but it is of Int64.", zeros(2, ScalarType.Int32));

        static void Refused(string message, Tensor labels) => Assert.StartsWith(
            message, Assert.Throws<ArgumentException>(() => Masks.OfClasses(zeros(2, 3, 4, 4), labels)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Wrong_arguments_are_refused()
    {
        var (masks, boxes) = (zeros(2, 1, 4, 4), zeros(2, 4));
        Assert.Throws<ArgumentException>(() => Masks.Paste(zeros(3, 1, 4, 4), boxes, new(8, 8)));
        Assert.Throws<ArgumentException>(() => Masks.Paste(zeros(2, 4, 4), boxes, new(8, 8)));
        Assert.Throws<ArgumentException>(() => Masks.Paste(zeros(2, 1, 4, 5), boxes, new(8, 8)));
        Assert.Throws<ArgumentException>(() => Masks.Paste(masks.@byte(), boxes, new(8, 8)));
        Assert.Throws<ArgumentException>(() => Masks.Paste(masks, zeros(2, 5), new(8, 8)));
        Assert.Throws<ArgumentOutOfRangeException>(() => Masks.Paste(masks, boxes, new(8, 8), padding: -1));
        var error = Assert.Throws<ArgumentException>(() => Masks.Paste(masks, full([2, 4], float.NaN), new(8, 8)));
        Assert.StartsWith("boxes[0] is not finite.", error.Message);
    }
}
