using System;
using Xunit;
using static TorchSharp.torch;

namespace KnDsl.Vision.Tests;

public sealed class LossesTests : ReferenceTest
{
    [Theory]
    [MemberData(nameof(Reference.Names), "losses", "focal", MemberType = typeof(Reference))]
    public void The_focal_loss_is_torchvisions(string name)
    {
        var reference = Reference.Load("losses", name);
        var logits = reference.Tensor("logits").requires_grad_();
        var loss = Losses.SigmoidFocal(
            logits, reference.Tensor("targets"), reference.Number("alpha"), reference.Number("gamma"), ReductionOf(reference));
        SameWithGradient(reference, loss, logits);
    }

    [Theory]
    [MemberData(nameof(Reference.Names), "losses", "smooth", MemberType = typeof(Reference))]
    public void The_smooth_absolute_error_is_torchs(string name)
    {
        var reference = Reference.Load("losses", name);
        var predictions = reference.Tensor("predictions").requires_grad_();
        SameWithGradient(reference, Losses.SmoothL1(predictions, reference.Tensor("targets"), reference.Number("beta")), predictions);
    }

    [Theory]
    [MemberData(nameof(Reference.Names), "losses", "giou", MemberType = typeof(Reference))]
    public void The_loss_of_generalized_overlaps_is_torchvisions(string name)
    {
        var reference = Reference.Load("losses", name);
        var boxes = reference.Tensor("boxes").requires_grad_();
        SameWithGradient(reference, Losses.GeneralizedIoU(boxes, reference.Tensor("targets"), ReductionOf(reference)), boxes);
    }

    [Fact]
    public void Gradients_in_64_bits_equal_differences()
    {
        var logits = Random(3, 2).requires_grad_();
        var targets = tensor(new double[] { 0, 1, 1, 0, 0, 1 }, [3, 2]);
        GradientsEqualDifferences(() => Losses.SigmoidFocal(logits, targets, reduction: nn.Reduction.Sum), 1e-6, logits);
        var boxes = tensor(new[] { 0, 0, 3.1, 4.2, 1, 2, 7, 9.5, 20, 20, 22, 23 }, [3, 4]).requires_grad_();
        var others = tensor(new[] { 1, 1.5, 4, 5, 0.5, 1, 9, 8, 1, 1, 2, 3 }, [3, 4]);
        GradientsEqualDifferences(() => Losses.GeneralizedIoU(boxes, others, nn.Reduction.Sum), 1e-6, boxes);
    }

    [Fact]
    public void The_mean_of_no_prediction_is_zero_with_a_gradient_of_zero()
    {
        Check(values => Losses.GeneralizedIoU(values, zeros(0, 4), nn.Reduction.Mean));
        Check(values => Losses.SmoothL1(values, zeros(0, 4), reduction: nn.Reduction.Mean));
        Check(values => Losses.SmoothL1(values, zeros(0, 4), 0, nn.Reduction.Mean));
        Check(values => Losses.SigmoidFocal(values, zeros(0, 4), reduction: nn.Reduction.Mean));

        // A network's output of which nothing was chosen.
        static void Check(Func<Tensor, Tensor> loss)
        {
            var output = ones(3, 4).requires_grad_();
            var mean = loss((output * 2)[..0]);
            Assert.Equal(0, mean.item<float>());
            mean.backward();
            Assert.Equal(0, output.grad!.abs().sum().item<float>());
        }
    }

    [Fact]
    public void Wrong_arguments_are_refused()
    {
        var error = Assert.Throws<ArgumentException>(() => Losses.SigmoidFocal(zeros(2, 3), zeros(2, 1)));
        Assert.StartsWith("targets has the shape [2, 1], but predictions have the shape [2, 3].", error.Message);
        error = Assert.Throws<ArgumentException>(() => Losses.SigmoidFocal(zeros(2, 3), zeros([2, 3], ScalarType.Int64)));
        Assert.StartsWith("targets has the type Int64, but it is of a floating-point type: 1 for the class of an", error.Message);
        error = Assert.Throws<ArgumentException>(() => Losses.SigmoidFocal(zeros([2, 3], ScalarType.Int64), zeros(2, 3)));
        Assert.StartsWith("logits has the type Int64, but it is of a floating-point type.", error.Message);
        Assert.Throws<ArgumentException>(() => Losses.SmoothL1(zeros(2, 3), zeros(3)));
        Assert.Throws<ArgumentException>(() => Losses.GeneralizedIoU(zeros(2, 3), zeros(2, 3)));
        Assert.Throws<ArgumentOutOfRangeException>(() => Losses.SmoothL1(zeros(2), zeros(2), beta: -1));
    }

    private static nn.Reduction ReductionOf(Reference reference) => Enum.Parse<nn.Reduction>(reference.Text("reduction"), ignoreCase: true);

    private static void SameWithGradient(Reference reference, Tensor loss, Tensor input)
    {
        Same(reference.Tensor("loss"), loss, reference.Name);
        loss.sum().backward();
        Same(reference.Tensor("gradient"), input.grad!, reference.Name);
    }
}
