using System;
using Xunit;
using static TorchSharp.torch;

namespace KnDsl.Vision.Tests;

public sealed class DetectionTargetTests : TorchTest
{
    private const string Rule = "but a box is x1, y1, x2, y2 in pixels, finite, with x1 < x2 and y1 < y2.";

    /// <summary>A loss of them would be infinite or NaN.</summary>
    [Theory]
    [InlineData(new float[] { 30, 30, 30, 30 }, $"(30, 30, 30, 30), {Rule} An object without area is to be left out.")]
    [InlineData(new[] { 30.25f, 30, 60, 30 }, $"(30.25, 30, 60, 30), {Rule} An object without area is to be left out.")]
    [InlineData(new float[] { 60, 10, 30, 40 }, $"(60, 10, 30, 40), {Rule} Boxes.Convert makes it of a box in another format.")]
    [InlineData(new float[] { 10, 60, 40, 30 }, $"(10, 60, 40, 30), {Rule} Boxes.Convert makes it of a box in another format.")]
    [InlineData(new[] { 0, 0, float.NaN, 8 }, $"(0, 0, NaN, 8), {Rule}")]
    [InlineData(new[] { 0, 0, 8, float.PositiveInfinity }, $"(0, 0, 8, Infinity), {Rule}")]
    public void A_box_without_area_is_refused_with_its_place_and_its_numbers(float[] box, string message)
    {
        var labels = zeros(2, ScalarType.Int64);
        foreach (var type in new[] { ScalarType.Float32, ScalarType.Float64, ScalarType.BFloat16 })
        {
            var boxes = stack([tensor(new float[] { 1, 1, 9, 9 }), tensor(box)], 0).to(type);
            Refused($"Boxes[1] is {message}", () => new DetectionTarget(boxes, labels));
            // Rows that do not lie one after the other.
            Refused($"Boxes[1] is {message}", () => new DetectionTarget(boxes.t().contiguous().t(), labels));
            var good = new DetectionTarget(boxes[..1], labels[..1]);
            Refused($"Boxes[0] is {message}", () => good with { Boxes = boxes[1..] });
        }
    }

    [Fact]
    public void Parts_that_do_not_fit_are_refused()
    {
        var (boxes, labels) = (tensor(new float[] { 1, 1, 9, 9, 2, 2, 5, 5 }, [2, 4]), zeros(2, ScalarType.Int64));
        Refused("Boxes has the shape [4], but boxes are [N, 4]", () => new DetectionTarget(zeros(4), labels));
        Refused("Boxes has the type Int64, but it is of a floating-point type", () => new DetectionTarget(boxes.@long(), labels));
        Refused("Labels has the shape [2, 1], but it is [M]", () => new DetectionTarget(boxes, labels.unsqueeze(1)));
        Refused("Labels has the type Int32, but it is of Int64", () => new DetectionTarget(boxes, labels.@int()));
        Refused("Labels has the shape [1], but there is one value for each of the 2 boxes", () => new DetectionTarget(boxes, labels[..1]));
        Refused("Labels[1] is -1, but labels are classes, at least 0", () => new DetectionTarget(boxes, tensor(new long[] { 3, -1 })));
        Refused("Masks has the shape [1, 8, 8], but there is one", () => new DetectionTarget(boxes, labels, zeros(1, 8, 8)));
        Refused("Masks has the shape [2, 64], but there is one", () => new DetectionTarget(boxes, labels, zeros(2, 64)));
    }

    [Fact]
    public void An_image_may_have_no_object()
    {
        Assert.Equal(0, new DetectionTarget(zeros(0, 4), zeros(0, ScalarType.Int64), zeros(0, 8, 8)).Count);
    }

    /// <summary>There a check would wait.</summary>
    [Fact]
    public void Values_on_another_device_are_not_read()
    {
        var meta = device("meta");
        Assert.Equal(2, new DetectionTarget(zeros([2, 4], device: meta), zeros([2], ScalarType.Int64, meta)).Count);
    }

    private static void Refused(string message, Func<DetectionTarget> action) =>
        Assert.StartsWith(message, Assert.Throws<ArgumentException>(action).Message, StringComparison.Ordinal);
}
