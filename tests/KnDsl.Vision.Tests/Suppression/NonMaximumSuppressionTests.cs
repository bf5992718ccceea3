using System;
using System.Collections.Generic;
using System.Linq;
using Xunit;
using static TorchSharp.torch;

namespace KnDsl.Vision.Tests;

public sealed class NonMaximumSuppressionTests : ReferenceTest
{
    [Theory]
    [MemberData(nameof(Reference.Names), "nms", "", MemberType = typeof(Reference))]
    public void What_is_kept_is_torchvisions(string name)
    {
        var reference = Reference.Load("nms", name);
        var (boxes, scores, threshold) = (reference.Tensor("boxes"), reference.Tensor("scores"), reference.Number("threshold"));
        Equal(
            reference.Tensor("kept"),
            reference.Has("classes") ? NonMaximumSuppression.KeepByClass(boxes, scores, reference.Tensor("classes"), threshold)
                : NonMaximumSuppression.Keep(boxes, scores, threshold),
            name);
    }

    /// <summary>By the definition, with the library's own intersection over union; more boxes than fit in the first rows.</summary>
    [Theory]
    [InlineData(0.3, 1)]
    [InlineData(0.7, 1)]
    [InlineData(0.5, 20)]
    public void Many_boxes_are_as_the_definition_says(double threshold, int classes)
    {
        var middles = rand(600, 2) * 200;
        var halves = rand(600, 2) * 20 + 1;
        var boxes = cat([middles - halves, middles + halves], 1);
        var (scores, ofClass) = (rand(600), randint(0, classes, 600, ScalarType.Int64));
        var overlaps = Boxes.IoU(boxes, boxes).data<float>().ToArray();
        var (score, number) = (scores.data<float>().ToArray(), ofClass.data<long>().ToArray());
        var expected = new List<long>();
        foreach (var place in Enumerable.Range(0, 600).OrderByDescending(place => score[place]))
        {
            if (expected.All(other => number[other] != number[place] || overlaps[other * 600 + place] <= threshold))
                expected.Add(place);
        }
        Equal(tensor(expected.ToArray()), NonMaximumSuppression.KeepByClass(boxes, scores, ofClass, threshold), "kept");
    }

    [Fact]
    public void Values_of_16_bits_and_views_are_taken()
    {
        var reference = Reference.Load("nms", "threshold 0.5");
        var (boxes, scores) = (reference.Tensor("boxes"), reference.Tensor("scores"));
        var expected = NonMaximumSuppression.Keep(boxes.bfloat16().@float(), scores.bfloat16().@float(), 0.5);
        Equal(expected, NonMaximumSuppression.Keep(boxes.bfloat16(), scores.bfloat16(), 0.5), "16 bits");
        var columns = boxes.t().contiguous().t();
        Equal(reference.Tensor("kept"), NonMaximumSuppression.Keep(columns.requires_grad_(), scores.requires_grad_(), 0.5), "a view");
    }

    [Fact]
    public void Wrong_arguments_are_refused()
    {
        var (boxes, scores, classes) = (zeros(3, 4), zeros(3), zeros(3, ScalarType.Int64));
        var error = Assert.Throws<ArgumentException>(() => NonMaximumSuppression.Keep(boxes, zeros(2), 0.5));
        Assert.StartsWith("scores has the shape [2], but there is one value for each of the 3 boxes: [3].", error.Message);
        Assert.Throws<ArgumentException>(() => NonMaximumSuppression.Keep(zeros(3, 5), scores, 0.5));
        Assert.Throws<ArgumentException>(() => NonMaximumSuppression.Keep(zeros(4), scores, 0.5));
        Assert.Throws<ArgumentException>(() => NonMaximumSuppression.Keep(boxes, zeros(3, 1), 0.5));
        Assert.Throws<ArgumentException>(() => NonMaximumSuppression.Keep(boxes.@long(), scores, 0.5));
        Assert.Throws<ArgumentException>(() => NonMaximumSuppression.Keep(boxes, classes, 0.5));
        Assert.Throws<ArgumentException>(() => NonMaximumSuppression.KeepByClass(boxes, scores, zeros(4, ScalarType.Int64), 0.5));
        Assert.Throws<ArgumentException>(() => NonMaximumSuppression.KeepByClass(boxes, scores, scores, 0.5));
        Assert.Throws<ArgumentOutOfRangeException>(() => NonMaximumSuppression.Keep(boxes, scores, -0.1));
        Assert.Throws<ArgumentOutOfRangeException>(() => NonMaximumSuppression.Keep(boxes, scores, double.NaN));
    }

    [Fact]
    public void No_tensor_is_left()
    {
        var (boxes, scores) = (rand(50, 4), rand(50));
        var before = LiveTensors.Count();
        NonMaximumSuppression.Keep(boxes, scores, 0.5).Dispose();
        Assert.Equal(before, LiveTensors.Count());
    }
}
