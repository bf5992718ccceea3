using System;
using System.Collections.Generic;
using System.Linq;
using Xunit;
using static TorchSharp.torch;

namespace KnDsl.Vision.Tests;

public sealed class RoiAlignTests : ReferenceTest
{
    public static IEnumerable<object[]> Cases => Reference.Names("pooling", "roi");

    [Theory]
    [MemberData(nameof(Cases))]
    public void Output_and_gradient_are_torchvisions(string name)
    {
        var reference = Reference.Load("pooling", name);
        var input = reference.Tensor("input").requires_grad_();
        var output = RoiAlign.Apply(
            input, reference.Tensor("rois"), Size(reference), reference.Number("scale"), reference.Integer("ratio"),
            reference.Boolean("aligned"));
        Same(reference.Tensor("output"), output, name);
        Assert.True(output.is_contiguous());
        (output * reference.Tensor("weights")).sum().backward();
        Same(reference.Tensor("gradient"), input.grad!, name);
    }

    /// <summary>What runs on other devices runs here too.</summary>
    [Theory]
    [MemberData(nameof(Cases))]
    public void Tensor_operations_give_the_same(string name)
    {
        var reference = Reference.Load("pooling", name);
        var settings = new RoiAlignSettings(
            Size(reference), reference.Number("scale"), reference.Integer("ratio"), reference.Boolean("aligned"));
        var input = reference.Tensor("input").requires_grad_();
        var output = RoiAlign.ByImage(input, reference.Tensor("rois"), settings);
        Same(reference.Tensor("output"), output, name);
        (output * reference.Tensor("weights")).sum().backward();
        Same(reference.Tensor("gradient"), input.grad!, name);
    }

    [Fact]
    public void Lists_of_boxes_are_regions_of_their_maps()
    {
        var reference = Reference.Load("pooling", "roi ratio 2 aligned");
        var (input, rois) = (reference.Tensor("input"), reference.Tensor("rois"));
        var lists = new[] { 0, 1 }.Select(map => rois[rois.select(1, 0).eq(map)].narrow(1, 1, 4)).ToArray();
        var order = new[] { 0, 1 }.SelectMany(map => rois.select(1, 0).eq(map).nonzero().flatten().data<long>()).ToArray();
        Same(
            reference.Tensor("output").index_select(0, tensor(order)),
            RoiAlign.Apply(input, lists, Size(reference), reference.Number("scale"), 2, aligned: true), "lists");
        Assert.Equal([0, 3, 2, 3], RoiAlign.Apply(input, [zeros(0, 4), zeros(0, 4)], new(2, 3)).shape);
    }

    [Theory]
    [InlineData(0, false)]
    [InlineData(0, true)]
    [InlineData(2, false)]
    [InlineData(2, true)]
    public void Gradients_in_64_bits_equal_differences(int ratio, bool aligned)
    {
        var input = Random(2, 5, 4, 6).requires_grad_();
        var rois = tensor(new[] { 0, 0.3, 0.4, 4.7, 3.1, 1, -2, -1, 3.3, 5, 1, 2.2, 1.1, 2.6, 1.9, 0, 1, 1, 9, 8 }, [4, 5]);
        var weights = Random(4, 5, 3, 2);
        GradientsEqualDifferences(
            () => (RoiAlign.Apply(input, rois, new(3, 2), 0.9, ratio, aligned) * weights).sum(), 1e-7, input);
    }

    [Fact]
    public void Both_forms_agree_in_64_bits_on_many_threads()
    {
        var threads = get_num_threads();
        try
        {
            set_num_threads(3);
            var input = Random(3, 40, 20, 24).requires_grad_();
            var corners = rand(60, 2, ScalarType.Float64) * 24 - 3;
            var rois = cat([randint(0, 3, [60, 1]).to(ScalarType.Float64), corners, corners + rand(60, 2, ScalarType.Float64) * 25], 1);
            // Far larger than the map: of a million sampling points a side few lie in it.
            rois[7] = tensor(new[] { 1, -1e6, -2e6, 2e6, 1e6 });
            var weights = Random(60, 40, 7, 7);
            (RoiAlign.Apply(input, rois, new(7, 7), 0.8, 0, aligned: true) * weights).sum().backward();
            var gradient = input.grad!.clone();
            input.grad.zero_();
            var output = RoiAlign.ByImage(input, rois, new(new(7, 7), 0.8, 0, true));
            Same(output.detach(), RoiAlign.Apply(input.detach(), rois, new(7, 7), 0.8, 0, aligned: true), "output", 1e-12);
            (output * weights).sum().backward();
            Same(input.grad, gradient, "gradient", 1e-12);
        }
        finally
        {
            set_num_threads(threads);
        }
    }

    [Theory]
    [InlineData(1, 40)]
    [InlineData(2, 7)]
    [InlineData(3, 41)]
    [InlineData(4, 40)]
    [InlineData(5, 37)]
    [InlineData(8, 1)]
    [InlineData(16, 130)]
    public void Any_number_of_threads_shares_any_number_of_channels(int threads, int channels)
    {
        var before = get_num_threads();
        try
        {
            set_num_threads(threads);
            var input = rand(1, channels, 12, 12).requires_grad_();
            var corners = rand(40, 2) * 12 - 2;
            var rois = cat([zeros(40, 1), corners, corners + rand(40, 2) * 9], 1);
            var weights = rand(40, channels, 3, 3);
            (RoiAlign.Apply(input, rois, new(3, 3), 1, 2) * weights).sum().backward();
            var gradient = input.grad!.clone();
            input.grad.zero_();
            (RoiAlign.ByImage(input, rois, new(new(3, 3), 1, 2, false)) * weights).sum().backward();
            Same(input.grad, gradient, "gradient");
        }
        finally
        {
            set_num_threads(before);
        }
    }

    /// <summary>Where torchvision breaks off with an error of its memory.</summary>
    [Fact]
    public void A_region_of_negative_sides_has_no_sampling_points()
    {
        var input = rand(1, 2, 5, 5);
        var rois = tensor(new float[] { 0, 4, 4, 1, 1, 0, 4, 1, 1, 4 }, [2, 5]);
        Equal(zeros(2, 2, 3, 3), RoiAlign.Apply(input, rois, new(3, 3), aligned: true), "on a CPU");
        Equal(zeros(2, 2, 3, 3), RoiAlign.ByImage(input, rois, new(new(3, 3), 1, 0, true)), "in tensor operations");
    }

    [Fact]
    public void Any_layout_and_16_bits_are_taken()
    {
        var reference = Reference.Load("pooling", "roi of many channels");
        var (input, rois) = (reference.Tensor("input"), reference.Tensor("rois"));
        var last = input.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2);
        Same(reference.Tensor("output"), RoiAlign.Apply(last, rois, new(2, 2), 0.25, 2), "channels last");
        var half = input.bfloat16().requires_grad_();
        var output = RoiAlign.Apply(half, rois, new(2, 2), 0.25, 2);
        Same(reference.Tensor("output").bfloat16(), output, "16 bits", 0.02);
        output.sum().backward();
        Assert.Equal(ScalarType.BFloat16, half.grad!.dtype);
    }

    [Fact]
    public void Nothing_is_recorded_without_need_and_no_tensor_is_left()
    {
        var (input, rois) = (rand(1, 8, 9, 9), tensor(new float[] { 0, 1, 1, 5, 5 }, [1, 5]));
        Assert.False(RoiAlign.Apply(input, rois, new(2, 2)).requires_grad);
        input.requires_grad_();
        using (no_grad())
            Assert.False(RoiAlign.Apply(input, rois, new(2, 2)).requires_grad);
        Step();
        var before = LiveTensors.Count();
        Step();
        Assert.Equal(before, LiveTensors.Count());

        void Step()
        {
            using var scope = NewDisposeScope();
            RoiAlign.Apply(input, rois, new(2, 2)).sum().backward();
        }
    }

    [Fact]
    public void Wrong_arguments_are_refused()
    {
        var (input, rois) = (zeros(2, 3, 4, 4), zeros(1, 5));
        Refused("rois has the shape [1, 4]", () => RoiAlign.Apply(input, zeros(1, 4), new(2, 2)));
        Refused("input has the shape [3, 4, 4]", () => RoiAlign.Apply(zeros(3, 4, 4), rois, new(2, 2)));
        Refused("input has the type Int64", () => RoiAlign.Apply(input.@long(), rois, new(2, 2)));
        Refused("input has the shape [1, 3, 0, 4]", () => RoiAlign.Apply(zeros(1, 3, 0, 4), rois, new(2, 2)));
        Refused("boxes has 1 entries, but the input has 2", () => RoiAlign.Apply(input, [zeros(1, 4)], new(2, 2)));
        Refused("boxes has the shape [1, 5]", () => RoiAlign.Apply(input, [zeros(1, 4), rois], new(2, 2)));
        Refused("boxes[0] lies in map 2, but the maps are 0 to 1", () => RoiAlign.Apply(input, full([1, 5], 2f), new(2, 2)));
        Refused("lies in map -1", () => RoiAlign.Apply(input, full([1, 5], -1f), new(2, 2)));
        Refused(
            "boxes[1] is not finite: it is (0, NaN, 0, 0)",
            () => RoiAlign.Apply(input, tensor(new[] { 0, 0, 0, 0, 0, 0, 0, float.NaN, 0, 0 }, [2, 5]), new(2, 2)));
        Assert.Throws<ArgumentOutOfRangeException>(() => RoiAlign.Apply(input, rois, new(0, 2)));
        Assert.Throws<ArgumentOutOfRangeException>(() => RoiAlign.Apply(input, rois, new(2, 2), spatialScale: 0));

        static void Refused(string message, Action action) =>
            Assert.Contains(message, Assert.Throws<ArgumentException>(action).Message, StringComparison.Ordinal);
    }

    private static ImageSize Size(Reference reference) => new(reference.Integer("height"), reference.Integer("width"));
}
